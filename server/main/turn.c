#include "server/main/turn.h"

#include "proto/base/alloc.h"
#include "server/core/burials.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/walk/walk.h"
#include "server/exec/collection_limits.h"
#include "server/exec/command/table.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/sheet.h"
#include "server/http/http_loop.h"
#include "server/main/cron.h"
#include "server/memory/loop_memory.h"
#include "server/memory/memory_limit.h"
#include "server/net/batch.h"
#include "server/net/client_eviction.h"
#include "server/net/connection.h"
#include "server/net/connections.h"
#include "server/net/tls/tls_loop.h"
#include "server/script/engines.h"
#include "server/script/interlude.h"
#include "server/upstream/clients/departure.h"
#include "server/upstream/tier.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/keyspace.h"

static bool has_work(const struct loop *loop)
{
    const struct loop_memory *memory = loop->memory;
    return loop->connections->ready_len > 0 || memory->sweeping || memory->relieving ||
           interlude_is_on(loop) || walk_is_busy(loop);
}

static void evict_clients(struct loop *loop)
{
    if (loop->memory->accounts.grown) client_eviction_run(loop);
}

/* All that a batch consists of has been read. Whoever sent it may have seen what other loops replied, and
 * what these did is told by the letters that are here by now: an invalidation comes before the PONG. */
static void run_batch(struct loop *loop)
{
    mailbox_look(&loop->mailbox);
    /* So what is read behind such a letter is not what was before it. */
    bumps_look(keyspace_bumps(loop->server->keyspace));
    batch_run(loop);
    drowse_rouse(loop->server);
}

static void serve(struct loop *loop)
{
    if (loop->server->tier != NULL) tier_deliver(loop);
    loop_read_clock(loop);
    evict_clients(loop);
    run_batch(loop);
    if (sheet_is_worth_a_write(loop->sheet)) connections_flush_pushed(loop);
    burials_ring(
        loop->server->burials); /* behind the replies: to wake its thread takes as long as a command */
    loop_set_busy(loop, has_work(loop) || loop->sheet->pieces_len > 0);
}

static void work(struct loop *loop)
{
    loop_read_clock(loop);
    evict_clients(loop);
    if (loop->connections->ready_len > 0) run_batch(loop);
    evict_clients(loop); /* for what they were replied */
    if (loop->memory->sweeping) cron_sweep(loop);
    if (__builtin_expect(walk_is_busy(loop), 0)) walk_run(loop);
    if (loop->memory->relieving && memory_limit_relieve(loop)) connections_ask_again(loop);
    loop_post(loop);
    if (__builtin_expect(interlude_is_on(loop), 0)) interlude_go_on(loop);
}

static void turn(struct loop *loop)
{
    struct tier *tier = loop->server->tier;
    if (tier != NULL) departure_looked(loop);
    if (tier != NULL) tier_deliver(loop);
    bool worked = has_work(loop);
    if (worked) work(loop);
    if (tier != NULL) tier_depart(loop);
    bool pushed = connections_flush_pushed(loop);
    burials_ring(loop->server->burials);
    if (worked || pushed || has_work(loop)) loop_set_busy(loop, has_work(loop));
}

static void run_cron(struct loop *loop)
{
    cron_run(loop);
    loop_post(loop);
    burials_ring(loop->server->burials);
    loop_set_busy(loop, has_work(loop));
}

static void furnish(struct loop *loop)
{
    loop->connections = connections_create(loop);
    loop->batch = batch_create();
    loop->limits = ALLOC_NEW(struct collection_limits);
    loop->memory = ALLOC_NEW(struct loop_memory);
    loop->sessions = sessions_create();
    loop->walk = walk_open(loop);
    loop->sheet = ALLOC_NEW(struct sheet);
    loop->http = http_loop_create();
    loop->tls = tls_loop_create(&loop->uv, loop->server->settings);
    sample_pace_init(&loop->pace, keyspace_seed(loop->server->keyspace) + loop->index);
    loop->hot_weight = loop->pace.distance;
    counters_init(&loop->counters, command_table_ids(loop->server->commands));
}

static void end(struct loop *loop)
{
    interlude_end(loop);
    connections_close(loop);
    if (loop->server->tier != NULL) tier_stop_loop(loop->server->tier, loop);
}

static void clear_out(struct loop *loop)
{
    connections_destroy(&loop->connections);
    engines_clear(loop);
    interlude_clear(loop);
    batch_destroy(&loop->batch);
    alloc_free(loop->limits);
    alloc_free(loop->memory);
    walk_close(&loop->walk);
    sessions_destroy(&loop->sessions);
    tls_loop_destroy(&loop->tls);
    http_loop_destroy(&loop->http);
    sheet_clear(loop->sheet);
    alloc_free(loop->sheet);
    counters_clear(&loop->counters);
}

const struct loop_stages turn_stages = {
    .open = furnish,
    .turn = turn,
    .serve = serve,
    .cron = run_cron,
    .finish = connections_finish,
    .end = end,
    .clear = clear_out,
};
