/*
 * Commands about the server and its databases as a whole.
 */
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/alloc.h"
#include "proto/reply.h"
#include "server/commands/catalog/families.h"
#include "server/core/burials.h"
#include "server/core/clock.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/changes.h"
#include "server/events/dealing.h"
#include "server/exec/aftermath.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/session/delay.h"
#include "server/exec/session/session.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard.h"

static void dbsize(struct call *call)
{
    reply_int(call->reply, (int64_t)keyspace_len(call->server->keyspace, call->db));
}

/* SYNC and ASYNC are both accepted and both mean that the memory is freed behind the reply: holding every
 * client up until it is done serves nobody. False: an error has been replied. */
static bool read_flush_mode(struct call *call)
{
    if (call->argc == 1) return true;
    if (call->argc == 2 && (call_arg_is(call, 1, "SYNC") || call_arg_is(call, 1, "ASYNC"))) return true;
    reply_error(call->reply, SLICE(ERR_SYNTAX));
    return false;
}

/* What was emptied. */
struct debris {
    struct aftermath aftermath;
    struct graveyard *graveyard;
};

static void bury(struct loop *loop, struct aftermath *aftermath)
{
    struct debris *debris = (struct debris *)aftermath;
    burials_add(loop->server->burials, debris->graveyard);
    alloc_free(debris);
}

/* Empties the databases from `from` to before `to`. What they held is buried once the shards are open to
 * others again: handing it over is a call of the kernel. Returns how many keys there were. */
static size_t empty(struct call *call, unsigned from, unsigned to)
{
    struct keyspace *keyspace = call->access.keyspace;
    const struct database_set *used = keyspace_used_databases(keyspace);
    struct debris *debris = ALLOC_NEW(struct debris);
    for (unsigned db = database_set_next(used, from); db < to; db = database_set_next(used, db + 1))
        for (unsigned i = 0; i < keyspace_shards(keyspace); i++)
            shard_empty(access_shard_at(&call->access, i), db, &debris->graveyard);
    debris->aftermath.run = bury;
    aftermath_leave(call->loop, &debris->aftermath);
    return graveyard_len(debris->graveyard);
}

static void tell(struct call *call, struct flush flush)
{
    flush.access = &call->access;
    flush.now_ms = call->now_ms;
    flush.origin = call->session->id;
    dealing_on_flush(call->loop, &flush);
}

static void flushdb(struct call *call)
{
    if (!read_flush_mode(call)) return;
    tell(call, (struct flush){ .kind = FLUSH_DATABASE, .db = call->db });
    call_changed_databases(call, empty(call, call->db, call->db + 1));
    reply_ok(call->reply);
}

static void flushall(struct call *call)
{
    if (!read_flush_mode(call)) return;
    tell(call, (struct flush){ .kind = FLUSH_ALL });
    call_changed_databases(call, empty(call, 0, keyspace_databases(call->access.keyspace)));
    reply_ok(call->reply);
}

static bool read_db(struct call *call, int arg, int64_t *db, struct slice error)
{
    if (!call_arg_int_or(call, arg, db, error)) return false;
    if (*db >= INT_MIN && *db <= INT_MAX) return true;
    reply_error(call->reply, error);
    return false;
}

static void swapdb(struct call *call)
{
    int64_t a, b;
    if (!read_db(call, 1, &a, SLICE(ERR_SWAP_FIRST_DB))) return;
    if (!read_db(call, 2, &b, SLICE(ERR_SWAP_SECOND_DB))) return;
    int64_t databases = keyspace_databases(call->access.keyspace);
    if (a < 0 || a >= databases || b < 0 || b >= databases) {
        reply_error(call->reply, SLICE(ERR_DB_RANGE));
        return;
    }
    for (unsigned i = 0; a != b && i < keyspace_shards(call->access.keyspace); i++) {
        shard_swap(access_shard_at(&call->access, i), (unsigned)a, (unsigned)b);
    }
    if (a != b) tell(call, (struct flush){ .kind = FLUSH_SWAP, .db = (unsigned)a, .other_db = (unsigned)b });
    call_changed_databases(call, 0);
    reply_ok(call->reply);
}

/* The one handler that reads the clock: it is asked for microseconds, and a turn's time is in milliseconds.
 */
static void time_now(struct call *call)
{
    const struct clock *clock = &call->server->clock;
    int64_t now_us = clock->now_us(clock->context);
    reply_array(call->reply, 2);
    reply_bulk_int(call->reply, now_us / 1000000);
    reply_bulk_int(call->reply, now_us % 1000000);
}

/* The pieces of art that Redis has for versions 5 and 6 take numbers; ours takes none, but what would be
 * refused there is refused here. */
static bool read_lolwut(struct call *call)
{
    if (call->argc < 3 || !call_arg_is(call, 1, "VERSION")) return true;
    int64_t version, number;
    if (!call_arg_int(call, 2, &version)) return false;
    int numbers = version == 5 ? 3 : version == 6 ? 2 : 0;
    for (int i = 3; i < call->argc && i < 3 + numbers; i++) {
        if (!call_arg_int(call, i, &number)) return false;
    }
    return true;
}

/* A nuthatch, head down on a trunk as is its habit, on the way to a seed. */
static void lolwut(struct call *call)
{
    if (!read_lolwut(call)) return;
    reply_verbatim(call->reply, "txt",
                   SLICE("  |  |\n"
                         "  |  |  //\n"
                         "  |  |_//'.\n"
                         "  | /  /   \\\n"
                         "  | |  |   |\n"
                         "  |_\\_ '.  /\n"
                         "  |  _/  '(_\n"
                         "  |  (  -o- >\n"
                         "  |   '-.__/\n"
                         "  |     o\n"
                         "\n"
                         "Redis ver. " SERVER_REDIS_VERSION ", nuthatch " NUTHATCH_VERSION "\n"));
}

static void reply_none(struct reply *reply)
{
    reply_int(reply, 0);
}

/* Nothing is replicated, so no number above zero is ever reached and the timeout is waited for, but
 * not inside of EXEC. */
static void wait_for_replicas(struct call *call)
{
    int64_t replicas, timeout_ms;
    if (!call_arg_int(call, 1, &replicas)) return;
    if (!call_arg_int_or(call, 2, &timeout_ms, SLICE(ERR_TIMEOUT_NOT_INTEGER))) return;
    if (timeout_ms < 0) {
        reply_error(call->reply, SLICE(ERR_TIMEOUT_NEGATIVE));
        return;
    }
    if (replicas <= 0 || call->session->executing)
        reply_none(call->reply);
    else
        delay_reply(call, timeout_ms > 0 ? timeout_ms : DELAY_FOR_EVER, reply_none);
}

#define SERVER_GROUP .group = "server"
#define ALL_SUCCEED  "request_policy:all_shards response_policy:all_succeeded"

const struct command server_commands[] = {
    { "dbsize", dbsize, .syntax = "", .flags = CMD_READONLY | CMD_FAST, .categories = ACL_KEYSPACE,
      SERVER_GROUP, .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Count the keys of the selected database.",
      .tips = "request_policy:all_shards response_policy:agg_sum" },
    { "flushall", flushall, .syntax = "[ASYNC | SYNC]", .flags = CMD_WRITE | CMD_ALL_SHARDS,
      .categories = ACL_KEYSPACE | ACL_DANGEROUS, SERVER_GROUP, .tier = TIER_WRITE | TIER_FLUSHES,
      .since = "1.0.0", .cost = "O(1) for the caller, memory is freed in the background", .reply = "OK",
      .summary = "Remove all keys of all databases.", .tips = ALL_SUCCEED },
    { "flushdb", flushdb, .syntax = "[ASYNC | SYNC]", .flags = CMD_WRITE | CMD_ALL_SHARDS,
      .categories = ACL_KEYSPACE | ACL_DANGEROUS, SERVER_GROUP, .tier = TIER_WRITE | TIER_FLUSHES,
      .since = "1.0.0", .cost = "O(1) for the caller, memory is freed in the background", .reply = "OK",
      .summary = "Remove all keys of the selected database.", .tips = ALL_SUCCEED },
    { "lolwut", lolwut, .syntax = "[VERSION version]", .flags = CMD_READONLY | CMD_FAST, SERVER_GROUP,
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "5.0.0", .reply = "verbatim string",
      .summary = "Draw a picture and tell the version." },
    { "swapdb", swapdb, .syntax = "index1 index2", .databases = { .first = 1, .last = 2 },
      .flags = CMD_WRITE | CMD_FAST | CMD_ALL_SHARDS, .categories = ACL_KEYSPACE | ACL_DANGEROUS,
      SERVER_GROUP, .tier = TIER_WRITE | TIER_FLUSHES, .since = "4.0.0", .cost = "O(1)", .reply = "OK",
      .summary = "Exchange the contents of two databases." },
    { "time", time_now, .syntax = "", .flags = CMD_LOADING | CMD_STALE | CMD_FAST, SERVER_GROUP,
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.6.0", .cost = "O(1)",
      .reply = "array: seconds, microseconds", .summary = "Tell the time of the server.",
      .tips = "nondeterministic_output" },
    { "wait", wait_for_replicas, .syntax = "numreplicas timeout", .flags = CMD_NOSCRIPT,
      .categories = ACL_CONNECTION, .group = "generic", .tier = TIER_PASS | TIER_RUNS_ALONE,
      .kind = KIND_BLOCK, .since = "3.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Wait for replicas to acknowledge earlier writes. There are none, so until the timeout.",
      .tips = "request_policy:all_shards response_policy:agg_min" },
    { 0 },
};
