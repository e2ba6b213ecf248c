#include "server/memory/sweep.h"

#include <stdint.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/memory/loop_memory.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

/* The longest a slice may keep the loop from its clients, and the tokens between two looks at the clock. */
#define SLICE_NS      50000
#define TOKENS_A_LOOK 64

static bool sweep_some(struct loop *loop, unsigned shard)
{
    struct access access;
    if (!access_open_at(&access, loop->server->keyspace, shard)) return false;
    bool more = shard_sweep(access_shard_at(&access, shard), loop->now_ms, TOKENS_A_LOOK);
    if (loop->unserved) loop->serve_alone(loop, &access);
    access_close(&access);
    return more;
}

void sweep_run(struct loop *loop)
{
    struct server *server = loop->server;
    if (atomic_load_explicit(&server->sweep->stopped, memory_order_relaxed)) return;

    uint64_t start = ticks_now();
    uint64_t spent_ns = 0;
    unsigned shards = keyspace_shards(server->keyspace);
    for (unsigned i = loop->index; i < shards && spent_ns < SLICE_NS; i += server->loop_count) {
        bool more = true;
        while (more && spent_ns < SLICE_NS) {
            more = sweep_some(loop, i);
            spent_ns = ticks_to_ns(ticks_now() - start, server->ns_per_tick);
        }
        loop->memory->sweeping |= more;
    }
    loop->memory->sweeping |= spent_ns >= SLICE_NS;
    counter_add(&loop->counters.sweep_ns, spent_ns);
}

void sweep_stop(struct server *server, bool stop)
{
    atomic_store(&server->sweep->stopped, stop);
}
