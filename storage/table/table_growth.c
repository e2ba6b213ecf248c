#include "storage/table/table_layout.h"

#include "proto/base/contract.h"
#include "storage/entry/entry_layout.h"
#include "storage/memory/fetch.h"
#include "storage/table/table_deadlines.h"

/* Parts in 32 of all slots, overflow included, that are used. Above the first buckets are split, below the
 * second merged; the distance between them keeps a table that breathes from doing both. At the first a fifth
 * of the entries is in overflow and an entry costs 10.7 bytes; two parts more would save 0.8 bytes and put a
 * third there. */
#define FILL_PARTS 32
#define FILL_MAX   24
#define FILL_MIN   21

/* Steps for one insert or remove. One can fall behind: a split that frees overflow adds less than a bucket.
 */
#define STEPS_MAX 2

#define BUCKET_COMMON 64 /* entries of a bucket that are moved through the stack */

/* No bucket becomes longer by a merge. Of hashes that lie anywhere 1 in 10^14 would; but who removes entries
 * in the order of a scan leaves the rest in buckets of their own, and merging goes on when they are gone as
 * well. */
#define MERGED_MAX 48

static size_t slots_of(const struct table *table)
{
    return table->buckets * LINE_SLOTS + table->overflow_slots;
}

/* Part `from` by the bit of their hash that the split is about; what moves is appended to `moved`. */
static size_t part(const struct table *table, struct contents from, size_t len, struct contents moved)
{
    uint64_t bit = (table->mask + 1) >> 1;
    bool stamped = table->wheel != NULL;
    for (size_t i = 0; i < len; i++) fetch_line(slot_entry(from.words[i]));

    size_t stay = 0, move = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t hash = key_hash(table->hash_seed, entry_layout_key(slot_entry(from.words[i])));
        bool moves = hash & bit;
        struct contents to = moves ? moved : from;
        size_t at = moves ? move++ : stay++;
        to.words[at] = from.words[i];
        if (stamped) to.stamps[at] = from.stamps[i];
    }
    return stay;
}

static void push_bucket(struct table *table)
{
    segments_push(&table->lines);
    table->buckets++;
    if (table->wheel == NULL) return;
    segments_push(&table->lanes);
    wheel_extend(table->wheel, table_groups(table));
    segments_extend(&table->agendas, table_groups(table));
}

static void pop_bucket(struct table *table)
{
    table->buckets--;
    segments_pop(&table->lines);
    if (table->wheel == NULL) return;
    segments_pop(&table->lanes);
    agenda_drop(agenda_at(table, table->buckets / AGENDA_BUCKETS), table->buckets % AGENDA_BUCKETS);
    if (table->buckets % AGENDA_BUCKETS > 0) return;
    segments_pop(&table->agendas);
    wheel_pop(table->wheel);
}

static void split_contents(struct table *table, uint64_t bucket, struct contents contents,
                           struct contents moved)
{
    size_t len = bucket_take(table, bucket, contents);
    size_t stay = part(table, contents, len, moved);
    push_bucket(table);
    bucket_write(table, bucket, contents, stay);
    bucket_write(table, table->buckets - 1, moved, len - stay);
    /* The old one's group waits for its earliest or for one that is now the other's: early at worst. */
    if (table->wheel != NULL) deadlines_place(table, table->buckets - 1);
}

/* Of buckets too long for the stack: words for `len` entries, their stamps behind them. */
static struct contents contents_alloc(size_t len)
{
    uint64_t *words = block_alloc(len * (sizeof(uint64_t) + sizeof(uint32_t)));
    return (struct contents){ words, (uint32_t *)(words + len) };
}

static void contents_free(struct contents contents, size_t len)
{
    block_free(contents.words, len * (sizeof(uint64_t) + sizeof(uint32_t)));
}

static void split(struct table *table)
{
    uint64_t low = (table->mask + 1) >> 1;
    uint64_t bucket = table->buckets - low;
    size_t len = bucket_len(line_at(table, bucket));
    if (len <= BUCKET_COMMON) {
        uint64_t words[2 * BUCKET_COMMON];
        uint32_t stamps[2 * BUCKET_COMMON];
        split_contents(table, bucket, (struct contents){ words, stamps },
                       (struct contents){ words + BUCKET_COMMON, stamps + BUCKET_COMMON });
    } else {
        struct contents all = contents_alloc(2 * len);
        split_contents(table, bucket, all, (struct contents){ all.words + len, all.stamps + len });
        contents_free(all, 2 * len);
    }
    if (table->buckets == table->mask + 1) table->mask = table->mask << 1 | 1;
}

static void merge(struct table *table, uint64_t bucket)
{
    uint64_t words[MERGED_MAX];
    uint32_t stamps[MERGED_MAX];
    struct contents contents = { words, stamps };
    size_t len = bucket_take(table, bucket, contents);
    len += bucket_take(table, table->buckets - 1, (struct contents){ words + len, stamps + len });
    bucket_write(table, bucket, contents, len);
    pop_bucket(table);
    if (table->wheel != NULL) deadlines_place(table, bucket);
}

/* False: it would make too long a bucket. */
static bool merge_last(struct table *table)
{
    bool begins_level = table->buckets == (table->mask + 1) >> 1;
    uint64_t mask = begins_level ? table->mask >> 1 : table->mask;
    uint64_t last = table->buckets - 1, bucket = last - ((mask + 1) >> 1);
    if (bucket_len(line_at(table, last)) + bucket_len(line_at(table, bucket)) > MERGED_MAX) return false;
    table->mask = mask;
    merge(table, bucket);
    return true;
}

void table_grow(struct table *table)
{
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (table->len * FILL_PARTS <= slots_of(table) * FILL_MAX) return;
        if (table->buckets == (uint64_t)1 << SEGMENTS_COUNT_LOG2) return;
        split(table);
    }
}

size_t table_fit(struct table *table, size_t steps)
{
    if (table->scan_steps > 0) {
        table->scan_steps -= steps < table->scan_steps ? steps : table->scan_steps;
        return 0;
    }
    for (size_t step = 0; step < steps; step++) {
        if (table->len * FILL_PARTS >= slots_of(table) * FILL_MIN) return step;
        if (table->buckets == SEGMENTS_FIRST || !merge_last(table)) return step;
    }
    return steps;
}

void table_shrink(struct table *table)
{
    table_fit(table, STEPS_MAX);
}
