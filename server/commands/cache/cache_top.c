/*
 * CACHE TOP: what is asked for most, what is big, who uses the memory.
 */
#include <string.h>

#include "proto/base/alloc.h"
#include "server/commands/cache/cache.h"
#include "server/commands/cache/cache_words.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/walk/asking.h"
#include "server/events/walk/tally.h"
#include "server/exec/acl/call_rights.h"
#include "server/exec/acl/selector.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/executor.h"
#include "server/exec/session/session.h"
#include "server/observe/hot_keys.h"
#include "server/observe/keys/prefix_hits.h"

#define COUNT_PRESET 10

/* What is told, also to one who had to wait for it. */
struct top {
    const struct command_info *command;
    void (*tell)(struct call *call, int64_t count);
    int64_t count;
};

struct top_options {
    int64_t count;
    bool resets;
};

static bool read_count(struct call *call, int arg, int64_t *count)
{
    if (arg < call->argc) return call_arg_int(call, arg, count);
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

static bool read_options(struct call *call, struct top_options *options)
{
    static const char *const all[] = { "count", "reset", NULL }, *const of_big[] = { "count", NULL };
    struct cache_words words = { .words = call_arg_is(call, 2, "BIG") ? of_big : all };
    *options = (struct top_options){ .count = COUNT_PRESET };
    for (int arg = 3; arg < call->argc; arg++) {
        int word = cache_words_take(&words, call, arg);
        if (word < 0) return false;
        options->resets |= word == 1;
        if (word == 0 && !read_count(call, ++arg, &options->count)) return false;
    }
    if (options->count >= 1) return true;
    reply_error(call->reply, SLICE("ERR COUNT must be greater than 0"));
    return false;
}

struct number {
    struct slice name;
    uint64_t value;
};

static void reply_numbers(struct reply *reply, const struct number *numbers, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        reply_bulk(reply, numbers[i].name);
        reply_int(reply, (int64_t)numbers[i].value);
    }
}

static void reply_text(struct reply *reply, struct slice name, struct slice text)
{
    reply_bulk(reply, name);
    reply_bulk(reply, text);
}

static void reply_hot_key(struct reply *reply, const struct hot_key *key)
{
    const struct number numbers[] = {
        { SLICE("db"), key->db },       { SLICE("ops"), key->count },     { SLICE("error"), key->error },
        { SLICE("reads"), key->reads }, { SLICE("writes"), key->writes }, { SLICE("bytes"), key->bytes },
    };
    size_t len = sizeof numbers / sizeof *numbers;
    reply_map(reply, 1 + len);
    reply_text(reply, SLICE("key"), slice_of(key->name, key->len));
    reply_numbers(reply, numbers, len);
}

/* Of a name that was cut nobody knows whether a pattern fits its end. */
static bool may_see_hot(const struct call *call, const struct hot_key *key)
{
    if (key->is_cut) return call_may_reach_all(call, RIGHT_READ);
    return call_may_reach(call, slice_of(key->name, key->len), RIGHT_READ);
}

/* Names that the user could not read are none of its business. */
static void tell_hot(struct call *call, int64_t count)
{
    struct hot_key keys[HOT_KEYS];
    size_t len = hot_keys_top(call->server->hot_keys, keys, HOT_KEYS);
    struct reply_mark mark = reply_open(call->reply);
    size_t shown = 0;
    for (size_t i = 0; i < len && shown < (size_t)count; i++) {
        if (!may_see_hot(call, &keys[i])) continue;
        reply_hot_key(call->reply, &keys[i]);
        shown++;
    }
    reply_close_array(call->reply, mark, shown);
}

static void reply_big_key(struct reply *reply, struct slice name, const struct tally_key *key)
{
    const struct number numbers[] = { { SLICE("bytes"), key->bytes },
                                      { SLICE("length"), key->length },
                                      { SLICE("db"), key->db } };
    size_t len = sizeof numbers / sizeof *numbers;
    reply_map(reply, 2 + len);
    reply_text(reply, SLICE("key"), name);
    reply_text(reply, SLICE("type"), slice_of_cstr(key->type));
    reply_numbers(reply, numbers, len);
}

static void tell_big(struct call *call, int64_t count)
{
    struct tally_big big;
    tally_list_big(call->server, call->now_ms, &big);
    struct reply_mark mark = reply_open(call->reply);
    size_t shown = 0;
    for (size_t i = 0; i < big.len && shown < (size_t)count; i++) {
        struct slice name = tally_big_name(&big, i);
        if (!call_may_reach(call, name, RIGHT_READ)) continue;
        reply_big_key(call->reply, name, &big.keys[i]);
        shown++;
    }
    reply_close_array(call->reply, mark, shown);
    tally_big_clear(&big);
}

static void reply_prefix(struct reply *reply, struct slice name, const struct tally_prefix *prefix)
{
    const struct number numbers[] = { { SLICE("keys"), prefix->keys },
                                      { SLICE("bytes"), prefix->bytes },
                                      { SLICE("hits"), prefix->hits },
                                      { SLICE("misses"), prefix->misses } };
    size_t len = sizeof numbers / sizeof *numbers;
    reply_map(reply, 1 + len);
    reply_text(reply, SLICE("prefix"), name);
    reply_numbers(reply, numbers, len);
}

/* To one who could read keys that begin so. Keys without a prefix are of any name, and a longest prefix may
 * be one that was cut. */
static bool may_see(const struct call *call, const struct prefix_rule *rule,
                    const struct tally_prefix *prefix)
{
    if (prefix->len == 0 || prefix->len == PREFIX_NAME_MAX) return call_may_reach_all(call, RIGHT_READ);
    char name[PREFIX_NAME_MAX + PREFIX_DELIMITER_MAX];
    memcpy(name, prefix->name, prefix->len);
    memcpy(name + prefix->len, rule->delimiter, rule->len);
    return call_may_reach(call, slice_of(name, prefix->len + rule->len), RIGHT_READ);
}

static void take_off(struct tally_prefix *rest, const struct tally_prefix *shown)
{
    rest->keys -= shown->keys;
    rest->bytes -= shown->bytes;
    rest->hits -= shown->hits < rest->hits ? shown->hits : rest->hits;
    rest->misses -= shown->misses < rest->misses ? shown->misses : rest->misses;
}

static void tell_prefixes(struct call *call, int64_t count)
{
    struct tally_prefixes *prefixes = ALLOC_NEW(struct tally_prefixes);
    tally_list_prefixes(call->server, prefixes);
    struct tally_prefix rest = prefixes->all;
    struct reply_mark mark = reply_open(call->reply);
    size_t shown = 0;
    for (size_t i = 0; i < prefixes->len && shown < (size_t)count; i++) {
        const struct tally_prefix *prefix = &prefixes->rows[i];
        if (!may_see(call, &prefixes->rule, prefix)) continue;
        reply_prefix(call->reply, slice_of(prefix->name, prefix->len), prefix);
        take_off(&rest, prefix);
        shown++;
    }
    bool is_rest = (rest.keys | rest.bytes | rest.hits | rest.misses) != 0;
    if (is_rest && call_may_reach_all(call, RIGHT_READ)) {
        reply_prefix(call->reply, SLICE("(other)"), &rest);
        shown++;
    }
    reply_close_array(call->reply, mark, shown);
    alloc_free(prefixes);
}

/* As the call that asked would tell it now: its words say what its user may do. */
static void tell_late(struct session *session, struct reply *reply, void *context)
{
    const struct top *top = context;
    const struct slice words[] = { SLICE("cache"), SLICE("top") };
    struct call call = executor_call(session, reply, words, 2);
    call.command = top->command;
    top->tell(&call, top->count);
}

/* Of all keys: of the last round of the walk, unless that was long ago. */
static void tell_tallied(struct call *call, const struct top *top)
{
    if (tally_is_old(call->server->tally, call->now_ms))
        asking_start(call, tell_late, top, sizeof *top);
    else
        top->tell(call, top->count);
}

static void reset(struct call *call)
{
    if (call_arg_is(call, 2, "HOT"))
        hot_keys_reset(call->server->hot_keys);
    else
        prefix_hits_reset(call->server->prefix_hits);
}

void cache_top(struct call *call)
{
    struct top_options options;
    struct top top = { .command = call->command };
    if (call_arg_is(call, 2, "HOT"))
        top.tell = tell_hot;
    else if (call_arg_is(call, 2, "BIG"))
        top.tell = tell_big;
    else if (call_arg_is(call, 2, "PREFIX"))
        top.tell = tell_prefixes;
    if (top.tell == NULL) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    if (!read_options(call, &options)) return;
    top.count = options.count;
    if (top.tell == tell_hot)
        tell_hot(call, top.count);
    else
        tell_tallied(call, &top);
    if (options.resets) reset(call);
}
