#include "server/upstream/copies/fills.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/holder.h"
#include "server/upstream/channel/command_writer.h"

void fills_init(struct fills *fills)
{
    *fills = (struct fills){ 0 };
}

void fills_clear(struct fills *fills)
{
    INVARIANT(fills->chains.len == 0);
    chains_clear(&fills->chains);
}

static struct fill *fill_of(struct chain *chain)
{
    return HOLDER_OF(chain, struct fill, chain);
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
    struct fill *fill = make(key, db);
    chains_add(&fills->chains, &fill->chain, key.hash);
    fills_hold(fills, key.hash);
    return fill;
}

void fills_remove(struct fills *fills, struct fill *fill)
{
    chains_remove(&fills->chains, &fill->chain);
    fills_release(fills, fill->key.hash);
    buffer_clear(&fill->value);
    alloc_free(fill);
}

struct fill *fills_find(struct fills *fills, struct key key, unsigned db)
{
    for (struct chain *at = chains_find(&fills->chains, key.hash); at != NULL; at = chain_next(at)) {
        struct fill *fill = fill_of(at);
        bool open = !fill->discarded && fill->findable && fill->db == db;
        if (open && slice_equal(fill->key.name, key.name)) return fill;
    }
    return NULL;
}

bool fills_fetch_whole(struct fills *fills, struct key key, unsigned db)
{
    for (struct chain *at = chains_find(&fills->chains, key.hash); at != NULL; at = chain_next(at)) {
        struct fill *fill = fill_of(at);
        bool goes_on = fill->whole && !fill->discarded && fill->db == db;
        if (goes_on && slice_equal(fill->key.name, key.name)) return true;
    }
    return false;
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
    for (struct chain *at = chains_find(&fills->chains, key.hash); at != NULL; at = chain_next(at))
        if (slice_equal(fill_of(at)->key.name, key.name)) discarded += discard(fill_of(at));
    return discarded;
}

size_t fills_discard_all(struct fills *fills)
{
    size_t discarded = 0;
    struct chains_walk walk = { 0 };
    for (struct chain *at; (at = chains_next(&fills->chains, &walk)) != NULL;)
        discarded += discard(fill_of(at));
    return discarded;
}
