/*
 * NEARCACHE: what the near cache knows, and how to make it forget.
 */
#include <stdatomic.h>
#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/glob.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/report/nearcache_report.h"
#include "server/upstream/copies/copies.h"
#include "server/upstream/tier.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard.h"

static bool has_upstream(struct call *call)
{
    if (call->server->tier != NULL) return true;
    reply_error(call->reply, SLICE(ERR_NO_UPSTREAM));
    return false;
}

static void status(struct call *call)
{
    struct buffer out = { 0 };
    nearcache_report(call->server, &out);
    reply_verbatim(call->reply, "txt", buffer_slice(&out));
    buffer_clear(&out);
}

static void why(struct call *call)
{
    if (!has_upstream(call)) return;
    struct buffer out = { 0 };
    nearcache_explain(call, 2, &out);
    reply_bulk(call->reply, buffer_slice(&out));
    buffer_clear(&out);
}

static void reset(struct call *call)
{
    if (!has_upstream(call)) return;
    nearcache_reset(call);
    reply_ok(call->reply);
}

/* Names that match, copied out: what is found in a shard may move when another entry goes. */
struct matches {
    struct slice pattern;
    struct buffer names; /* each with its length before it */
};

static void collect(void *context, struct entry *entry)
{
    struct matches *matches = context;
    struct slice name = entry_key(entry);
    if (!glob_match(matches->pattern, name)) return;
    buffer_append(&matches->names, &name.len, sizeof(name.len));
    buffer_append(&matches->names, name.data, name.len);
}

static void collect_all(struct call *call, struct matches *matches)
{
    struct keyspace *keyspace = call->server->keyspace;
    for (unsigned i = 0; i < keyspace_shards(keyspace); i++)
        DATABASE_SET_EACH(keyspace_used_databases(keyspace), db)
        {
            uint64_t cursor = 0;
            do cursor = shard_each_known(access_shard_at(&call->access, i), db, cursor, collect, matches);
            while (cursor != 0);
        }
    call_leave_keys(call);
}

static int64_t drop_all(struct call *call, const struct matches *matches)
{
    int64_t dropped = 0;
    for (size_t at = 0; at < matches->names.len;) {
        size_t len;
        memcpy(&len, matches->names.data + at, sizeof(len));
        struct slice name = slice_of(matches->names.data + at + sizeof(len), len);
        dropped += copies_drop(tier_copies(call->server->tier), keyspace_key(call->server->keyspace, name));
        at += sizeof(len) + len;
    }
    return dropped;
}

static void flush(struct call *call)
{
    if (!has_upstream(call)) return;
    if (call->argc == 2) {
        call_leave_keys(call);
        copies_flush(tier_copies(call->server->tier));
        reply_ok(call->reply);
        return;
    }
    struct matches matches = { .pattern = call->argv[2] };
    collect_all(call, &matches);
    reply_int(call->reply, drop_all(call, &matches));
    buffer_clear(&matches.names);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "STATUS",
        "    The section of INFO about the near cache.",
        "WHY <key>",
        "    Why a read of the key is, or is not, answered locally.",
        "FLUSH [<pattern>]",
        "    Forget all local copies, or those of the keys that match. The upstream keeps what it has.",
        "RESET",
        "    Set the counts to zero.",
        NULL,
    };
    help_reply(call, lines);
}

#define SERVER .group = "server"

static const struct command nearcache_subcommands[] = {
    { "status", status, .syntax = "", .flags = CMD_APART | CMD_LOADING | CMD_STALE, SERVER, .since = "7.2.4",
      .cost = "O(1)", .reply = "verbatim string", .summary = "The state and the counts of the near cache." },
    { "why", why, .syntax = "key", .keys = { KEY(2, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_LOADING | CMD_STALE, SERVER, .since = "7.2.4", .cost = "O(1)",
      .reply = "bulk string", .summary = "Why a read of a key is or is not answered locally." },
    { "flush", flush, .syntax = "[pattern]",
      .flags = CMD_APART | CMD_ADMIN | CMD_LOADING | CMD_STALE | CMD_ALL_SHARDS, SERVER, .since = "7.2.4",
      .cost = "O(1), with a pattern O(N) for N local copies",
      .reply = "OK, or with a pattern how many copies went",
      .summary = "Forget local copies; the upstream keeps what it has." },
    { "reset", reset, .syntax = "", .flags = CMD_APART | CMD_ADMIN | CMD_LOADING | CMD_STALE, SERVER,
      .since = "7.2.4", .cost = "O(1)", .reply = "OK",
      .summary = "Set the counts of the near cache to zero." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, SERVER, .since = "7.2.4", .cost = "O(1)",
      .reply = "array", .summary = "Explain the subcommands." },
    { 0 },
};

const struct command nearcache_commands[] = {
    { "nearcache", .syntax = "", .group = "server", .tier = TIER_LOCAL, .since = "7.2.4",
      .cost = "Depends on the subcommand", .summary = "About the near cache in front of an upstream.",
      .subcommands = nearcache_subcommands },
    { 0 },
};
