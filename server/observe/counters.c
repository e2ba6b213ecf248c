#include "server/observe/counters.h"

#include "proto/base/alloc.h"

void counters_init(struct counters *counters, unsigned command_count)
{
    *counters = (struct counters){
        .by_command = alloc_zeroed(sizeof(struct command_counters) * command_count),
        .command_count = command_count,
    };
}

void counters_clear(struct counters *counters)
{
    for (unsigned i = 0; i < counters->command_count; i++)
        alloc_free(atomic_load_explicit(&counters->by_command[i].latency, memory_order_relaxed));
    alloc_free(counters->by_command);
    counters->by_command = NULL;
}

/* The histogram is emptied rather than freed: another loop may be reading it. */
static void reset_command(struct command_counters *command)
{
    counter_set(&command->calls, 0);
    counter_set(&command->ns, 0);
    counter_set(&command->rejected, 0);
    counter_set(&command->failed, 0);
    struct histogram *latency = atomic_load_explicit(&command->latency, memory_order_relaxed);
    if (latency == NULL) return;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) counter_set(&latency->counts[i], 0);
}

void counters_reset(struct counters *counters)
{
    counter *const totals[] = { &counters->connections,
                                &counters->commands,
                                &counters->net_in,
                                &counters->net_out,
                                &counters->hits,
                                &counters->misses,
                                &counters->errors,
                                &counters->query_buffer_closes,
                                &counters->reads,
                                &counters->writes,
                                &counters->turns,
                                &counters->output_buffer_closes,
                                &counters->evicted_clients,
                                &counters->rejected_connections,
                                &counters->wrong_passwords,
                                &counters->unknown_certificates,
                                &counters->denied_commands,
                                &counters->denied_keys,
                                &counters->denied_channels,
                                &counters->cache_hits,
                                &counters->cache_stale,
                                &counters->cache_wins,
                                &counters->cache_early,
                                &counters->cache_waits,
                                &counters->cache_timeouts,
                                &counters->cache_fills,
                                &counters->cache_refused,
                                &counters->cache_renewed,
                                &counters->cache_released };
    for (size_t i = 0; i < sizeof(totals) / sizeof(totals[0]); i++) counter_set(totals[i], 0);
    for (unsigned i = 0; i < counters->command_count; i++) reset_command(&counters->by_command[i]);
}

struct histogram *counters_latency(struct command_counters *command)
{
    struct histogram *latency = ALLOC_NEW(struct histogram);
    atomic_store_explicit(&command->latency, latency, memory_order_release);
    return latency;
}
