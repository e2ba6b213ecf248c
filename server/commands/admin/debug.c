/*
 * DEBUG: what the test suites of clients use to bring a server into a state that is hard to come by.
 *
 * To COMMAND it is one command without subcommands, as in Redis, so they are told apart here. What Redis does
 * not know, it does not know: JMAP, say, is refused in its words.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/commands/admin/debug_object.h"
#include "server/commands/admin/debug_protocol.h"
#include "server/commands/admin/debug_reload.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/config/settings.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/gates/permission.h"
#include "server/exec/session/delay.h"
#include "server/memory/sweep.h"
#include "server/net/connection.h"
#include "server/observe/log.h"
#include "server/observe/run.h"
#include "storage/shard/shard.h"

#define NS_PER_MS 1000000

/* Seconds as strtod() reads them, which makes 0 of what is no number. */
static int64_t read_seconds_as_ms(struct slice text)
{
    char *copy = alloc_cstr(text.data, text.len);
    double ms = strtod(copy, NULL) * 1000;
    alloc_free(copy);
    if (!(ms > 0)) return 0;
    return ms < (double)INT64_MAX ? (int64_t)ms : INT64_MAX;
}

/* Redis sleeps as a whole. Here only the client that asked does; who asks for it in order to have a slow
 * command to look at finds it in the slow log, the latency monitor and the statistics all the same. */
static void fall_asleep(struct call *call)
{
    int64_t ms = read_seconds_as_ms(call->argv[2]);
    if (ms == 0) {
        reply_ok(call->reply);
        return;
    }
    call->asleep_ns = ms < INT64_MAX / NS_PER_MS ? (uint64_t)ms * NS_PER_MS : INT64_MAX;
    delay_reply(call, ms, reply_ok);
}

static void set_active_expire(struct call *call)
{
    char *text = alloc_cstr(call->argv[2].data, call->argv[2].len);
    sweep_stop(call->server, atoi(text) == 0);
    alloc_free(text);
    reply_ok(call->reply);
}

struct populace {
    int64_t count;
    struct slice prefix;
    int64_t value_bytes; /* -1: as long as its text */
};

/* Zero or more, and no more than `most`. */
static bool read_size(struct call *call, int arg, int64_t most, int64_t *size)
{
    if (call_arg_int_or(call, arg, size, SLICE(ERR_NOT_POSITIVE)) && *size >= 0 && *size <= most) return true;
    if (call->reply->errors == 0) reply_error(call->reply, SLICE(ERR_NOT_POSITIVE));
    return false;
}

static bool read_populace(struct call *call, struct populace *populace)
{
    *populace = (struct populace){ .prefix = SLICE("key"), .value_bytes = -1 };
    if (!read_size(call, 2, INT64_MAX, &populace->count)) return false;
    if (call->argc > 3) populace->prefix = call->argv[3];
    int64_t longest = SETTING(call_settings(call), proto_max_bulk_len);
    return call->argc <= 4 || read_size(call, 4, longest, &populace->value_bytes);
}

/* "value:7", cut or filled with zeros to the wanted length. */
static void write_value(struct buffer *value, int64_t number, int64_t wanted_bytes)
{
    value->len = 0;
    buffer_printf(value, "value:%lld", (long long)number);
    if (wanted_bytes < 0) return;
    size_t wanted = (size_t)wanted_bytes;
    if (value->len < wanted) memset(buffer_reserve(value, wanted - value->len), 0, wanted - value->len);
    value->len = wanted;
}

/* Keys that are there already stay as they are. */
static void add_key(struct call *call, struct slice name, struct slice value)
{
    struct key key = keyspace_key(call->access.keyspace, name);
    struct shard *shard = access_shard(&call->access, key.hash);
    if (shard_find(shard, call->db, key, call->now_ms) != NULL) return;
    shard_put_string(shard, call->db, key, NULL, value, ENTRY_NO_DEADLINE);
    call_changed_key(call, key, EVENT_SILENT);
}

static void populate(struct call *call)
{
    struct populace populace;
    if (!read_populace(call, &populace)) return;
    struct buffer name = { 0 }, value = { 0 };
    for (int64_t i = 0; i < populace.count; i++) {
        name.len = 0;
        buffer_append(&name, populace.prefix.data, populace.prefix.len);
        buffer_printf(&name, ":%lld", (long long)i);
        write_value(&value, i, populace.value_bytes);
        add_key(call, buffer_slice(&name), buffer_slice(&value));
    }
    buffer_clear(&name);
    buffer_clear(&value);
    reply_ok(call->reply);
}

static void change_replication_id(struct call *call)
{
    log_write(LOG_LEVEL_WARNING, "Changing replication IDs after receiving DEBUG change-repl-id");
    run_draw_replication_id(call->server->run);
    reply_ok(call->reply);
}

static void log_message(struct call *call)
{
    log_write(LOG_LEVEL_WARNING, "DEBUG LOG: %.*s", (int)call->argv[2].len, call->argv[2].data);
    reply_ok(call->reply);
}

static void reply_given_error(struct call *call)
{
    reply_error(call->reply, call->argv[2]);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "CHANGE-REPL-ID",
        "    Draw a new replication id.",
        "ERROR <string>",
        "    Reply this error.",
        "LISTPACK <key>",
        "    Whether the value is kept as one packed block.",
        "LOG <message>",
        "    Write to the server's log.",
        "OBJECT <key>",
        "    How a key and its value are kept.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Add <count> strings, <prefix>:0 and so on, with values of <size> bytes.",
        "PROTOCOL <type>",
        "    Reply something of this type: string, integer, double, bignum, null, array, set,",
        "    map, attrib, push, verbatim, true or false.",
        "QUICKLIST <key> [<0|1>]",
        "    Whether the value is a list of several blocks.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    Taken, and without effect: blocks are cut by their own rule.",
        "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
        "    Turn every value into what a file would have of it, and back.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Whether expired keys are removed before somebody comes across them.",
        "SLEEP <seconds>",
        "    Answer after that time. Other clients do not wait.",
        NULL,
    };
    help_reply(call, lines);
}

struct subcommand {
    const char *name;
    int min_argc;
    int max_argc;
    void (*run)(struct call *call);
};

static const struct subcommand subcommands[] = {
    { "help", 2, 2, help },
    { "sleep", 3, 3, fall_asleep },
    { "set-active-expire", 3, 3, set_active_expire },
    { "object", 3, 3, debug_object },
    { "listpack", 3, 3, debug_listpack },
    { "quicklist", 3, 4, debug_quicklist },
    { "quicklist-packed-threshold", 3, 3, debug_packed_threshold },
    { "populate", 3, 5, populate },
    { "protocol", 3, 3, debug_protocol },
    { "reload", 2, 5, debug_reload },
    { "change-repl-id", 2, 2, change_replication_id },
    { "error", 3, 3, reply_given_error },
    { "log", 3, 3, log_message },
};

static const struct subcommand *find(const struct call *call)
{
    for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        const struct subcommand *sub = &subcommands[i];
        if (!call_arg_is(call, 1, sub->name)) continue;
        return call->argc >= sub->min_argc && call->argc <= sub->max_argc ? sub : NULL;
    }
    return NULL;
}

static void debug(struct call *call)
{
    const struct subcommand *sub = find(call);
    if (!permission_to_debug(call))
        reply_error(call->reply, SLICE(ERR_DEBUG_FORBIDDEN));
    else if (sub == NULL)
        refuse_subcommand_arguments(call, call->command);
    else
        sub->run(call);
}

const struct command debug_commands[] = {
    { "debug", debug, .syntax = "subcommand [arg ...]",
      .flags = CMD_APART | CMD_ADMIN | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_ALL_SHARDS | CMD_SYSTEM,
      .group = "server", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "1.0.0",
      .cost = "Depends on the subcommand", .reply = "depends on the subcommand",
      .summary = "For tests of clients; see enable-debug-command." },
    { 0 },
};
