#include <stddef.h>

#include "proto/base/slice.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/commands/key/encoding.h"
#include "server/config/settings.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/keyspace/access.h"
#include "storage/shard/shard.h"

/* The object of the command, without counting as use of it. NULL: there is none, and that is the reply. */
static const struct entry *wanted_entry(struct call *call)
{
    const struct entry *entry = call_look_quietly(call, 2);
    if (entry == NULL) reply_null(call->reply);
    return entry;
}

static const struct shard *shard_of(const struct call *call)
{
    return access_shard(&call->access, call_key(call, 2).hash);
}

static bool policy_is_lfu(struct call *call)
{
    int64_t policy = SETTING(call_settings(call), maxmemory_policy);
    return policy == POLICY_ALLKEYS_LFU || policy == POLICY_VOLATILE_LFU;
}

static void encoding(struct call *call)
{
    const struct entry *entry = wanted_entry(call);
    if (entry != NULL) reply_bulk_cstr(call->reply, encoding_name(call, 2, entry));
}

static void freq(struct call *call)
{
    const struct entry *entry = wanted_entry(call);
    if (entry == NULL) return;
    if (!policy_is_lfu(call)) {
        reply_error(call->reply, SLICE(ERR_FREQUENCY_NOT_TRACKED));
        return;
    }
    reply_int(call->reply, shard_use_count(shard_of(call), entry, call->now_ms));
}

static void idletime(struct call *call)
{
    const struct entry *entry = wanted_entry(call);
    if (entry == NULL) return;
    if (policy_is_lfu(call)) {
        reply_error(call->reply, SLICE(ERR_IDLE_TIME_NOT_TRACKED));
        return;
    }
    reply_int(call->reply, shard_idle_ms(shard_of(call), entry, call->now_ms) / 1000);
}

/* A value belongs to one key: small integers, of which Redis shares one object, are kept in the entry. */
static void refcount(struct call *call)
{
    if (wanted_entry(call) != NULL) reply_int(call->reply, 1);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        NULL,
    };
    help_reply(call, lines);
}

static const struct command object_subcommands[] = {
    { "encoding", encoding, .syntax = "key", .keys = { KEY(2, KEY_RO) }, .flags = CMD_READONLY,
      .categories = ACL_KEYSPACE, .group = "generic", .since = "2.2.3", .cost = "O(1)",
      .reply = "bulk string or null", .summary = "How the value of a key is kept.",
      .tips = "nondeterministic_output" },
    { "freq", freq, .syntax = "key", .keys = { KEY(2, KEY_RO) }, .flags = CMD_READONLY,
      .categories = ACL_KEYSPACE, .group = "generic", .since = "4.0.0", .cost = "O(1)",
      .reply = "integer or null", .summary = "How often a key is used, on a logarithmic scale.",
      .tips = "nondeterministic_output" },
    { "idletime", idletime, .syntax = "key", .keys = { KEY(2, KEY_RO) }, .flags = CMD_READONLY,
      .categories = ACL_KEYSPACE, .group = "generic", .since = "2.2.3", .cost = "O(1)",
      .reply = "integer or null", .summary = "How many seconds ago a key was last used.",
      .tips = "nondeterministic_output" },
    { "refcount", refcount, .syntax = "key", .keys = { KEY(2, KEY_RO) }, .flags = CMD_READONLY,
      .categories = ACL_KEYSPACE, .group = "generic", .since = "2.2.3", .cost = "O(1)",
      .reply = "integer or null", .summary = "How many places refer to the value of a key.",
      .tips = "nondeterministic_output" },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, .categories = ACL_KEYSPACE,
      .group = "generic", .since = "6.2.0", .cost = "O(1)", .reply = "array of lines",
      .summary = "Print this help." },
    { 0 },
};

const struct command object_commands[] = {
    { "object", NULL, .syntax = "", .group = "generic", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.2.3",
      .cost = "Depends on subcommand.", .summary = "What is known about a value besides the value.",
      .subcommands = object_subcommands },
    { 0 },
};
