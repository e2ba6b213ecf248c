/*
 * timeline.h - the last ten minutes, a row for each second, so that a page opens with a graph.
 *
 * Loop 0 adds a row once a second while HTTP is on; without it nothing is kept. Counters are told as
 * differences per second: a row says how long ago the one before it was by its time, and what it tells of a
 * longer gap is the mean. Latencies are of what ended since the row before: each loop notes, once a second,
 * what its own histograms say together, and the differences of the sums are taken here.
 *
 * Threads: timeline_begin(), timeline_end() and timeline_add() are loop 0's; timeline_note_latency() is each
 * loop's for itself; the rest anybody's.
 */
#ifndef SERVER_OBSERVE_TIMELINE_H
#define SERVER_OBSERVE_TIMELINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TIMELINE_ROWS        600
#define TIMELINE_INTERVAL_MS 1000

struct histogram;
struct timeline;

enum timeline_column {
    TIMELINE_AT_MS, /* Unix time */
    TIMELINE_COMMANDS,
    TIMELINE_HITS,
    TIMELINE_MISSES,
    TIMELINE_STALE,
    TIMELINE_WINS,
    TIMELINE_WAITS,
    TIMELINE_EVICTED,
    TIMELINE_EXPIRED,
    TIMELINE_INVALIDATED,
    TIMELINE_USED,
    TIMELINE_RSS,
    TIMELINE_CLIENTS,
    TIMELINE_IN_BYTES,
    TIMELINE_OUT_BYTES,
    TIMELINE_P50_US, /* these three: TIMELINE_NONE when nothing was measured */
    TIMELINE_P99_US,
    TIMELINE_P999_US,
    TIMELINE_COLUMNS
};

#define TIMELINE_NONE (-1)

struct timeline_row {
    int64_t values[TIMELINE_COLUMNS];
};

/* Nothing is kept until timeline_begin(). */
struct timeline *timeline_create(unsigned loops);
void timeline_destroy(struct timeline **timeline);

/* Does nothing if it was begun. */
void timeline_begin(struct timeline *timeline);
/* Forget all rows, and the memory for them. */
void timeline_end(struct timeline *timeline);
bool timeline_is_on(const struct timeline *timeline);

/* `latency` is of all that the loop ever measured. */
void timeline_note_latency(struct timeline *timeline, unsigned loop, const struct histogram *latency);
/* `totals` holds what has been counted so far, and gauges as they are; latencies are filled in here. */
void timeline_add(struct timeline *timeline, const struct timeline_row *totals);

/* Copies rows younger than `since_ms`, the oldest first, from `*from` on, which is 0 at first and moved
 * behind them. Returns how many, at most `most`; 0: there are no more. A row that is pushed out meanwhile is
 * missing. */
size_t timeline_copy(struct timeline *timeline, int64_t since_ms, uint64_t *from, struct timeline_row *rows,
                     size_t most);

/* The name of a column, as /stats.json has it. */
const char *timeline_column_name(enum timeline_column column);

#endif
