#include "server/core/totals.h"

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/observe/counters.h"

static uint64_t count_at(const struct loop *loop, size_t offset)
{
    return counter_get((const counter *)((const char *)&loop->counters + offset));
}

uint64_t totals_of(const struct server *server, size_t offset)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < server->loop_count; i++) sum += count_at(&server->loops[i], offset);
    return sum;
}

uint64_t totals_max(const struct server *server, size_t offset)
{
    uint64_t most = 0;
    for (unsigned i = 0; i < server->loop_count; i++) {
        uint64_t count = count_at(&server->loops[i], offset);
        if (count > most) most = count;
    }
    return most;
}

struct command_totals totals_of_command(const struct server *server, unsigned id)
{
    struct command_totals totals = { 0 };
    for (unsigned i = 0; i < server->loop_count; i++) {
        const struct command_counters *command = &server->loops[i].counters.by_command[id];
        totals.calls += counter_get(&command->calls);
        totals.ns += counter_get(&command->ns);
        totals.rejected += counter_get(&command->rejected);
        totals.failed += counter_get(&command->failed);
    }
    return totals;
}

void totals_of_latency(const struct server *server, unsigned id, struct histogram *sum)
{
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct command_counters *command = &server->loops[i].counters.by_command[id];
        const struct histogram *latency = atomic_load_explicit(&command->latency, memory_order_acquire);
        if (latency != NULL) histogram_merge(sum, latency);
    }
}
