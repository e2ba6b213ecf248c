#include <stddef.h>
#include <stdint.h>

#include "proto/base/glob.h"
#include "proto/reply.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/core/server.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/pubsub/pubsub_registry.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/refusal.h"

static struct pubsub_registry *registry_of(const struct call *call)
{
    return pubsub_registry_of(call->server->pubsub);
}

struct listing {
    struct reply *reply;
    const struct slice *pattern; /* NULL: all */
    size_t len;
};

static void list_channel(void *context, struct slice name)
{
    struct listing *listing = context;
    if (listing->pattern != NULL && !glob_match(*listing->pattern, name)) return;
    reply_bulk(listing->reply, name);
    listing->len++;
}

static void list_channels(struct call *call, enum topic_kind kind)
{
    if (call->argc > 3) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    struct reply_mark mark = reply_open(call->reply);
    struct listing listing = { .reply = call->reply, .pattern = call->argc == 3 ? &call->argv[2] : NULL };
    pubsub_registry_each(registry_of(call), kind, list_channel, &listing);
    reply_close_array(call->reply, mark, listing.len);
}

static void channels(struct call *call)
{
    list_channels(call, TOPIC_CHANNEL);
}

static void shardchannels(struct call *call)
{
    list_channels(call, TOPIC_SHARD_CHANNEL);
}

static void count_subscribers(struct call *call, enum topic_kind kind)
{
    reply_array(call->reply, 2 * (size_t)(call->argc - 2));
    for (int i = 2; i < call->argc; i++) {
        struct slice name = call->argv[i];
        uint64_t hash = pubsub_hash(call->server->pubsub, name);
        reply_bulk(call->reply, name);
        reply_int(call->reply, (int64_t)pubsub_registry_subscribers(registry_of(call), kind, name, hash));
    }
}

static void numsub(struct call *call)
{
    count_subscribers(call, TOPIC_CHANNEL);
}

static void shardnumsub(struct call *call)
{
    count_subscribers(call, TOPIC_SHARD_CHANNEL);
}

static void numpat(struct call *call)
{
    reply_int(call->reply, (int64_t)pubsub_registry_topics(registry_of(call), TOPIC_PATTERN));
}

static void pubsub_help(struct call *call)
{
    static const char *const lines[] = {
        "CHANNELS [<pattern>]",
        "    Return the currently active channels matching a <pattern> (default: '*').",
        "NUMPAT",
        "    Return number of subscriptions to patterns.",
        "NUMSUB [<channel> ...]",
        "    Return the number of subscribers for the specified channels, excluding",
        "    pattern subscriptions(default: no channels).",
        "SHARDCHANNELS [<pattern>]",
        "    Return the currently active shard level channels matching a <pattern> (default: '*').",
        "SHARDNUMSUB [<shardchannel> ...]",
        "    Return the number of subscribers for the specified shard level channel(s)",
        NULL,
    };
    help_reply(call, lines);
}

#define LOOKING (CMD_PUBSUB | CMD_LOADING | CMD_STALE)

static const struct command pubsub_subcommands[] = {
    { "channels", channels, .syntax = "[pattern]", .flags = LOOKING, .group = "pubsub", .since = "2.8.0",
      .cost = "O(N) with N channels of anybody", .reply = "array of bulk strings",
      .summary = "List channels that somebody listens to." },
    { "numsub", numsub, .syntax = "[channel [channel ...]]", .flags = LOOKING, .group = "pubsub",
      .since = "2.8.0", .cost = "O(N) with N channels",
      .reply = "array of channels, each followed by an integer",
      .summary = "Tell how many listen to channels, patterns not counted." },
    { "numpat", numpat, .syntax = "", .flags = LOOKING, .group = "pubsub", .since = "2.8.0", .cost = "O(1)",
      .reply = "integer", .summary = "Tell how many different patterns are listened to." },
    { "shardchannels", shardchannels, .syntax = "[pattern]", .flags = LOOKING, .group = "pubsub",
      .since = "7.0.0", .cost = "O(N) with N shard channels of anybody", .reply = "array of bulk strings",
      .summary = "List shard channels that somebody listens to." },
    { "shardnumsub", shardnumsub, .syntax = "[shardchannel [shardchannel ...]]", .flags = LOOKING,
      .group = "pubsub", .since = "7.0.0", .cost = "O(N) with N channels",
      .reply = "array of channels, each followed by an integer",
      .summary = "Tell how many listen to shard channels." },
    { "help", pubsub_help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, .group = "pubsub",
      .since = "6.2.0", .cost = "O(1)", .reply = "array of simple strings",
      .summary = "Explain the subcommands." },
    { 0 },
};

const struct command pubsub_commands[] = {
    { "pubsub", .syntax = "", .group = "pubsub", .tier = TIER_PASS, .since = "2.8.0",
      .cost = "Depends on the subcommand", .reply = "depends on the subcommand",
      .summary = "Tell who listens to what.", .subcommands = pubsub_subcommands },
    { 0 },
};
