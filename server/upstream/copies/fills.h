/*
 * fills.h - copies on their way: values that have been asked for and will be kept when they come.
 *
 * One fill to a key and database at a time can be found; others who want the value meanwhile wait for it
 * (single flight). A fill is discarded when the key changes while it is on its way: it then still answers
 * who waits for it, but keeps nothing, and whoever comes later starts another.
 *
 * Beside the table there is a filter that other loops may read: whether any fill, or any write whose value
 * will be kept, is on its way for a key. It may say yes for no reason, never no wrongly.
 *
 * Threads: the upstream's loop, but for fills_may_hold(). Ownership: a fill is the caller's from fills_add()
 * to fills_remove(), which frees it.
 */
#ifndef SERVER_UPSTREAM_COPIES_FILLS_H
#define SERVER_UPSTREAM_COPIES_FILLS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/chains.h"
#include "server/upstream/channel/upstream.h"
#include "storage/table/key.h"

struct errand;

struct fill {
    struct upstream_request ttl; /* the PTTL behind the read, without db and done() as yet: first, so that its
                                    done() finds the fill */
    struct chain chain;          /* with the hash of the key */
    void *owner;                 /* whoever sends it, for its done() */
    struct key key;              /* the name is a part of the PTTL */
    unsigned db;
    bool findable; /* in the table: not discarded, and started by a read that others may join */
    bool whole;    /* of a key that is fetched as it is (typed/fetch.h): nobody waits for its reply */
    bool discarded;
    bool has_value;
    int64_t asked_ms;    /* monotonic, of the read */
    int64_t asked_at_ms; /* Unix */
    struct buffer value;
    struct errand *waiters; /* latest first */
    char bytes[];           /* of the PTTL */
};

#define FILLS_FILTER 4096

struct fills {
    struct chains chains;
    _Atomic uint32_t filter[FILLS_FILTER];
};

void fills_init(struct fills *fills);
/* None may be left. */
void fills_clear(struct fills *fills);

/* The name is copied. */
struct fill *fills_add(struct fills *fills, struct key key, unsigned db);
void fills_remove(struct fills *fills, struct fill *fill);
/* One that is not discarded, or NULL. */
struct fill *fills_find(struct fills *fills, struct key key, unsigned db);
/* Is it being fetched as it is, and not discarded? */
bool fills_fetch_whole(struct fills *fills, struct key key, unsigned db);

/* The key has changed, in whichever database. Returns how many fills that cost. */
size_t fills_discard(struct fills *fills, struct key key);
size_t fills_discard_all(struct fills *fills);

/* A write whose value will be kept is on its way, or has come back. */
void fills_hold(struct fills *fills, uint64_t hash);
void fills_release(struct fills *fills, uint64_t hash);
/* Any thread. */
bool fills_may_hold(const struct fills *fills, uint64_t hash);

#endif
