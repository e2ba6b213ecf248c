#include <stdint.h>

#include "proto/reply.h"
#include "server/commands/catalog/families.h"
#include "server/events/notify.h"
#include "server/events/pubsub/pubsub.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"

/* Who publishes to itself gets the message before the count; whoever listens to keys as well hears first what
 * was changed before. */
static void publish_to(struct call *call, enum topic_kind kind)
{
    notify_post(call->loop);
    reply_int(call->reply, (int64_t)pubsub_publish(call->loop, kind, call->argv[1], call->argv[2]));
}

static void publish(struct call *call)
{
    publish_to(call, TOPIC_CHANNEL);
}

static void spublish(struct call *call)
{
    publish_to(call, TOPIC_SHARD_CHANNEL);
}

#define PUBLISHING (CMD_PUBSUB | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_MAY_REPLICATE)

const struct command publish_commands[] = {
    { "publish", publish, .syntax = "channel message", .entitled = { 1, 1, false }, .flags = PUBLISHING,
      .group = "pubsub", .tier = TIER_PASS, .since = "2.0.0",
      .cost = "O(N+M) with N subscribers of the channel and M patterns of anybody",
      .reply = "integer: how many receive it", .summary = "Send a message to all who listen to a channel." },
    { "spublish", spublish, .syntax = "shardchannel message", .entitled = { 1, 1, false },
      .channels = KEY(1, KEY_NO_KEY), .flags = PUBLISHING, .group = "pubsub", .tier = TIER_PASS,
      .since = "7.0.0", .cost = "O(N) with N subscribers of the channel",
      .reply = "integer: how many receive it",
      .summary = "Send a message to all who listen to a shard channel." },
    { 0 },
};
