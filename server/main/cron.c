#include "server/main/cron.h"

#include "server/commands/admin/hotkeys.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/events/walk/tally.h"
#include "server/events/walk/walk.h"
#include "server/exec/gates/pause.h"
#include "server/memory/loop_memory.h"
#include "server/memory/memory_limit.h"
#include "server/memory/memory_marks.h"
#include "server/memory/sweep.h"
#include "server/net/client_eviction.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/net/listener.h"
#include "server/net/network.h"
#include "server/net/speech.h"
#include "server/observe/hot_keys.h"
#include "server/observe/keys/prefix_hits.h"
#include "server/observe/latency_monitor.h"
#include "server/observe/rates.h"
#include "server/report/sampler.h"
#include "storage/memory/block.h"

void cron_sweep(struct loop *loop)
{
    loop->memory->sweeping = false;
    /* What expires may be announced, to whoever is behind already. */
    bool may_run = !pause_is_on(loop->server->pause, loop->now_ms) && !pubsub_is_ahead(loop);
    if (may_run) sweep_run(loop);
}

static bool is_idle(const struct connection *connection, int64_t now_ms, int64_t timeout_ms)
{
    bool exempt = session_is_monitor(&connection->session) || connection->session.waits != 0 ||
                  connection_class(connection) == CLIENT_PUBSUB;
    return timeout_ms > 0 && !exempt && now_ms - connection->session.active_ms > timeout_ms;
}

static void close_idle(struct loop *loop)
{
    int64_t timeout_ms = SETTING(loop->server->settings, timeout_s) * 1000;
    if (timeout_ms == 0 && !network_has_speech(loop->server->network)) return;
    struct connection *next;
    for (struct connection *connection = loop->connections->first; connection != NULL; connection = next) {
        next = connection->next;
        if (is_idle(connection, loop->now_ms, timeout_ms))
            connection_close(connection);
        else if (connection->speech != NULL)
            connection->speech->look(connection);
    }
}

static void look_for_gone(struct loop *loop)
{
    struct connection *next;
    for (struct connection *connection = loop->connections->first; connection != NULL; connection = next) {
        next = connection->next;
        connection_look_for_end(connection);
    }
}

/* Above a soft limit for too long, without anything new to be queued. */
static void close_unread(struct loop *loop)
{
    const struct account_sums *sums = &loop->memory->accounts;
    if (counter_get(&sums->of_kind[ACCOUNT_OUTPUT]) + counter_get(&sums->of_kind[ACCOUNT_PINNED]) == 0)
        return;
    struct connection *next;
    for (struct connection *connection = loop->connections->first; connection != NULL; connection = next) {
        next = connection->next;
        connection_check_output(connection);
    }
}

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
    rates_sample(server->rates, totals, loop->now_ms);
}

static void age_samples(struct loop *loop)
{
    struct server *server = loop->server;
    struct prefix_rule rule = tally_rule(server);
    sample_pace_look(&loop->pace, loop->now_ms);
    hot_keys_age(server->hot_keys, loop->index, loop->now_ms, loop->pace.distance);
    prefix_hits_age(server->prefix_hits, loop->index, loop->now_ms, &rule);
}

static void every_second(struct loop *loop)
{
    loop->second_ms = loop->now_ms;
    close_idle(loop);
    close_unread(loop);
    look_for_gone(loop);
    block_release_cached();
    age_samples(loop);
    if (loop->index == 0) memory_marks_look(loop->server);
    if (loop->index == 0) hotkeys_look(loop->server);
    sampler_run(loop);
    counter_set(&loop->counters.recent_input_max, 0);
    counter_set(&loop->counters.recent_output_max, 0);
}

void cron_run(struct loop *loop)
{
    loop->memory->accounts.grown = true; /* the limit may have changed, or another loop was looking */
    client_eviction_run(loop);
    cron_sweep(loop);
    if (loop->index == 0) {
        if (loop->server->listeners != NULL) listeners_resume(loop->server->listeners);
        sample(loop);
        memory_limit_watch(loop->server, loop->now_ms);
    }
    if (memory_limit_relieve(loop)) connections_ask_again(loop);
    tracking_look_at_limit(loop);
    walk_consider(loop);
    if (loop->now_ms >= loop->second_ms + 1000 || loop->now_ms < loop->second_ms) every_second(loop);
}
