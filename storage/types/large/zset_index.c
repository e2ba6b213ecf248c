#include "storage/types/large/zset_index.h"

#include <string.h>

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/types/blocks/value.h"

/* Slots of a bucket, on average: above it one is split, below the second two are merged. */
#define SLOTS_MAX 24
#define SLOTS_MIN 15

/* Splits with one slot more. One would do, if counts never fell behind. */
#define STEPS 2

#define ADDRESS_BITS 48
#define TAG_BITS     8
#define COMMON_SLOTS 64 /* of a bucket that is split through the stack */

struct bucket {
    uint32_t *slots;
    size_t count;
};

static uint64_t *word_at(const struct zset_index *index, uint64_t number)
{
    return segments_at(&index->directory, number, sizeof(uint64_t));
}

static struct bucket bucket_at(const struct zset_index *index, uint64_t number)
{
    uint64_t word = *word_at(index, number);
    return (struct bucket){ (uint32_t *)(uintptr_t)(word & ((UINT64_C(1) << ADDRESS_BITS) - 1)),
                            word >> ADDRESS_BITS };
}

static void set_bucket(struct zset_index *index, uint64_t number, struct bucket bucket)
{
    REQUIRE(bucket.count < UINT64_C(1) << (64 - ADDRESS_BITS));
    *word_at(index, number) = (uint64_t)bucket.count << ADDRESS_BITS | (uintptr_t)bucket.slots;
}

static size_t buckets_of(const struct zset_index *index)
{
    return index->directory.count;
}

static uint64_t number_of(const struct zset_index *index, uint64_t hash)
{
    uint64_t number = hash & index->mask;
    return number < buckets_of(index) ? number : number & index->mask >> 1;
}

static size_t real_size(size_t slots)
{
    return slots > 0 ? block_real_size(slots * sizeof(uint32_t)) : 0;
}

/* Room for so many slots; the first of them are kept. */
static void resize(struct zset_index *index, struct bucket *bucket, size_t count)
{
    size_t old_size = real_size(bucket->count), size = real_size(count);
    if (old_size == 0 && size > 0)
        bucket->slots = block_alloc(size);
    else if (size == 0 && old_size > 0)
        block_free(bucket->slots, old_size);
    else if (size != old_size)
        bucket->slots = block_resize(bucket->slots, old_size, size);
    if (size == 0) bucket->slots = NULL;
    bucket->count = count;
    index->bytes += size - old_size;
}

void zset_index_init(struct zset_index *index)
{
    *index = (struct zset_index){ 0 };
    segments_init(&index->directory, sizeof(uint64_t));
    segments_push(&index->directory);
    *word_at(index, 0) = 0;
}

static void push_bucket(struct zset_index *index, struct bucket bucket)
{
    segments_push(&index->directory);
    set_bucket(index, buckets_of(index) - 1, bucket);
}

bool zset_index_drain(struct zset_index *index, size_t buckets)
{
    for (; buckets > 0 && buckets_of(index) > 0; buckets--) {
        struct bucket bucket = bucket_at(index, buckets_of(index) - 1);
        resize(index, &bucket, 0);
        segments_pop(&index->directory);
    }
    if (buckets_of(index) > 0) return true;
    segments_clear(&index->directory);
    return false;
}

void zset_index_copy(struct zset_index *index, const struct zset_index *from)
{
    zset_index_init(index);
    segments_extend(&index->directory, buckets_of(from));
    index->mask = from->mask;
    index->count = from->count;
    for (uint64_t number = 0; number < buckets_of(from); number++) {
        struct bucket old = bucket_at(from, number), copy = { 0 };
        resize(index, &copy, old.count);
        if (old.count > 0) memcpy(copy.slots, old.slots, old.count * sizeof *old.slots);
        set_bucket(index, number, copy);
    }
}

size_t zset_index_bytes(const struct zset_index *index)
{
    return index->bytes + index->directory.bytes;
}

bool zset_index_next(const struct zset_index *index, uint64_t hash, size_t *at, uint32_t *leaf)
{
    struct bucket bucket = bucket_at(index, number_of(index, hash));
    uint32_t tag = zset_index_slot(hash, 0), mask = (1u << TAG_BITS) - 1;
    for (size_t i = *at; i < bucket.count; i++) {
        if ((bucket.slots[i] & mask) != tag) continue;
        *leaf = bucket.slots[i] >> TAG_BITS;
        *at = i + 1;
        return true;
    }
    return false;
}

void zset_index_add(struct zset_index *index, uint64_t hash, uint32_t leaf)
{
    uint64_t number = number_of(index, hash);
    struct bucket bucket = bucket_at(index, number);
    resize(index, &bucket, bucket.count + 1);
    bucket.slots[bucket.count - 1] = zset_index_slot(hash, leaf);
    set_bucket(index, number, bucket);
    index->count++;
}

void zset_index_fill(struct zset_index *index, uint64_t number, const uint32_t *slots, size_t count)
{
    struct bucket bucket = bucket_at(index, number);
    REQUIRE(bucket.count == 0);
    resize(index, &bucket, count);
    memcpy(bucket.slots, slots, count * sizeof *slots);
    set_bucket(index, number, bucket);
    index->count += count;
}

/* Four at a time, of which the compiler makes one comparison. */
static uint32_t *find(const struct bucket *bucket, uint32_t slot)
{
    size_t i = 0;
    for (; i + 4 <= bucket->count; i += 4) {
        const uint32_t *four = bucket->slots + i;
        if ((four[0] == slot) | (four[1] == slot) | (four[2] == slot) | (four[3] == slot)) break;
    }
    while (i < bucket->count && bucket->slots[i] != slot) i++;
    REQUIRE(i < bucket->count);
    return bucket->slots + i;
}

void zset_index_remove(struct zset_index *index, uint64_t hash, uint32_t leaf)
{
    uint64_t number = number_of(index, hash);
    struct bucket bucket = bucket_at(index, number);
    *find(&bucket, zset_index_slot(hash, leaf)) = bucket.slots[bucket.count - 1];
    resize(index, &bucket, bucket.count - 1);
    set_bucket(index, number, bucket);
    index->count--;
}

void zset_index_replace(struct zset_index *index, uint64_t hash, uint32_t leaf, uint32_t new_leaf)
{
    struct bucket bucket = bucket_at(index, number_of(index, hash));
    *find(&bucket, zset_index_slot(hash, leaf)) = zset_index_slot(hash, new_leaf);
}

void zset_index_prefetch(const struct zset_index *index, uint64_t hash, unsigned stage)
{
    uint64_t number = number_of(index, hash);
    if (stage == 0) {
        fetch_line(word_at(index, number));
        return;
    }
    const char *slots = (const char *)bucket_at(index, number).slots;
    fetch_line(slots);
    fetch_line(slots + 64);
}

static size_t equal_before(const struct bucket *bucket, size_t slot)
{
    size_t equal = 0;
    for (size_t i = 0; i < slot; i++) equal += bucket->slots[i] == bucket->slots[slot];
    return equal;
}

/* The member of a slot: its place in the leaf, and its hash. Among records with the tag those count whose
 * hash leads to this bucket. */
static size_t resolve(const struct zset_index *index, const struct zset_index_owner *owner, uint64_t number,
                      size_t slot, uint64_t *hash)
{
    struct bucket bucket = bucket_at(index, number);
    size_t skip = equal_before(&bucket, slot);
    uint32_t leaf = bucket.slots[slot] >> TAG_BITS;
    uint8_t tag = (uint8_t)bucket.slots[slot];
    for (size_t from = 0;; from++) {
        bool found = owner->find(owner->context, leaf, tag, &from, hash);
        INVARIANT(found);
        if (number_of(index, *hash) == number && skip-- == 0) return from;
    }
}

static void prefetch_leaves(const struct zset_index_owner *owner, const struct bucket *bucket)
{
    for (unsigned stage = 0; stage < 2; stage++)
        for (size_t i = 0; i < bucket->count; i++)
            owner->prefetch(owner->context, bucket->slots[i] >> TAG_BITS, stage);
}

/* The slots of the bucket whose members have that bit in their hash, in front, in order; then the others. */
static size_t part(const struct zset_index *index, const struct zset_index_owner *owner, uint64_t number,
                   uint64_t bit, uint32_t *parted)
{
    struct bucket bucket = bucket_at(index, number);
    size_t moved = 0, kept = bucket.count;
    for (size_t i = 0; i < bucket.count; i++) {
        uint64_t hash;
        resolve(index, owner, number, i, &hash);
        parted[hash & bit ? moved++ : --kept] = bucket.slots[i];
    }
    return moved;
}

static void split(struct zset_index *index, const struct zset_index_owner *owner)
{
    size_t buckets = buckets_of(index);
    uint64_t mask = buckets > index->mask ? index->mask << 1 | 1 : index->mask;
    uint64_t bit = (mask >> 1) + 1, number = buckets - bit;
    struct bucket bucket = bucket_at(index, number), new = { 0 };
    uint32_t common[COMMON_SLOTS], *parted = common;
    if (bucket.count > COMMON_SLOTS) parted = block_alloc(bucket.count * sizeof *parted);

    prefetch_leaves(owner, &bucket);
    size_t count = bucket.count, moved = part(index, owner, number, bit, parted);
    resize(index, &new, moved);
    resize(index, &bucket, count - moved);
    if (moved > 0) memcpy(new.slots, parted, moved * sizeof *parted);
    if (count > moved) memcpy(bucket.slots, parted + moved, (count - moved) * sizeof *parted);
    if (parted != common) block_free(parted, count * sizeof *parted);
    set_bucket(index, number, bucket);
    index->mask = mask;
    push_bucket(index, new);
}

static void merge(struct zset_index *index)
{
    uint64_t last = buckets_of(index) - 1, bit = (index->mask >> 1) + 1, number = last - bit;
    struct bucket bucket = bucket_at(index, number), gone = bucket_at(index, last);
    size_t count = bucket.count, more = gone.count;
    resize(index, &bucket, count + more);
    if (more > 0) memcpy(bucket.slots + count, gone.slots, more * sizeof *gone.slots);
    resize(index, &gone, 0);
    set_bucket(index, number, bucket);
    segments_pop(&index->directory);
    if (last == bit) index->mask >>= 1;
}

void zset_index_grow(struct zset_index *index, const struct zset_index_owner *owner)
{
    for (unsigned step = 0; step < STEPS && index->count > SLOTS_MAX * buckets_of(index); step++)
        split(index, owner);
}

void zset_index_shrink(struct zset_index *index, size_t buckets)
{
    while (buckets-- > 0 && buckets_of(index) > 1 && index->count < SLOTS_MIN * buckets_of(index))
        merge(index);
}

void zset_index_reserve(struct zset_index *index, size_t slots)
{
    REQUIRE(index->count == 0);
    size_t buckets = slots / SLOTS_MAX + 1;
    if (buckets > UINT64_C(1) << 20) buckets = UINT64_C(1) << 20;
    while (buckets_of(index) < buckets) {
        push_bucket(index, (struct bucket){ 0 });
        if (buckets_of(index) > index->mask + 1) index->mask = index->mask << 1 | 1;
    }
}

static uint64_t reversed(uint64_t bits)
{
    bits = (bits >> 1 & 0x5555555555555555u) | (bits & 0x5555555555555555u) << 1;
    bits = (bits >> 2 & 0x3333333333333333u) | (bits & 0x3333333333333333u) << 2;
    bits = (bits >> 4 & 0x0f0f0f0f0f0f0f0fu) | (bits & 0x0f0f0f0f0f0f0f0fu) << 4;
    return __builtin_bswap64(bits);
}

/* As a table of keys is scanned: cursors count in the reversed bits of buckets, so that both halves of a
 * bucket that is split come where it would have come. */
uint64_t zset_index_scan(const struct zset_index *index, const struct zset_index_owner *owner,
                         uint64_t cursor, void (*visit)(void *context, uint32_t leaf, size_t at),
                         void *context)
{
    uint64_t number = number_of(index, cursor), low_mask = index->mask >> 1;
    struct bucket bucket = bucket_at(index, number);
    prefetch_leaves(owner, &bucket);
    for (size_t i = 0; i < bucket.count; i++) {
        uint64_t hash;
        size_t at = resolve(index, owner, number, i, &hash);
        visit(context, bucket.slots[i] >> TAG_BITS, at);
    }
    bool is_split = number > low_mask || number + low_mask + 1 < buckets_of(index);
    uint64_t mask = is_split ? index->mask : low_mask;
    return reversed(reversed(cursor | ~mask) + 1);
}

bool zset_index_compact(struct zset_index *index, uint64_t *hand, size_t *buckets,
                        const struct value_mover *mover)
{
    for (; *buckets > 0 && *hand < buckets_of(index); --*buckets, ++*hand) {
        struct bucket bucket = bucket_at(index, *hand);
        if (bucket.count == 0) continue;
        bucket.slots = mover->move(mover->context, bucket.slots, real_size(bucket.count));
        set_bucket(index, *hand, bucket);
    }
    return *hand < buckets_of(index);
}

void zset_index_check(const struct zset_index *index, const struct zset_index_owner *owner)
{
    size_t count = 0, bytes = 0, buckets = buckets_of(index);
    INVARIANT(buckets <= index->mask + 1 && buckets > (index->mask > 0 ? (index->mask >> 1) + 1 : 0));
    for (uint64_t number = 0; number < buckets; number++) {
        struct bucket bucket = bucket_at(index, number);
        count += bucket.count;
        bytes += real_size(bucket.count);
        for (size_t i = 0; i < bucket.count; i++) {
            uint64_t hash;
            resolve(index, owner, number, i, &hash);
        }
    }
    INVARIANT(count == index->count && bytes == index->bytes);
}
