/*
 * counters.h - what one loop has counted; INFO adds the loops up.
 *
 * Every loop writes its own counters with plain adds, so that counting costs no shared cache line; anyone may
 * read them at any time, each true by itself. CONFIG RESETSTAT is a letter to each loop.
 *
 * Threads: one writer, the owning loop; many readers.
 */
#ifndef SERVER_OBSERVE_COUNTERS_H
#define SERVER_OBSERVE_COUNTERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "server/observe/histogram.h"

typedef _Atomic uint64_t counter;

static inline __attribute__((always_inline)) void counter_add(counter *count, uint64_t by)
{
    atomic_store_explicit(count, atomic_load_explicit(count, memory_order_relaxed) + by,
                          memory_order_relaxed);
}

static inline uint64_t counter_get(const counter *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static inline void counter_set(counter *count, uint64_t value)
{
    atomic_store_explicit(count, value, memory_order_relaxed);
}

/* Per command and subcommand, by command_info.id. */
struct command_counters {
    counter calls;
    counter ns;
    counter rejected;                    /* refused before it ran: arity, NOAUTH, OOM */
    counter failed;                      /* ran and replied an error */
    _Atomic(struct histogram *) latency; /* made on the first call when latency-tracking is on */
};

struct counters {
    counter connections; /* ever accepted here */
    counter commands;
    counter net_in;
    counter net_out;
    counter hits;
    counter misses;
    counter errors;
    counter changes; /* keys changed: rdb_changes_since_last_save of INFO */
    counter reads;   /* read and write system calls that moved bytes */
    counter writes;
    counter turns;    /* of the loop */
    counter sweep_ns; /* spent removing expired keys */
    counter query_buffer_closes;
    counter output_buffer_closes;
    counter evicted_clients; /* by maxmemory-clients */
    counter rejected_connections;
    counter wrong_passwords;
    counter unknown_certificates; /* tls-auth-clients-user */
    counter denied_commands;      /* by the rights of a user, as the next two */
    counter denied_keys;
    counter denied_channels;
    counter cache_hits; /* replies of CACHE GET by their state, of those that are told apart */
    counter cache_stale;
    counter cache_wins;
    counter cache_early; /* of the wins, those of a value that was fresh yet */
    counter cache_waits; /* who began to wait, and who did in vain */
    counter cache_timeouts;
    counter cache_fills; /* values that were stored with a token, and that were refused */
    counter cache_refused;
    counter cache_renewed; /* leases that ended without a value, old ones being good for longer, and others */
    counter cache_released;
    counter recent_input_max; /* gauges: the largest of late */
    counter recent_output_max;
    struct command_counters *by_command;
    unsigned command_count;
};

void counters_init(struct counters *counters, unsigned command_count);
void counters_clear(struct counters *counters);
/* As CONFIG RESETSTAT; gauges stay. By the owning loop. */
void counters_reset(struct counters *counters);

/* The histogram of a command that has none yet. */
struct histogram *counters_latency(struct command_counters *command);

/* Count one execution. `track` keeps its latency in the histogram as well. Inline: every request comes here.
 */
static inline __attribute__((always_inline)) void counters_command(struct counters *counters, unsigned id,
                                                                   uint64_t ns, bool track)
{
    struct command_counters *command = &counters->by_command[id];
    counter_add(&counters->commands, 1);
    counter_add(&command->calls, 1);
    counter_add(&command->ns, ns);
    if (!track) return;
    struct histogram *latency = atomic_load_explicit(&command->latency, memory_order_relaxed);
    if (__builtin_expect(latency == NULL, 0)) latency = counters_latency(command);
    histogram_add(latency, ns);
}

/* A call that has been counted took so much longer. */
static inline void counters_command_longer(struct counters *counters, unsigned id, uint64_t ns)
{
    counter_add(&counters->by_command[id].ns, ns);
}

#endif
