#include "server/observe/timeline.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/observe/histogram.h"

enum kind { GAUGE, COUNTER, LATENCY };

static const struct {
    const char *name;
    enum kind kind;
} columns[TIMELINE_COLUMNS] = {
    [TIMELINE_AT_MS] = { "at_ms", GAUGE },
    [TIMELINE_COMMANDS] = { "commands", COUNTER },
    [TIMELINE_HITS] = { "hits", COUNTER },
    [TIMELINE_MISSES] = { "misses", COUNTER },
    [TIMELINE_STALE] = { "stale", COUNTER },
    [TIMELINE_WINS] = { "wins", COUNTER },
    [TIMELINE_WAITS] = { "waits", COUNTER },
    [TIMELINE_EVICTED] = { "evicted", COUNTER },
    [TIMELINE_EXPIRED] = { "expired", COUNTER },
    [TIMELINE_INVALIDATED] = { "invalidated", COUNTER },
    [TIMELINE_USED] = { "used", GAUGE },
    [TIMELINE_RSS] = { "rss", GAUGE },
    [TIMELINE_CLIENTS] = { "clients", GAUGE },
    [TIMELINE_IN_BYTES] = { "in_bytes", COUNTER },
    [TIMELINE_OUT_BYTES] = { "out_bytes", COUNTER },
    [TIMELINE_P50_US] = { "p50_us", LATENCY },
    [TIMELINE_P99_US] = { "p99_us", LATENCY },
    [TIMELINE_P999_US] = { "p999_us", LATENCY },
};

static const double percentiles[] = { 50, 99, 99.9 };

struct timeline {
    pthread_mutex_t lock;
    atomic_bool is_on;
    unsigned loops;
    struct histogram *of_loops; /* what each has noted; theirs */
    struct histogram *last;     /* all of them together, at the last row; loop 0's */
    struct timeline_row totals; /* the same */
    bool has_totals;
    struct timeline_row *rows; /* a ring: row n is at n % TIMELINE_ROWS */
    uint64_t first, next;      /* rows when it was begun, and so far */
};

const char *timeline_column_name(enum timeline_column column)
{
    return columns[column].name;
}

struct timeline *timeline_create(unsigned loops)
{
    struct timeline *timeline = ALLOC_NEW(struct timeline);
    pthread_mutex_init(&timeline->lock, NULL);
    timeline->loops = loops;
    timeline->of_loops = alloc_zeroed(loops * sizeof(*timeline->of_loops));
    return timeline;
}

void timeline_destroy(struct timeline **timeline)
{
    timeline_end(*timeline);
    pthread_mutex_destroy(&(*timeline)->lock);
    alloc_free((*timeline)->of_loops);
    alloc_free(*timeline);
    *timeline = NULL;
}

bool timeline_is_on(const struct timeline *timeline)
{
    return atomic_load_explicit(&timeline->is_on, memory_order_relaxed);
}

void timeline_begin(struct timeline *timeline)
{
    if (timeline_is_on(timeline)) return;
    pthread_mutex_lock(&timeline->lock);
    timeline->rows = alloc_bytes(TIMELINE_ROWS * sizeof(*timeline->rows));
    timeline->last = ALLOC_NEW(struct histogram);
    timeline->has_totals = false;
    timeline->first = timeline->next;
    pthread_mutex_unlock(&timeline->lock);
    atomic_store_explicit(&timeline->is_on, true, memory_order_relaxed);
}

/* Rows keep their numbers, so that a reader in between finds none instead of others. */
void timeline_end(struct timeline *timeline)
{
    if (!timeline_is_on(timeline)) return;
    atomic_store_explicit(&timeline->is_on, false, memory_order_relaxed);
    pthread_mutex_lock(&timeline->lock);
    alloc_free(timeline->rows);
    alloc_free(timeline->last);
    timeline->rows = NULL;
    timeline->last = NULL;
    pthread_mutex_unlock(&timeline->lock);
}

void timeline_note_latency(struct timeline *timeline, unsigned loop, const struct histogram *latency)
{
    struct histogram *own = &timeline->of_loops[loop];
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        atomic_store_explicit(&own->counts[i],
                              atomic_load_explicit(&latency->counts[i], memory_order_relaxed),
                              memory_order_relaxed);
}

/* What a total has grown by. CONFIG RESETSTAT turns it back: then it is what was counted since. */
static uint64_t growth(uint64_t now, uint64_t before)
{
    return now >= before ? now - before : now;
}

/* Of all loops together, since the last row. */
static void take_latency(struct timeline *timeline, struct timeline_row *row)
{
    struct histogram sum, recent;
    memset(&sum, 0, sizeof(sum));
    for (unsigned i = 0; i < timeline->loops; i++) histogram_merge(&sum, &timeline->of_loops[i]);
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        atomic_init(&recent.counts[i],
                    growth(atomic_load_explicit(&sum.counts[i], memory_order_relaxed),
                           atomic_load_explicit(&timeline->last->counts[i], memory_order_relaxed)));
    memcpy(timeline->last, &sum, sizeof(sum));
    bool any = histogram_total(&recent) > 0;
    for (size_t i = 0; i < sizeof(percentiles) / sizeof(*percentiles); i++)
        row->values[TIMELINE_P50_US + i] =
            any ? (int64_t)(histogram_percentile_ns(&recent, percentiles[i]) / 1000) : TIMELINE_NONE;
}

static int64_t per_second(int64_t now, int64_t before, int64_t elapsed_ms)
{
    uint64_t more = growth((uint64_t)now, (uint64_t)before);
    return elapsed_ms > 0 ? (int64_t)(more * 1000 / (uint64_t)elapsed_ms) : (int64_t)more;
}

static void append(struct timeline *timeline, const struct timeline_row *row)
{
    pthread_mutex_lock(&timeline->lock);
    timeline->rows[timeline->next++ % TIMELINE_ROWS] = *row;
    pthread_mutex_unlock(&timeline->lock);
}

/* The first totals are what the next are held against. */
void timeline_add(struct timeline *timeline, const struct timeline_row *totals)
{
    struct timeline_row row = *totals;
    int64_t elapsed_ms = totals->values[TIMELINE_AT_MS] - timeline->totals.values[TIMELINE_AT_MS];
    take_latency(timeline, &row);
    for (int i = 0; i < TIMELINE_COLUMNS; i++)
        if (columns[i].kind == COUNTER)
            row.values[i] = per_second(totals->values[i], timeline->totals.values[i], elapsed_ms);
    if (timeline->has_totals) append(timeline, &row);
    timeline->totals = *totals;
    timeline->has_totals = true;
}

size_t timeline_copy(struct timeline *timeline, int64_t since_ms, uint64_t *from, struct timeline_row *rows,
                     size_t most)
{
    size_t copied = 0;
    pthread_mutex_lock(&timeline->lock);
    uint64_t rows_kept = timeline->next - timeline->first;
    uint64_t oldest = timeline->next - (rows_kept > TIMELINE_ROWS ? TIMELINE_ROWS : rows_kept);
    if (*from < oldest) *from = oldest;
    if (timeline->rows == NULL) *from = timeline->next;
    for (; *from < timeline->next && copied < most; (*from)++) {
        const struct timeline_row *row = &timeline->rows[*from % TIMELINE_ROWS];
        if (row->values[TIMELINE_AT_MS] > since_ms) rows[copied++] = *row;
    }
    pthread_mutex_unlock(&timeline->lock);
    return copied;
}
