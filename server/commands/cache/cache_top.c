/*
 * CACHE TOP: what is asked for most.
 */
#include "server/commands/cache/cache.h"
#include "server/core/server.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/session.h"
#include "server/observe/hot_keys.h"

#define COUNT_PRESET 10

struct top_options {
    int64_t count;
    bool resets;
};

static bool read_options(struct call *call, struct top_options *options)
{
    *options = (struct top_options){ .count = COUNT_PRESET };
    for (int i = 3; i < call->argc; i++) {
        if (call_arg_is(call, i, "RESET")) {
            options->resets = true;
        } else if (call_arg_is(call, i, "COUNT") && i + 1 < call->argc) {
            if (!call_arg_int(call, ++i, &options->count)) return false;
        } else {
            reply_error(call->reply, SLICE(ERR_SYNTAX));
            return false;
        }
    }
    if (options->count >= 1) return true;
    reply_error(call->reply, SLICE("ERR COUNT must be greater than 0"));
    return false;
}

static void reply_key(struct call *call, const struct hot_key *key)
{
    reply_map(call->reply, 7);
    reply_bulk(call->reply, SLICE("key"));
    reply_bulk(call->reply, slice_of(key->name, key->len));
    const struct {
        struct slice name;
        uint64_t value;
    } numbers[] = {
        { SLICE("db"), key->db },       { SLICE("ops"), key->count },     { SLICE("error"), key->error },
        { SLICE("reads"), key->reads }, { SLICE("writes"), key->writes }, { SLICE("bytes"), key->bytes },
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        reply_bulk(call->reply, numbers[i].name);
        reply_int(call->reply, (int64_t)numbers[i].value);
    }
}

/* Names that the user could not read are none of its business. */
static void reply_hot(struct call *call, int64_t count)
{
    struct hot_key keys[HOT_KEYS];
    size_t len = hot_keys_top(call->server->hot_keys, keys, HOT_KEYS);
    struct reply_mark mark = reply_open(call->reply);
    size_t shown = 0;
    for (size_t i = 0; i < len && shown < (size_t)count; i++) {
        if (!call_may_reach(call, slice_of(keys[i].name, keys[i].len), RIGHT_READ)) continue;
        reply_key(call, &keys[i]);
        shown++;
    }
    reply_close_array(call->reply, mark, shown);
}

void cache_top(struct call *call)
{
    struct top_options options;
    if (!call_arg_is(call, 2, "HOT")) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    if (!read_options(call, &options)) return;
    reply_hot(call, options.count);
    if (options.resets) hot_keys_reset(call->server->hot_keys);
}
