/*
 * leasing_state.h - what leases are kept in, for leasing*.c only.
 */
#ifndef SERVER_EVENTS_LEASE_LEASING_STATE_H
#define SERVER_EVENTS_LEASE_LEASING_STATE_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "server/events/lease/lease.h"
#include "server/events/lease/lease_token.h"
#include "server/events/lease/leasing.h"
#include "storage/keyspace/keyspace.h"

/* A session that has closed while shards in which it may hold leases were kept for long. */
struct departed {
    uint64_t id;
    uint64_t shards;
};

/* One loop's part, of which nobody else knows. */
struct leasing_loop {
    struct leasing *all;
    struct loop *loop;
    struct lease_tokens tokens;
    struct departed *departed;
    size_t departed_len, departed_cap;
    uv_timer_t timer;
    int64_t armed_ms; /* for when; 0: it is not */
};

struct leasing {
    struct server *server;
    struct leasing_loop *loops;
    unsigned loop_count;
    _Atomic size_t len; /* of all shards together */
    _Atomic size_t held;
    _Atomic int64_t due_ms[KEYSPACE_SHARDS_MAX]; /* when the first of each shard is due; 0: never */
    struct leases leases[KEYSPACE_SHARDS_MAX];   /* each under the lock of its shard */
};

/* What is done to the leases of one shard, under its lock: what follows from it is done at the end. */
struct leasing_step {
    struct leasing *all;
    struct loop *loop;
    struct leases *leases;
    unsigned index;
    size_t len, held, bytes; /* as it began */
};

struct leasing_step leasing_step_begin(struct loop *loop, unsigned index);
void leasing_step_end(const struct leasing_step *step);

/* The first who waits for the lease's key is to be looked at. Before the lease is dropped. */
void leasing_wake(struct loop *loop, unsigned index, const struct lease *lease);
/* Look at the clock at that time, or before. */
void leasing_arm(struct leasing_loop *own, int64_t at_ms);

#endif
