#include "server/upstream/copies/fills.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/upstream/link/command_writer.h"

#define BUCKETS_MIN 64

void fills_init(struct fills *fills)
{
    *fills = (struct fills){ .bucket_count = BUCKETS_MIN };
    fills->buckets = alloc_zeroed(BUCKETS_MIN * sizeof(*fills->buckets));
}

void fills_clear(struct fills *fills)
{
    INVARIANT(fills->len == 0);
    alloc_free(fills->buckets);
    fills->buckets = NULL;
}

static struct fill **bucket_of(struct fills *fills, uint64_t hash)
{
    return &fills->buckets[hash & (fills->bucket_count - 1)];
}

static void grow(struct fills *fills)
{
    struct fill **old = fills->buckets;
    size_t old_count = fills->bucket_count;
    fills->bucket_count *= 2;
    fills->buckets = alloc_zeroed(fills->bucket_count * sizeof(*fills->buckets));
    for (size_t i = 0; i < old_count; i++)
        for (struct fill *fill = old[i], *next; fill != NULL; fill = next) {
            struct fill **bucket = bucket_of(fills, fill->key.hash);
            next = fill->next;
            fill->next = *bucket;
            *bucket = fill;
        }
    alloc_free(old);
}

static _Atomic uint32_t *filter_of(struct fills *fills, uint64_t hash)
{
    return &fills->filter[(hash >> 40) % FILLS_FILTER];
}

void fills_hold(struct fills *fills, uint64_t hash)
{
    atomic_fetch_add(filter_of(fills, hash), 1);
}

void fills_release(struct fills *fills, uint64_t hash)
{
    atomic_fetch_sub(filter_of(fills, hash), 1);
}

bool fills_may_hold(const struct fills *fills, uint64_t hash)
{
    return atomic_load(&fills->filter[(hash >> 40) % FILLS_FILTER]) > 0;
}

static struct fill *make(struct key key, unsigned db)
{
    const struct slice words[] = { SLICE("PTTL"), key.name };
    struct slice placed[2];
    size_t size = command_size(words, 2);
    struct fill *fill = alloc_bytes(sizeof(*fill) + size);
    *fill = (struct fill){ .ttl = { .bytes = slice_of(fill->bytes, size) },
                           .key = { .hash = key.hash },
                           .db = db };
    command_place(fill->bytes, words, 2, placed);
    fill->key.name = placed[1];
    return fill;
}

struct fill *fills_add(struct fills *fills, struct key key, unsigned db)
{
    if (fills->len >= 2 * fills->bucket_count) grow(fills);
    struct fill *fill = make(key, db);
    struct fill **bucket = bucket_of(fills, key.hash);
    fill->next = *bucket;
    *bucket = fill;
    fills->len++;
    fills_hold(fills, key.hash);
    return fill;
}

void fills_remove(struct fills *fills, struct fill *fill)
{
    struct fill **at = bucket_of(fills, fill->key.hash);
    while (*at != fill) at = &(*at)->next;
    *at = fill->next;
    fills->len--;
    fills_release(fills, fill->key.hash);
    buffer_clear(&fill->value);
    alloc_free(fill);
}

static bool is_of(const struct fill *fill, struct key key)
{
    return fill->key.hash == key.hash && slice_equal(fill->key.name, key.name);
}

struct fill *fills_find(struct fills *fills, struct key key, unsigned db)
{
    for (struct fill *fill = *bucket_of(fills, key.hash); fill != NULL; fill = fill->next)
        if (!fill->discarded && fill->findable && fill->db == db && is_of(fill, key)) return fill;
    return NULL;
}

static size_t discard(struct fill *fill)
{
    if (fill->discarded) return 0;
    fill->discarded = true;
    return 1;
}

size_t fills_discard(struct fills *fills, struct key key)
{
    size_t discarded = 0;
    for (struct fill *fill = *bucket_of(fills, key.hash); fill != NULL; fill = fill->next)
        if (is_of(fill, key)) discarded += discard(fill);
    return discarded;
}

size_t fills_discard_all(struct fills *fills)
{
    size_t discarded = 0;
    for (size_t i = 0; i < fills->bucket_count; i++)
        for (struct fill *fill = fills->buckets[i]; fill != NULL; fill = fill->next)
            discarded += discard(fill);
    return discarded;
}
