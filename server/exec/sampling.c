#include "server/exec/sampling.h"

#include "server/core/server.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/session/session.h"
#include "server/observe/hot_keys.h"
#include "server/observe/keys/key_window.h"
#include "server/observe/keys/prefix_hits.h"
#include "storage/keyspace/keyspace.h"

void sampling_look(struct loop *loop)
{
    loop->hits_so_far = counter_get(&loop->counters.hits);
    loop->misses_so_far = counter_get(&loop->counters.misses);
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

/* Whether it has keys at all is asked first: most commands that have none are short. */
static unsigned keys_of(const struct sampled *sampled)
{
    unsigned keys = 0;
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    while (key_next(&walk)) keys++;
    return keys;
}

static void add_hot(struct loop *loop, const struct sampled *sampled, unsigned keys)
{
    struct hot_sample sample = {
        .db = sampled->db,
        .writes = (sampled->command->flags & CMD_WRITE) != 0,
        .bytes = bytes_of(sampled),
    };
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    while (key_next(&walk)) {
        struct key key = keyspace_key(loop->server->keyspace, sampled->argv[walk.arg]);
        sample.name = key.name;
        sample.hash = key.hash | 1;
        hot_keys_add(loop->server->hot_keys, loop->index, &sample);
    }
    add_hits(loop, sampled, keys);
}

/* Of a line of RESP that says how long what follows is. */
static uint64_t header_bytes(uint64_t len)
{
    uint64_t bytes = sizeof("$0\r\n") - 1;
    while ((len /= 10) > 0) bytes++;
    return bytes;
}

/* As they go over the wire. */
static uint64_t wire_bytes_of(const struct sampled *sampled)
{
    uint64_t bytes = bytes_of(sampled) + header_bytes((uint64_t)sampled->argc);
    for (int i = 0; i < sampled->argc; i++) bytes += header_bytes(sampled->argv[i].len) + 2;
    return bytes;
}

/* What it took its keys share. What a script says itself is in what the script took. */
static void add_to_window(struct loop *loop, const struct sampled *sampled, unsigned keys)
{
    if (sampled->is_script_s) return;
    uint64_t bytes = wire_bytes_of(sampled);
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    for (unsigned i = 0; key_next(&walk); i++) {
        struct key key = keyspace_key(loop->server->keyspace, sampled->argv[walk.arg]);
        key_window_add(loop->server->key_window, loop->index, key.name, key.hash, part(sampled->ns, i, keys),
                       part(bytes, i, keys));
    }
}

/* Uniform between 1 and what gives the mean. */
static int32_t window_distance(struct loop *loop, uint32_t ratio)
{
    uint32_t distance = hot_keys_draw(loop->server->hot_keys, loop->index, 2 * (uint64_t)ratio - 1);
    return (int32_t)(1 + distance);
}

static bool is_hot(struct loop *loop, int32_t passed)
{
    loop->commands_to_hot -= passed;
    if (loop->commands_to_hot > 0) return false;
    loop->commands_to_hot = (int32_t)hot_keys_distance(loop->server->hot_keys, loop->index);
    return true;
}

static bool is_in_window(struct loop *loop, int32_t passed, uint32_t ratio)
{
    if (ratio == 0) {
        loop->commands_to_window = 0;
        return false;
    }
    if (loop->commands_to_window <= 0) loop->commands_to_window = window_distance(loop, ratio);
    loop->commands_to_window -= passed;
    return loop->commands_to_window <= 0;
}

/* Before a hot sample the end of the command in front of it. */
static void wait_for_next(struct loop *loop, uint32_t ratio)
{
    int32_t next = loop->commands_to_hot > 1 ? loop->commands_to_hot - 1 : 1;
    if (ratio != 0 && loop->commands_to_window <= 0) loop->commands_to_window = window_distance(loop, ratio);
    if (ratio != 0 && loop->commands_to_window < next) next = loop->commands_to_window;
    loop->commands_to_sample = loop->commands_drawn = next;
    sampling_look(loop);
}

static int32_t passed(const struct loop *loop)
{
    int32_t count = loop->commands_drawn - loop->commands_to_sample;
    return count > 0 ? count : 1;
}

static void look_at(struct loop *loop, const struct sampled *sampled)
{
    int32_t count = passed(loop);
    uint32_t ratio = key_window_ratio(loop->server->key_window);
    bool hot = is_hot(loop, count), in_window = is_in_window(loop, count, ratio);
    unsigned keys = hot || in_window ? keys_of(sampled) : 0;
    if (hot && keys > 0) add_hot(loop, sampled, keys);
    if (in_window && keys > 0) add_to_window(loop, sampled, keys);
    wait_for_next(loop, ratio);
}

__attribute__((noinline, cold)) void sampling_take(struct call *call, uint64_t ns)
{
    struct loop *loop = call->loop;
    size_t written = call->reply->out->len;
    look_at(loop, &(struct sampled){ .command = call->command,
                                     .argv = call->argv,
                                     .argc = call->argc,
                                     .db = call->db,
                                     .bytes = written > call->start ? written - call->start : 0,
                                     .ns = ns,
                                     .is_script_s = call->session->in_script,
                                     .hits = counter_get(&loop->counters.hits) - loop->hits_so_far,
                                     .misses = counter_get(&loop->counters.misses) - loop->misses_so_far });
}

void sampling_count_sent(struct loop *loop, const struct sampled *sampled)
{
    if (--loop->commands_to_sample <= 0) look_at(loop, sampled);
}

void sampling_hasten(struct loop *loop)
{
    loop->commands_to_window = 0;
    if (loop->commands_to_sample <= 1) return;
    loop->commands_drawn -= loop->commands_to_sample - 1;
    loop->commands_to_sample = 1;
}
