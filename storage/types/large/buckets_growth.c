#include "storage/types/large/buckets_layout.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"

/* A bucket is split when there are more bytes and more records for each than this; the second keeps large
 * values from making a directory for a record each. Merged below a part of that, so that what breathes does
 * not do both. */
#define BYTES_MAX   192
#define RECORDS_MAX 4
#define MERGE_PARTS 5
#define PARTS       8

#define STEPS_MAX 2 /* for one write */

#define INDEXES_COMMON 256 /* records of a bucket that are sorted out on the stack */

#define AHEAD_MAX    4
#define MERGES_AHEAD 4

static uint64_t hash_of(const struct buckets *buckets, const struct packed_record *record)
{
    char scratch[NUMBER_I64_MAX];
    struct atom key = buckets->kind->key(record);
    return member_hash(atom_text(&key, scratch), buckets->seed);
}

/* The indexes of those that stay, from the front, and of those that move, from the back of `indexes`. */
static size_t part(const struct buckets *buckets, const char *block, uint16_t *stay, uint16_t *move)
{
    uint64_t bit = (buckets->mask + 1) >> 1;
    struct packed_walk walk = packed_walk(block, 0);
    struct packed_record record;
    size_t staying = 0, moving = 0;
    for (size_t i = 0; packed_next(&walk, &record); i++) {
        if (hash_of(buckets, &record) & bit)
            move[moving++] = (uint16_t)i;
        else
            stay[staying++] = (uint16_t)i;
    }
    return staying;
}

static uint64_t pick(struct buckets *buckets, const char *block, const uint16_t *indexes, size_t count)
{
    if (count == 0) return 0;
    size_t size = packed_pick_size(block, indexes, count);
    char *picked = block_alloc(size);
    packed_pick(picked, block, indexes, count);
    buckets->block_bytes += block_real_size(size);
    return word_of(picked, count);
}

static void free_block(struct buckets *buckets, char *block)
{
    size_t size = packed_size(block);
    buckets->block_bytes -= block_real_size(size);
    block_free(block, size);
}

static void split_block(struct buckets *buckets, uint64_t *from, uint64_t *to, uint16_t *indexes)
{
    char *block = word_block(*from);
    size_t count = word_count(*from);
    uint16_t *stay = indexes, *move = indexes + count;
    size_t staying = part(buckets, block, stay, move);
    if (staying == count) return;
    if (staying == 0) {
        *to = *from;
        *from = 0;
        return;
    }
    *from = pick(buckets, block, stay, staying);
    *to = pick(buckets, block, move, count - staying);
    free_block(buckets, block);
}

/* The deadlines of bucket `from` may be those of `last` as well, which is new. */
static __attribute__((noinline)) void spread_minima(struct minima *minima, uint64_t from, uint64_t last)
{
    if (timed_of(last) > timed_of(last - 1)) minima_push(minima);
    minima_lower(minima, timed_of(last), minima_at(minima, timed_of(from)));
}

/* Those of `last` are those of `to`. */
static __attribute__((noinline)) void gather_minima(struct minima *minima, uint64_t to, uint64_t last)
{
    minima_lower(minima, timed_of(to), minima_at(minima, timed_of(last)));
    if (timed_of(last) > timed_of(last - 1)) minima_pop(minima);
}

static void split(struct buckets *buckets)
{
    uint64_t low = (buckets->mask + 1) >> 1, last = buckets->directory.count;
    segments_push(&buckets->directory);
    if (buckets->minima != NULL) spread_minima(buckets->minima, last - low, last);
    uint64_t *from = word_at(buckets, last - low), *to = word_at(buckets, last);
    *to = 0;
    size_t count = word_count(*from);
    if (count > INDEXES_COMMON) {
        uint16_t *indexes = block_alloc(2 * count * sizeof *indexes);
        split_block(buckets, from, to, indexes);
        block_free(indexes, 2 * count * sizeof *indexes);
    } else if (count > 0) {
        uint16_t indexes[2 * INDEXES_COMMON];
        split_block(buckets, from, to, indexes);
    }
    if (buckets->directory.count == buckets->mask + 1) buckets->mask = buckets->mask << 1 | 1;
}

static void join(struct buckets *buckets, uint64_t *to, uint64_t from)
{
    if (*to == 0 || from == 0) {
        *to |= from;
        return;
    }
    char *low = word_block(*to), *high = word_block(from);
    size_t size = packed_join_size(low, high);
    char *joined = block_alloc(size);
    packed_join(joined, low, high);
    buckets->block_bytes += block_real_size(size);
    free_block(buckets, low);
    free_block(buckets, high);
    *to = word_of(joined, packed_count(joined));
    if (buckets->longest < word_count(*to)) buckets->longest = word_count(*to);
}

/* Where many are removed one merge follows another, each of two blocks that lie anywhere. */
static void fetch_for_merge(const struct buckets *buckets, uint64_t low, uint64_t last)
{
    if (last < low + MERGES_AHEAD) return;
    const char *to = word_block(*word_at(buckets, last - low - MERGES_AHEAD));
    const char *from = word_block(*word_at(buckets, last - MERGES_AHEAD));
    if (to != NULL) fetch_lines(to, BYTES_MAX);
    if (from != NULL) fetch_lines(from, BYTES_MAX);
}

static void merge(struct buckets *buckets)
{
    if (buckets->directory.count == (buckets->mask + 1) >> 1) buckets->mask >>= 1;
    uint64_t low = (buckets->mask + 1) >> 1, last = buckets->directory.count - 1;
    fetch_for_merge(buckets, low, last);
    uint64_t *word = word_at(buckets, last);
    join(buckets, word_at(buckets, last - low), *word);
    *word = 0;
    if (buckets->minima != NULL) gather_minima(buckets->minima, last - low, last);
    segments_pop(&buckets->directory);
}

#define RECORD_BESIDE 2  /* its tag and length */
#define BLOCK_BESIDE  12 /* head, and the half of what rounding up to a class of sizes takes */

/* Blocks of records that are known: so many that they would neither be split nor merged. */
void buckets_size(struct buckets *buckets, size_t records, size_t bytes)
{
    size_t count = (bytes + RECORD_BESIDE * records) / (BYTES_MAX - BLOCK_BESIDE);
    if (count > records / RECORDS_MAX) count = records / RECORDS_MAX;
    if (count > (size_t)1 << SEGMENTS_COUNT_LOG2) count = (size_t)1 << SEGMENTS_COUNT_LOG2;
    if (count <= buckets->directory.count) return;
    segments_extend(&buckets->directory, count);
    buckets->mask = UINT64_MAX >> __builtin_clzll(count);
}

static bool is_crowded(const struct buckets *buckets)
{
    size_t count = buckets->directory.count;
    return buckets->block_bytes > BYTES_MAX * count && buckets->len > RECORDS_MAX * count &&
           count < (size_t)1 << SEGMENTS_COUNT_LOG2;
}

static bool is_sparse(const struct buckets *buckets)
{
    size_t count = buckets->directory.count;
    return count > SEGMENTS_FIRST && (buckets->block_bytes * PARTS < BYTES_MAX * MERGE_PARTS * count ||
                                      buckets->len * PARTS < RECORDS_MAX * MERGE_PARTS * count);
}

/* Buckets that are worth making at once, as so many records are to come that are like those that have. Not
 * all of them need come, so it is no more than what is there four times over: that saves two of three splits.
 */
static size_t aim(const struct buckets *buckets, size_t to_come)
{
    size_t most = AHEAD_MAX * buckets->len;
    size_t records = to_come < most - buckets->len ? buckets->len + to_come : most;
    size_t by_bytes = buckets->block_bytes / buckets->len * records / BYTES_MAX;
    size_t by_records = records / RECORDS_MAX;
    return by_bytes < by_records ? by_bytes : by_records;
}

void buckets_grow(struct buckets *buckets, size_t to_come)
{
    if (!is_crowded(buckets)) return;
    if (to_come > 0) {
        size_t count = aim(buckets, to_come);
        while (buckets->directory.count < count) split(buckets);
    }
    for (int step = 0; step < STEPS_MAX && is_crowded(buckets); step++) split(buckets);
}

void buckets_shrink(struct buckets *buckets)
{
    for (int step = 0; step < STEPS_MAX && is_sparse(buckets); step++) merge(buckets);
}

void buckets_fit(struct buckets *buckets)
{
    if (is_sparse(buckets)) merge(buckets);
}

/* All but those at `indexes`. */
static uint64_t pick_others(struct buckets *buckets, const char *block, size_t len, const uint16_t *indexes,
                            size_t count)
{
    uint16_t common[INDEXES_COMMON];
    uint16_t *stay = len <= INDEXES_COMMON ? common : block_alloc(len * sizeof *stay);
    size_t staying = 0, next = 0;
    for (size_t i = 0; i < len; i++) {
        if (next < count && indexes[next] == i)
            next++;
        else
            stay[staying++] = (uint16_t)i;
    }
    uint64_t word = pick(buckets, block, stay, staying);
    if (stay != common) block_free(stay, len * sizeof *stay);
    return word;
}

void buckets_remove_some(struct buckets *buckets, uint64_t bucket, const uint16_t *indexes, size_t count)
{
    uint64_t *word = word_at(buckets, bucket);
    char *block = word_block(*word);
    size_t len = word_count(*word);
    REQUIRE(count > 0 && count <= len);
    for (size_t i = 0; buckets->outside_bytes > 0 && i < count; i++) {
        struct packed_record record = packed_at(block, indexes[i]);
        buckets_let_go_of(buckets, &record);
    }
    buckets->len -= count;
    if (count == 1 && len > 1) {
        struct packed_edit removal = packed_remove(block, indexes[0], 1);
        buckets_edit(buckets, word, &removal, block);
        return;
    }
    *word = pick_others(buckets, block, len, indexes, count);
    free_block(buckets, block);
}
