/*
 * server.h - the whole: configuration, keyspace, commands, loops, and what they share.
 *
 * Threads: built and torn down on the main thread. While the loops run, what is here is immutable, atomic, or
 * has its own lock, as each field says.
 */
#ifndef SERVER_MAIN_SERVER_H
#define SERVER_MAIN_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/core/clock.h"
#include "server/core/loop.h"
#include "server/observe/rates.h"

struct burials;
struct command_table;
struct config;
struct errorstats;
struct keyspace;
struct latency_monitor;
struct listeners;
struct memory_limit;
struct memory_use;
struct monitors;
struct settings;
struct slowlog;
struct tier;

#define SERVER_RUN_ID 40

/* The version of Redis whose behaviour clients may count on: they check it before they use a feature. */
#define SERVER_REDIS_VERSION "7.2.4"

struct server {
    struct config *config;          /* own lock */
    struct settings *settings;      /* the config's: atomics and locked texts */
    struct keyspace *keyspace;      /* reached through access.h */
    struct command_table *commands; /* immutable */
    struct clock clock;
    struct loop *loops;
    unsigned loop_count;
    struct alarm alarm;
    struct listeners *listeners; /* loop 0's */
    struct tier *tier;           /* NULL: there is no upstream */

    struct burials *burials;           /* own lock */
    struct memory_limit *memory_limit; /* own lock */
    struct slowlog *slowlog;           /* own lock */
    struct latency_monitor *latency;   /* own lock */
    struct errorstats *errorstats;     /* own lock */

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
    _Atomic bool stopping;

    char run_id[SERVER_RUN_ID + 1];
    pthread_mutex_t replication_id_lock;
    char replication_id[SERVER_RUN_ID + 1]; /* changed by DEBUG CHANGE-REPL-ID */
    int64_t started_ms;
    uint64_t ns_per_tick; /* ticks.h */
    size_t memory_at_start;
    int exit_code;
};

struct server_options {
    struct config *config; /* loaded; borrowed */
    struct clock clock;
};

/* NULL after a report on standard error. Binds its listeners; accepts nothing yet. */
struct server *server_create(const struct server_options *options);
/* Start all threads but loop 0's. False: one cannot be had, as the log says, and all that is left is to end
 * the process. */
bool server_start(struct server *server);
/* Run until server_stop(); the caller's thread is loop 0. Returns the exit code. */
int server_run(struct server *server);
/* From any thread, also a signal's loop callback: end gracefully. */
void server_stop(struct server *server, int exit_code);
void server_destroy(struct server **server);

/* With maxmemory, free memory goes back to the kernel at once where much of it lies together; without, a
 * thread of the allocator does it later. Call it when maxmemory has changed, and on the thread of each loop.
 */
void server_choose_purging(const struct server *server);

/* DEBUG CHANGE-REPL-ID. */
void server_draw_replication_id(struct server *server);
void server_copy_replication_id(struct server *server, char out[SERVER_RUN_ID + 1]);

/* CONFIG RESETSTAT, for the counts that are not a loop's. */
void server_reset_totals(struct server *server);

int64_t server_now_ms(const struct server *server);
/* What the process takes; tables, which are mapped beside the allocator, are added to all but `rss`. */
struct memory_use server_memory_use(const struct server *server);
/* Its `allocated` alone, at less cost. */
size_t server_used_memory(const struct server *server);

#endif
