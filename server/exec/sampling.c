#include "server/exec/sampling.h"

#include "server/core/server.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/observe/hot_keys.h"
#include "storage/keyspace/keyspace.h"

static uint64_t bytes_of_call(const struct call *call)
{
    size_t written = call->reply->out->len;
    uint64_t bytes = written > call->start ? written - call->start : 0;
    for (int i = 0; i < call->argc; i++) bytes += call->argv[i].len;
    return bytes;
}

__attribute__((noinline, cold)) void sampling_take(struct call *call)
{
    struct hot_keys *keys = call->server->hot_keys;
    unsigned loop = call->loop->index;
    call->loop->commands_to_sample = (int32_t)hot_keys_distance(keys, loop);
    struct hot_sample sample = {
        .db = call->db,
        .writes = (call->command->flags & CMD_WRITE) != 0,
        .bytes = bytes_of_call(call),
    };
    struct key_walk walk = key_walk(call->command->row, call->argv, call->argc);
    while (key_next(&walk)) {
        struct key key = call_key(call, walk.arg);
        sample.name = key.name;
        sample.hash = key.hash | 1;
        hot_keys_add(keys, loop, &sample);
    }
}
