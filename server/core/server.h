/*
 * server.h - the server as its parts find each other: a pointer to each owner, and the loops.
 *
 * Owners are opaque here, so that whoever needs one of them includes that one's header and no other. They are
 * made and ended by main/assembly.c.
 *
 * Threads: built and torn down on the main thread. While the loops run, what is here is immutable, atomic, or
 * has its own lock, as each field says.
 */
#ifndef SERVER_CORE_SERVER_H
#define SERVER_CORE_SERVER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/core/clock.h"
#include "server/core/drowse.h"
#include "server/core/stop.h"
#include "server/observe/rates.h"

struct burials;
struct changes;
struct command_table;
struct config;
struct errorstats;
struct keyspace;
struct latency_monitor;
struct listeners;
struct loop;
struct memory_limit;
struct run;
struct settings;
struct slowlog;
struct tier;

/* The version of Redis whose behaviour clients may count on: they check it before they use a feature. */
#define SERVER_REDIS_VERSION "7.2.4"

struct server {
    struct config *config;          /* own lock */
    struct settings *settings;      /* the config's: atomics and locked texts */
    struct keyspace *keyspace;      /* reached through access.h */
    struct changes *changes;        /* the keyspace's listener, as changes.h says */
    struct command_table *commands; /* immutable */
    struct clock clock;
    struct loop *loops;
    unsigned loop_count;
    struct alarm alarm;
    struct stop stop;
    struct listeners *listeners; /* loop 0's */
    struct tier *tier;           /* NULL: there is no upstream */

    struct burials *burials;           /* own lock */
    struct memory_limit *memory_limit; /* own lock */
    struct slowlog *slowlog;           /* own lock */
    struct latency_monitor *latency;   /* own lock */
    struct errorstats *errorstats;     /* own lock */
    struct run *run;                   /* own lock */

    _Atomic uint64_t next_session_id;
    _Atomic uint32_t clients;     /* connected now, over all loops */
    atomic_flag evicting_clients; /* one loop at a time looks: client_eviction.h */
    _Atomic uint32_t monitors;    /* of them in MONITOR mode */
    _Atomic uint64_t rejected_connections;
    _Atomic int64_t pause_until_ms; /* CLIENT PAUSE; 0: none */
    _Atomic bool pause_writes_only;
    _Atomic bool expiry_stopped;      /* DEBUG SET-ACTIVE-EXPIRE 0 */
    _Atomic uint64_t evicted_before;  /* the same of evicted keys */
    _Atomic uint64_t expired_before;  /* expired keys that CONFIG RESETSTAT let be forgotten */
    _Atomic int64_t attack_logged_ms; /* cross_protocol.h; 0: none yet */
    _Atomic uint64_t denied_auth;     /* wrong passwords */
    _Atomic uint32_t blocked_clients; /* suspended by a command that waits */
    struct rates rates;               /* written by loop 0 */
    _Atomic size_t memory_peak;

    uint64_t ns_per_tick; /* ticks.h */
    size_t memory_at_start;
};

/* Unix time. */
static inline int64_t server_now_ms(const struct server *server)
{
    return clock_now_ms(&server->clock);
}

#endif
