#include "server/main/cron.h"

#include <stdatomic.h>

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/memory/client_eviction.h"
#include "server/memory/memory_limit.h"
#include "server/memory/memory_use.h"
#include "server/net/connection.h"
#include "server/net/listener.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/rates.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/shard.h"
#include "storage/memory/block.h"

/* --- expiry ----------------------------------------------------------------------------------------------
 */

/* The longest a slice may keep the loop from its clients, and the tokens between two looks at the clock. */
#define SLICE_NS      50000
#define TOKENS_A_LOOK 64

static bool sweep_may_run(const struct server *server, int64_t now_ms)
{
    if (atomic_load_explicit(&server->expiry_stopped, memory_order_relaxed)) return false;
    return atomic_load_explicit(&server->pause_until_ms, memory_order_relaxed) <= now_ms;
}

static bool sweep_some(struct loop *loop, unsigned shard)
{
    struct access access;
    access_open_shards(&access, loop->server->keyspace, UINT64_C(1) << shard);
    bool more = shard_sweep(access_shard_at(&access, shard), loop->now_ms, TOKENS_A_LOOK);
    access_close(&access);
    return more;
}

void cron_sweep(struct loop *loop)
{
    struct server *server = loop->server;
    loop->sweeping = false;
    if (!sweep_may_run(server, loop->now_ms)) return;

    uint64_t start = ticks_now();
    uint64_t spent_ns = 0;
    unsigned shards = keyspace_shards(server->keyspace);
    for (unsigned i = loop->index; i < shards && spent_ns < SLICE_NS; i += server->loop_count) {
        bool more = true;
        while (more && spent_ns < SLICE_NS) {
            more = sweep_some(loop, i);
            spent_ns = ticks_to_ns(ticks_now() - start, server->ns_per_tick);
        }
        loop->sweeping |= more;
    }
    loop->sweeping |= spent_ns >= SLICE_NS;
    counter_add(&loop->counters.sweep_ns, spent_ns);
}

/* --- clients ---------------------------------------------------------------------------------------------
 */

static void close_idle(struct loop *loop)
{
    int64_t timeout_ms = SETTING(loop->server->settings, timeout_s) * 1000;
    if (timeout_ms == 0) return;
    struct connection *next;
    for (struct connection *connection = loop->connections; connection != NULL; connection = next) {
        next = connection->next;
        bool exempt = connection->session.monitor || connection->session.waits != 0;
        if (!exempt && loop->now_ms - connection->session.active_ms > timeout_ms)
            connection_close(connection);
    }
}

static void look_for_gone(struct loop *loop)
{
    struct connection *next;
    for (struct connection *connection = loop->connections; connection != NULL; connection = next) {
        next = connection->next;
        connection_look_for_end(connection);
    }
}

/* Above a soft limit for too long, without anything new to be queued. */
static void close_unread(struct loop *loop)
{
    const struct account_sums *sums = &loop->accounts;
    if (counter_get(&sums->of_kind[ACCOUNT_OUTPUT]) + counter_get(&sums->of_kind[ACCOUNT_PINNED]) == 0)
        return;
    struct connection *next;
    for (struct connection *connection = loop->connections; connection != NULL; connection = next) {
        next = connection->next;
        connection_check_output(connection);
    }
}

/* --- samples ---------------------------------------------------------------------------------------------
 */

static void sample(struct loop *loop)
{
    struct server *server = loop->server;
    uint64_t totals[RATE_COUNT] = { 0 };
    for (unsigned i = 0; i < server->loop_count; i++) {
        totals[RATE_COMMANDS] += counter_get(&server->loops[i].counters.commands);
        totals[RATE_NET_IN] += counter_get(&server->loops[i].counters.net_in);
        totals[RATE_NET_OUT] += counter_get(&server->loops[i].counters.net_out);
        totals[RATE_TURNS] += counter_get(&server->loops[i].counters.turns);
    }
    totals[RATE_CPU_US] = rates_cpu_us();
    rates_sample(&server->rates, totals, loop->now_ms);
}

/* The allocator's counts cost some fifty microseconds. */
static void sample_memory(struct server *server)
{
    size_t used = memory_used_by(server);
    if (used > atomic_load(&server->memory_peak)) atomic_store(&server->memory_peak, used);
}

static void every_second(struct loop *loop)
{
    loop->second_ms = loop->now_ms;
    close_idle(loop);
    close_unread(loop);
    look_for_gone(loop);
    block_release_cached();
    if (loop->index == 0) sample_memory(loop->server);
    counter_set(&loop->counters.recent_input_max, 0);
    counter_set(&loop->counters.recent_output_max, 0);
}

void cron_run(struct loop *loop)
{
    loop->accounts.grown = true; /* the limit may have changed, or another loop was looking */
    client_eviction_run(loop);
    cron_sweep(loop);
    if (loop->index == 0) {
        if (loop->server->listeners != NULL) listeners_resume(loop->server->listeners);
        sample(loop);
        memory_limit_watch(loop->server, loop->now_ms);
    }
    memory_limit_relieve(loop);
    if (loop->now_ms >= loop->second_ms + 1000 || loop->now_ms < loop->second_ms) every_second(loop);
}
