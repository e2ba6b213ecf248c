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

static uint64_t bytes_of(const struct sampled *sampled)
{
    uint64_t bytes = sampled->bytes;
    for (int i = 0; i < sampled->argc; i++) bytes += sampled->argv[i].len;
    return bytes;
}

/* What nearly every command has. One that was sent with too few arguments may have none. */
static bool has_one_key(const struct sampled *sampled)
{
    return sampled->command->one_key && sampled->command->first_key < sampled->argc;
}

static unsigned keys_of(const struct sampled *sampled)
{
    if (has_one_key(sampled)) return 1;
    unsigned keys = 0;
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    while (key_next(&walk)) keys++;
    return keys;
}

/* One key of it, asked for as often as the sample stands for. */
static void add_key(struct loop *loop, struct hot_sample *sample, struct key key, uint64_t hits,
                    uint64_t misses)
{
    sample->name = key.name;
    sample->hash = key.hash;
    hot_keys_add(loop->server->hot_keys, loop->index, sample);
    if (hits + misses > 0) prefix_hits_add(loop->server->prefix_hits, loop->index, key.name, hits, misses);
}

/* Of several keys nobody knows which hit. */
static void add_keys(struct loop *loop, const struct sampled *sampled, struct hot_sample *sample,
                     unsigned keys)
{
    uint64_t hits = sampled->hits * sample->weight, misses = sampled->misses * sample->weight;
    struct key_walk walk = key_walk(sampled->command->row, sampled->argv, sampled->argc);
    for (unsigned i = 0; i < keys && key_next(&walk); i++)
        add_key(loop, sample, keyspace_key(loop->server->keyspace, sampled->argv[walk.arg]),
                part(hits, i, keys), part(misses, i, keys));
}

/* Mostly it has been hashed. */
static void add_one_key(struct loop *loop, const struct sampled *sampled, struct hot_sample *sample)
{
    struct slice name = sampled->argv[sampled->command->first_key];
    struct key key = { name, sampled->first_hash };
    if (sampled->first_hash == 0) key = keyspace_key(loop->server->keyspace, name);
    add_key(loop, sample, key, sampled->hits * sample->weight, sampled->misses * sample->weight);
}

static void add_hot(struct loop *loop, const struct sampled *sampled, unsigned keys, uint32_t weight)
{
    struct hot_sample sample = {
        .db = sampled->db,
        .writes = (sampled->command->flags & CMD_WRITE) != 0,
        .weight = weight,
        .bytes = bytes_of(sampled),
    };
    if (has_one_key(sampled))
        add_one_key(loop, sampled, &sample);
    else
        add_keys(loop, sampled, &sample, keys);
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

static bool is_in_window(struct loop *loop, int32_t passed, uint32_t ratio)
{
    if (ratio == 0) {
        loop->commands_to_window = 0;
        return false;
    }
    if (loop->commands_to_window <= 0)
        loop->commands_to_window = (int32_t)sample_pace_draw(&loop->pace, ratio);
    loop->commands_to_window -= passed;
    return loop->commands_to_window <= 0;
}

/* Before a hot sample the end of the command in front of it. */
static void wait_for_next(struct loop *loop, uint32_t ratio)
{
    int32_t next = loop->commands_to_hot > 1 ? loop->commands_to_hot - 1 : 1;
    if (ratio != 0) {
        if (loop->commands_to_window <= 0)
            loop->commands_to_window = (int32_t)sample_pace_draw(&loop->pace, ratio);
        if (loop->commands_to_window < next) next = loop->commands_to_window;
    }
    loop->commands_to_sample = loop->commands_drawn = next;
    sampling_look(loop);
}

/* One without keys is paid for as one with a key, or each of many such would be looked at. */
static void take_hot(struct loop *loop, const struct sampled *sampled, unsigned keys)
{
    if (keys > 0) add_hot(loop, sampled, keys, loop->hot_weight);
    sample_pace_spend(&loop->pace, keys > 0 ? keys : 1, loop->now_ms);
    loop->hot_weight = loop->pace.distance;
    loop->commands_to_hot = (int32_t)sample_pace_draw(&loop->pace, loop->hot_weight);
}

static void look_at(struct loop *loop, int32_t passed, const struct sampled *sampled)
{
    uint32_t ratio = key_window_ratio(loop->server->key_window);
    bool hot = loop->commands_to_hot <= 0, in_window = is_in_window(loop, passed, ratio);
    unsigned keys = 0;
    if (hot || in_window) keys = keys_of(sampled);
    if (hot) take_hot(loop, sampled, keys);
    if (in_window && keys > 0) add_to_window(loop, sampled, keys);
    wait_for_next(loop, ratio);
}

/* How many commands have ended since it was last waited for one. */
static int32_t pass(struct loop *loop)
{
    int32_t count = loop->commands_drawn - loop->commands_to_sample;
    int32_t passed = count > 0 ? count : 1;
    loop->commands_to_hot -= passed;
    return passed;
}

__attribute__((noinline, cold)) void sampling_take(struct call *call, uint64_t ns)
{
    struct loop *loop = call->loop;
    size_t written = call->reply->out->len;
    int32_t passed = pass(loop);
    if (loop->commands_to_hot > 0 && key_window_ratio(loop->server->key_window) == 0) {
        wait_for_next(loop, 0);
        return;
    }
    look_at(loop, passed,
            &(struct sampled){ .command = call->command,
                               .argv = call->argv,
                               .argc = call->argc,
                               .db = call->db,
                               .first_hash = call->first_hash,
                               .bytes = written > call->start ? written - call->start : 0,
                               .ns = ns,
                               .is_script_s = call->session->in_script,
                               .hits = counter_get(&loop->counters.hits) - loop->hits_so_far,
                               .misses = counter_get(&loop->counters.misses) - loop->misses_so_far });
}

void sampling_count_sent(struct loop *loop, const struct sampled *sampled)
{
    if (--loop->commands_to_sample <= 0) look_at(loop, pass(loop), sampled);
}

void sampling_hasten(struct loop *loop)
{
    loop->commands_to_window = 0;
    if (loop->commands_to_sample <= 1) return;
    loop->commands_drawn -= loop->commands_to_sample - 1;
    loop->commands_to_sample = 1;
}
