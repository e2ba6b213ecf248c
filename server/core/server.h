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
#include <stdint.h>

#include "server/core/clock.h"
#include "server/core/drowse.h"
#include "server/core/stop.h"

struct acl_log;
struct baseline;
struct blocking;
struct burials;
struct census;
struct changes;
struct command_table;
struct config;
struct envoys;
struct errorstats;
struct hot_keys;
struct key_window;
struct keyspace;
struct latency_monitor;
struct leasing;
struct listeners;
struct loading;
struct loop;
struct memory_limit;
struct memory_marks;
struct network;
struct pause;
struct prefix_hits;
struct rates;
struct functions;
struct notify;
struct pubsub;
struct run;
struct settings;
struct slowlog;
struct stage;
struct sweep;
struct tally;
struct texts;
struct watchdog;
struct tier;
struct timeline;
struct tls_contexts;
struct tracking;
struct users;
struct walk;

/* The version of Redis whose behaviour clients may count on: they check it before they use a feature. */
#define SERVER_REDIS_VERSION "7.2.4"

struct server {
    struct config *config;          /* own lock */
    struct settings *settings;      /* the config's: atomics and locked texts */
    struct keyspace *keyspace;      /* reached through access.h */
    struct changes *changes;        /* the keyspace's listener, as changes.h says */
    struct tracking *tracking;      /* as tracking.h says */
    struct pubsub *pubsub;          /* as pubsub.h says */
    struct notify *notify;          /* as notify.h says */
    struct command_table *commands; /* immutable */
    struct clock clock;
    struct loop *loops;
    unsigned loop_count;
    struct alarm alarm;
    struct stop stop;
    struct listeners *listeners; /* loop 0's */
    struct tls_contexts *tls;    /* own lock */
    struct tier *tier;           /* NULL: there is no upstream */
    const struct stage *stage;   /* the same: exec/stage.h */

    struct burials *burials;           /* own lock */
    struct blocking *blocking;         /* clients that wait for keys */
    struct leasing *leasing;           /* as leasing.h says */
    struct memory_limit *memory_limit; /* own lock */
    struct slowlog *slowlog;           /* own lock */
    struct latency_monitor *latency;   /* own lock */
    struct hot_keys *hot_keys;         /* own locks */
    struct timeline *timeline;         /* own lock */
    struct prefix_hits *prefix_hits;   /* own locks */
    struct key_window *key_window;     /* own locks */
    struct errorstats *errorstats;     /* own lock */
    struct run *run;                   /* own lock */
    struct texts *texts;               /* of scripts; own lock */
    struct functions *functions;       /* the token's: script/functions/functions.h */
    struct watchdog *watchdog;         /* atomic words, own lock */
    struct users *users;               /* own lock */
    struct acl_log *acl_log;           /* own lock */
    struct envoys *envoys;             /* immutable; NULL: there are none */

    struct baseline *baseline; /* these are atomic words */
    struct census *census;
    struct loading *loading;
    struct memory_marks *memory_marks;
    struct network *network;
    struct pause *pause;
    struct rates *rates;
    struct sweep *sweep;
    struct walk *walk;   /* as walk.h says */
    struct tally *tally; /* own lock */

    uint64_t ns_per_tick; /* ticks.h */
};

/* Unix time. */
static inline int64_t server_now_ms(const struct server *server)
{
    return clock_now_ms(&server->clock);
}

#endif
