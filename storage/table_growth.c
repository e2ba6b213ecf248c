#include "storage/table_layout.h"

#include "proto/base/contract.h"
#include "storage/entry_layout.h"

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

static size_t slots_of(const struct table *table)
{
    return table->buckets * LINE_SLOTS + table->overflow_bytes / sizeof(struct table_slot);
}

/* Part `words` by the bit of their hash that the split is about; what moves is appended to `moved`. */
static size_t part(const struct table *table, uint64_t *words, size_t len, uint64_t *moved)
{
    uint64_t bit = (table->mask + 1) >> 1;
    for (size_t i = 0; i < len; i++) __builtin_prefetch(slot_entry(words[i]));

    size_t stay = 0, move = 0;
    for (size_t i = 0; i < len; i++) {
        uint64_t hash = key_hash(table->hash_seed, entry_layout_key(slot_entry(words[i])));
        if (hash & bit)
            moved[move++] = words[i];
        else
            words[stay++] = words[i];
    }
    return stay;
}

static void split_words(struct table *table, uint64_t bucket, uint64_t *words, uint64_t *moved)
{
    struct line *line = line_at(table, bucket);
    size_t len = bucket_take(table, line, words);
    size_t stay = part(table, words, len, moved);

    struct line *new_line = segments_push(&table->segments);
    table->buckets++;
    bucket_write(table, line, words, stay);
    bucket_write(table, new_line, moved, len - stay);
}

static void split(struct table *table)
{
    uint64_t low = (table->mask + 1) >> 1;
    uint64_t bucket = table->buckets - low;
    size_t len = bucket_len(line_at(table, bucket));
    if (len <= BUCKET_COMMON) {
        uint64_t words[2 * BUCKET_COMMON];
        split_words(table, bucket, words, words + BUCKET_COMMON);
    } else {
        size_t size = 2 * len * sizeof(uint64_t);
        uint64_t *words = block_alloc(size);
        split_words(table, bucket, words, words + len);
        block_free(words, size);
    }
    if (table->buckets == table->mask + 1) table->mask = table->mask << 1 | 1;
}

static void merge_words(struct table *table, struct line *line, struct line *last, uint64_t *words)
{
    size_t len = bucket_take(table, line, words);
    len += bucket_take(table, last, words + len);
    bucket_write(table, line, words, len);
}

static void merge(struct table *table)
{
    if (table->buckets == (table->mask + 1) >> 1) table->mask >>= 1;
    uint64_t low = (table->mask + 1) >> 1;
    struct line *last = line_at(table, table->buckets - 1);
    struct line *line = line_at(table, table->buckets - 1 - low);
    size_t len = bucket_len(last) + bucket_len(line);
    if (len <= BUCKET_COMMON) {
        uint64_t words[BUCKET_COMMON];
        merge_words(table, line, last, words);
    } else {
        size_t size = len * sizeof(uint64_t);
        uint64_t *words = block_alloc(size);
        merge_words(table, line, last, words);
        block_free(words, size);
    }
    table->buckets--;
    segments_pop(&table->segments);
}

void table_grow(struct table *table)
{
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (table->len * FILL_PARTS <= slots_of(table) * FILL_MAX) return;
        if (table->buckets == (uint64_t)1 << SEGMENTS_COUNT_LOG2) return;
        split(table);
    }
}

void table_shrink(struct table *table)
{
    for (int steps = 0; steps < STEPS_MAX; steps++) {
        if (table->len * FILL_PARTS >= slots_of(table) * FILL_MIN) return;
        if (table->buckets == SEGMENTS_FIRST) return;
        merge(table);
    }
}
