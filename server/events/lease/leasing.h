/*
 * leasing.h - leases of all keys: how they are won, ended and broken, and whom that wakes.
 *
 * Whoever finds no fresh value for a key wins the lease of it and computes, the others wait or do without
 * (lease.h). It ends by the value: the fill is a change of the key as any other, and a change breaks a lease.
 *
 *     a change       under the shard's lock: leasing_on_change(). What was being computed is older than it
 *     eviction,      are no changes of what the key's value would be, and break nothing
 *     a deadline
 *     nothing to     DEL of a key that does not exist is told as well (EVENT_ABSENT): who computes has read
 *     remove         what was before it
 *     the end of     opens the leases that it holds: leasing_leave()
 *     a connection
 *     time           a timer of the loop that has granted it
 *
 * Clients that wait for a lease stand in the line of their key (blocking.h), and each of these makes the line
 * ready: the first of it that finds nothing wins, at the end of the command, in the same access.
 *
 * Memory: a lease takes some hundred bytes and its key, charged to the shard. At most cache-max-leases are
 * held. With those that are open or rest there are mostly no more either: one of them gives way to a new
 * lease. It is one of the same shard, since nobody holds two locks. A shard that has none to give, while
 * others have, grants all the same until it has its even share of the limit: else whoever fills the other
 * shards with records of keys that rest has switched off the leases of this one. So there may be as many
 * records again as the limit, and one for each shard, but only where somebody has brought keys together
 * that the hash had spread.
 *
 * Threads: all calls with a `call` are made inside its access, the others as they say.
 */
#ifndef SERVER_EVENTS_LEASE_LEASING_H
#define SERVER_EVENTS_LEASE_LEASING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/events/lease/lease.h"
#include "storage/table/key.h"

struct call;
struct change;
struct flush;
struct leasing;
struct loop;
struct server;
struct session;

/* That of argv[arg]; NULL: there is none. Look at lease_phase_at(). */
struct lease *leasing_find(struct call *call, int arg);
/* What is left of it while somebody computes; -1: nobody does. */
int64_t leasing_left_ms(struct call *call, int arg);
/* How many wait for what is computed. */
size_t leasing_waiting(const struct call *call, int arg);
/* The one that this token was given for, if its value may still be brought; NULL: the key has changed since,
 * somebody else has won, or it never was one. */
struct lease *leasing_find_by_token(struct call *call, int arg, struct slice token);

/* The session of `call` wins argv[arg], of which nobody has a lease by now: `lease` is what leasing_find()
 * told. `cost_ms` is what the value that is there took. NULL: there are too many. */
struct lease *leasing_grant(struct call *call, int arg, struct lease *lease, int64_t lease_ms,
                            uint32_t cost_ms);
/* What computing took, with what it took before: what is to be stored with the value. */
uint32_t leasing_cost_ms(const struct call *call, const struct lease *lease);
/* The session of `call` is about to wait for it, and may win it. */
void leasing_expect(struct call *call, int arg);
/* The session of `call` has won it by waiting, and has gone before it was told. Nothing, if it has not. */
void leasing_give_up(struct call *call, int arg);
/* It is over without a value: the first who waits wins. */
void leasing_end(struct call *call, struct lease *lease);
/* The same, and for so long nobody does, LEASE_RETRY or LEASE_PASS: all who wait are told. */
void leasing_rest(struct call *call, struct lease *lease, enum lease_phase phase, int64_t ms);

/* Of a key in the shard at `index`, whose lock is held. */
void leasing_on_change(struct loop *loop, unsigned index, const struct change *change);
/* Inside the access to all shards: databases are emptied, or were exchanged. */
void leasing_on_flush(struct loop *loop, const struct flush *flush);
/* Break those of the shard at `index`, whose lock is held, that are wanted. */
void leasing_break_each(struct loop *loop, unsigned index,
                        bool (*wanted)(void *context, const struct lease *lease), void *context);

/* The session's connection has closed. On its loop, outside of an access. */
void leasing_leave(struct session *session);

/* Of the shard at `index`, whose lock is held: leases_oldest(). */
uint64_t leasing_oldest(const struct leasing *leasing, unsigned index);

struct leasing_counts {
    size_t leases; /* of all phases */
    size_t held;
};
/* Any thread. */
struct leasing_counts leasing_counts(const struct leasing *leasing);

/* Of the server, before its loops run. */
struct leasing *leasing_create(struct server *server);
/* The loops have ended. */
void leasing_destroy(struct leasing **leasing);

#endif
