#include "server/core/drowse.h"

#include <stddef.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/totals.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

#define QUIET_RUNS 20
#define LONGEST_MS 1000

static bool is_quiet(struct loop *loop)
{
    struct drowse *drowse = &loop->drowse;
    uint64_t commands = TOTAL(loop->server, commands);
    drowse->quiet_runs = commands != drowse->commands ? 0 : drowse->quiet_runs + 1;
    drowse->commands = commands;
    return drowse->quiet_runs >= QUIET_RUNS;
}

static int64_t next_due_ms(const struct loop *loop)
{
    struct keyspace *keyspace = loop->server->keyspace;
    int64_t next_ms = INT64_MAX;
    for (unsigned i = loop->index; i < keyspace_shards(keyspace); i += loop->server->loop_count) {
        struct access access;
        if (!access_open_at(&access, keyspace, i)) return 0;
        int64_t due_ms = shard_next_due_ms(access_shard_at(&access, i));
        access_close(&access);
        if (due_ms < next_ms) next_ms = due_ms;
    }
    return next_ms;
}

static void wait(struct loop *loop, uint64_t ms)
{
    uv_timer_set_repeat(&loop->cron, ms);
    uv_timer_again(&loop->cron);
}

void drowse_consider(struct loop *loop)
{
    struct server *server = loop->server;
    if (server->tier != NULL || !is_quiet(loop)) return;
    loop->drowse.drowsy = true;
    loop->drowse.alarms = atomic_load(&server->alarm.count);
    atomic_store(&server->alarm.wanted, true);

    /* What a sweep has left to the next turns is due now. */
    int64_t left_ms = next_due_ms(loop) - loop->now_ms;
    if (left_ms < CRON_MS) left_ms = CRON_MS;
    wait(loop, left_ms < LONGEST_MS ? (uint64_t)left_ms : LONGEST_MS);
}

void drowse_listen(struct loop *loop)
{
    if (__builtin_expect(!loop->drowse.drowsy, 1)) return;
    if (atomic_load(&loop->server->alarm.count) == loop->drowse.alarms) return;
    loop->drowse.drowsy = false;
    loop->drowse.quiet_runs = 0;
    uv_update_time(&loop->uv);
    wait(loop, CRON_MS);
}

void drowse_rouse(struct server *server)
{
    if (__builtin_expect(!atomic_load_explicit(&server->alarm.wanted, memory_order_relaxed), 1)) return;
    atomic_store(&server->alarm.wanted, false);
    atomic_fetch_add(&server->alarm.count, 1);
    for (unsigned i = 0; i < server->loop_count; i++) mailbox_ring(&server->loops[i].mailbox);
}
