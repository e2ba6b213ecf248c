#include "server/exec/sampling.h"

#include "server/core/server.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/observe/hot_keys.h"
#include "server/observe/keys/prefix_hits.h"
#include "storage/keyspace/keyspace.h"

void sampling_look(struct loop *loop)
{
    loop->hits_so_far = counter_get(&loop->counters.hits);
    loop->misses_so_far = counter_get(&loop->counters.misses);
}

static void wait_for_next(struct loop *loop)
{
    int32_t distance = (int32_t)hot_keys_distance(loop->server->hot_keys, loop->index);
    loop->samples_next = distance == 1;
    loop->commands_to_sample = distance == 1 ? 1 : distance - 1;
}

/* The `i`th of `count` parts, which together are `whole`. */
static uint64_t part(uint64_t whole, uint64_t i, uint64_t count)
{
    return whole * (i + 1) / count - whole * i / count;
}

/* Of several keys nobody knows which hit. */
static void add_hits(struct loop *loop, const struct sampled *sampled, unsigned keys)
{
    uint64_t hits = sampled->hits * HOT_KEYS_DISTANCE, misses = sampled->misses * HOT_KEYS_DISTANCE;
    if (hits + misses == 0) return;
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    for (unsigned i = 0; i < keys && key_next(&walk); i++)
        prefix_hits_add(loop->server->prefix_hits, loop->index, sampled->argv[walk.arg], part(hits, i, keys),
                        part(misses, i, keys));
}

static uint64_t bytes_of(const struct sampled *sampled)
{
    uint64_t bytes = sampled->bytes;
    for (int i = 0; i < sampled->argc; i++) bytes += sampled->argv[i].len;
    return bytes;
}

static void add(struct loop *loop, const struct sampled *sampled)
{
    unsigned keys = 0;
    struct hot_sample sample = {
        .db = sampled->db,
        .writes = (sampled->command->flags & CMD_WRITE) != 0,
        .bytes = bytes_of(sampled),
    };
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    for (; key_next(&walk); keys++) {
        struct key key = keyspace_key(loop->server->keyspace, sampled->argv[walk.arg]);
        sample.name = key.name;
        sample.hash = key.hash | 1;
        hot_keys_add(loop->server->hot_keys, loop->index, &sample);
    }
    if (keys > 0) add_hits(loop, sampled, keys);
}

/* True: the command that has just ended is the sample. */
static bool is_sample(struct loop *loop)
{
    if (loop->samples_next) return true;
    loop->samples_next = true;
    loop->commands_to_sample = 1;
    sampling_look(loop);
    return false;
}

static void end_sample(struct loop *loop)
{
    wait_for_next(loop);
    if (loop->samples_next) sampling_look(loop);
}

__attribute__((noinline, cold)) void sampling_take(struct call *call)
{
    struct loop *loop = call->loop;
    if (!is_sample(loop)) return;
    size_t written = call->reply->out->len;
    struct sampled sampled = {
        .command = call->command,
        .argv = call->argv,
        .argc = call->argc,
        .db = call->db,
        .bytes = written > call->start ? written - call->start : 0,
        .hits = counter_get(&loop->counters.hits) - loop->hits_so_far,
        .misses = counter_get(&loop->counters.misses) - loop->misses_so_far,
    };
    add(loop, &sampled);
    end_sample(loop);
}

void sampling_count_sent(struct loop *loop, const struct sampled *sampled)
{
    if (--loop->commands_to_sample > 0 || !is_sample(loop)) return;
    add(loop, sampled);
    end_sample(loop);
}
