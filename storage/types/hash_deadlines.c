#include "storage/types/hash_deadlines.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/small.h"
#include "storage/types/hash.h"
#include "storage/types/hash_record.h"
#include "storage/types/keyed.h"

/* Pairs of buckets that are fetched and looked at together. */
#define BATCH 32

/* Records of a small hash that are sorted out on the stack. */
#define INDEXES_COMMON 512

/* A record that is copied, and bytes of it that are copied on the stack. */
#define RECORD_COMMON 256

bool hash_find_live(const struct value *hash, const struct member *field, struct buckets_place *place)
{
    return keyed_find(hash, &hash_kind, field, place) && !hash_record_is_due(&place->record, hash->now_ms);
}

void hash_note_deadline(struct value *hash, uint64_t field_hash, int64_t deadline_ms)
{
    if (hash->due_ms == 0 || deadline_ms < hash->due_ms) hash->due_ms = deadline_ms;
    if (hash->root != NULL)
        buckets_note_deadline(hash->root, field_hash, deadline_ms);
    else if (!keyed_is_timed(hash))
        keyed_set_timed(hash);
}

/* The record with another beginning: the rest is copied, since it may not lie in the block that is edited. */
static void rewrite(struct value *hash, const struct buckets_place *place, const struct member *field,
                    int64_t deadline_ms)
{
    char deadline[HASH_DEADLINE_BYTES], common[RECORD_COMMON];
    size_t skipped = hash_record_is_timed(&place->record) ? HASH_DEADLINE_BYTES : 0;
    size_t len = place->record.bytes.len - skipped;
    char *rest = len <= sizeof common ? common : block_alloc(len);
    memcpy(rest, place->record.bytes.data + skipped, len);
    struct packed_new record = { .parts = { { 0 }, slice_of(rest, len) },
                                 .mark = place->record.mark,
                                 .tag = buckets_tag(field->hash) };
    if (deadline_ms != HASH_NO_DEADLINE) {
        hash_record_put_deadline(deadline, deadline_ms);
        record.parts[0] = slice_of(deadline, sizeof deadline);
    }
    keyed_replace(hash, place, &record);
    if (rest != common) block_free(rest, len);
}

bool hash_set_deadline(struct value *hash, const struct member *field, int64_t deadline_ms)
{
    struct buckets_place place;
    if (!hash_find_live(hash, field, &place)) return false;
    bool was_timed = hash_record_is_timed(&place.record), is_timed = deadline_ms != HASH_NO_DEADLINE;
    if (was_timed && is_timed)
        hash_record_put_deadline((char *)(uintptr_t)place.record.bytes.data, deadline_ms);
    else if (was_timed != is_timed)
        rewrite(hash, &place, field, deadline_ms);
    if (is_timed) hash_note_deadline(hash, field->hash, deadline_ms);
    return true;
}

/* What a look at some records finds. */
struct look {
    int64_t now_ms;
    int64_t next_ms; /* the earliest deadline of those that stay */
};

static inline bool is_due(struct look *look, const struct packed_record *record)
{
    if (!hash_record_is_timed(record)) return false;
    int64_t deadline_ms = hash_record_deadline_ms(record);
    if (deadline_ms < look->now_ms) return true;
    if (deadline_ms < look->next_ms) look->next_ms = deadline_ms;
    return false;
}

int64_t hash_next_due_ms(const struct value *hash)
{
    if (!keyed_is_timed(hash)) return VALUE_NEVER_DUE;
    const struct buckets *buckets = hash->root;
    if (buckets != NULL) return minima_first(buckets->minima);
    struct look look = { .next_ms = VALUE_NEVER_DUE };
    struct packed_walk walk = packed_walk(hash->packed, 0);
    struct packed_record record;
    while (packed_next(&walk, &record)) is_due(&look, &record);
    return look.next_ms;
}

static size_t find_due(const struct value *hash, uint16_t *due)
{
    struct look look = { .now_ms = hash->now_ms };
    struct packed_walk walk = packed_walk(hash->packed, 0);
    struct packed_record record;
    size_t len = 0;
    for (size_t i = 0; packed_next(&walk, &record); i++)
        if (is_due(&look, &record)) due[len++] = (uint16_t)i;
    return len;
}

/* From the last to the first, those in a row at once, so that the indexes of the others stay. The room is
 * given back in the end. */
static void remove_all(struct value *hash, const uint16_t *due, size_t len)
{
    while (len > 0) {
        size_t last = due[--len], first = last;
        while (len > 0 && (size_t)due[len - 1] + 1 == first) first = due[--len];
        struct packed_edit edit = packed_remove(hash->packed, first, last - first + 1);
        small_apply_first(hash, &edit);
    }
    size_t size = packed_size(hash->packed);
    if (size < hash->packed_len) hash->home->resize(hash, size);
}

static size_t expire_small(struct value *hash)
{
    size_t count = keyed_len(hash);
    uint16_t common[INDEXES_COMMON];
    uint16_t *due = count <= INDEXES_COMMON ? common : block_alloc(count * sizeof *due);
    size_t len = find_due(hash, due);
    if (len > 0) remove_all(hash, due, len);
    if (due != common) block_free(due, count * sizeof *due);
    return len;
}

static uint64_t first_of(size_t pair)
{
    return (uint64_t)pair << BUCKETS_TIMED_LOG2;
}

static uint64_t end_of(const struct buckets *buckets, size_t pair)
{
    uint64_t end = first_of(pair + 1);
    return end < buckets->directory.count ? end : buckets->directory.count;
}

static void fetch(const struct buckets *buckets, const size_t *pairs, size_t len)
{
    for (unsigned step = 0; step < 2; step++)
        for (size_t i = 0; i < len; i++)
            for (uint64_t bucket = first_of(pairs[i]); bucket < end_of(buckets, pairs[i]); bucket++)
                buckets_fetch(buckets, bucket, step);
}

/* Records of a bucket that go at a time: there are some seven. */
#define DUE_MAX 64

/* The first that are due, DUE_MAX at most. */
static size_t find_due_in(const struct buckets *buckets, uint64_t bucket, struct look *look, uint16_t *due)
{
    struct packed_walk walk = buckets_walk(buckets, bucket);
    struct packed_record record;
    size_t len = 0;
    while (len < DUE_MAX && packed_next(&walk, &record))
        if (is_due(look, &record)) due[len++] = (uint16_t)(walk.index - 1);
    return len;
}

static size_t expire_bucket(struct buckets *buckets, uint64_t bucket, struct look *look)
{
    uint16_t due[DUE_MAX];
    size_t len, removed = 0;
    do {
        len = find_due_in(buckets, bucket, look, due);
        if (len > 0) buckets_remove_some(buckets, bucket, due, len);
        removed += len;
    } while (len == DUE_MAX);
    return removed;
}

static size_t expire_pair(struct buckets *buckets, size_t pair, int64_t now_ms)
{
    struct look look = { .now_ms = now_ms, .next_ms = MINIMA_NEVER };
    size_t removed = 0;
    for (uint64_t bucket = first_of(pair); bucket < end_of(buckets, pair); bucket++)
        removed += expire_bucket(buckets, bucket, &look);
    minima_set(buckets->minima, pair, look.next_ms);
    return removed;
}

static size_t expire_large(struct buckets *buckets, int64_t now_ms, size_t limit)
{
    size_t pairs[BATCH], removed = 0, looked = 0, len;
    while (removed + looked < limit && (len = minima_due(buckets->minima, now_ms, 0, pairs, BATCH)) > 0) {
        size_t before = removed;
        fetch(buckets, pairs, len);
        for (size_t i = 0; i < len; i++) removed += expire_pair(buckets, pairs[i], now_ms);
        for (; before < removed; before++) buckets_fit(buckets);
        looked += len;
    }
    return removed;
}

size_t hash_expire(struct value *hash, size_t limit)
{
    if (!keyed_is_timed(hash)) return 0;
    if (hash->root == NULL) return expire_small(hash);
    return expire_large(hash->root, hash->now_ms, limit);
}

static size_t count_due(const struct buckets *buckets, size_t pair, int64_t now_ms)
{
    struct look look = { .now_ms = now_ms };
    size_t due = 0;
    for (uint64_t bucket = first_of(pair); bucket < end_of(buckets, pair); bucket++) {
        struct packed_walk walk = buckets_walk(buckets, bucket);
        struct packed_record record;
        while (packed_next(&walk, &record)) due += is_due(&look, &record);
    }
    return due;
}

size_t hash_overdue(const struct value *hash)
{
    const struct buckets *buckets = hash->root;
    size_t pairs[BATCH], due = 0, from = 0, len;
    while ((len = minima_due(buckets->minima, hash->now_ms, from, pairs, BATCH)) > 0) {
        for (size_t i = 0; i < len; i++) due += count_due(buckets, pairs[i], hash->now_ms);
        from = pairs[len - 1] + 1;
    }
    return due;
}

static void check_records(const struct buckets *buckets, uint64_t bucket)
{
    struct packed_walk walk = buckets_walk(buckets, bucket);
    struct packed_record record;
    while (packed_next(&walk, &record)) {
        if (!hash_record_is_timed(&record)) continue;
        INVARIANT(buckets->minima != NULL);
        INVARIANT(minima_at(buckets->minima, (size_t)(bucket >> BUCKETS_TIMED_LOG2)) <=
                  hash_record_deadline_ms(&record));
    }
}

void hash_check_deadlines(const struct value *hash)
{
    struct keyed_walk walk = keyed_walk(hash);
    struct packed_record record;
    while (hash->root == NULL && keyed_next(&walk, &record))
        INVARIANT(!hash_record_is_timed(&record) || keyed_is_timed(hash));
    const struct buckets *buckets = hash->root;
    for (uint64_t bucket = 0; buckets != NULL && bucket < buckets->directory.count; bucket++)
        check_records(buckets, bucket);
}
