#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/commands/catalog/families.h"
#include "server/events/pubsub/pubsub.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/session/session.h"

/* In the words of each kind. */
static const struct {
    const char *subscribed;
    const char *unsubscribed;
} words[TOPIC_KINDS] = {
    [TOPIC_CHANNEL] = { "subscribe", "unsubscribe" },
    [TOPIC_PATTERN] = { "psubscribe", "punsubscribe" },
    [TOPIC_SHARD_CHANNEL] = { "ssubscribe", "sunsubscribe" },
};

static void write_confirmation(struct reply *reply, const char *word, const struct slice *name, size_t count)
{
    reply_push(reply, 3);
    reply_bulk_cstr(reply, word);
    if (name != NULL)
        reply_bulk(reply, *name);
    else
        reply_null(reply);
    reply_int(reply, (int64_t)count);
}

/* Confirmations are no replies: CLIENT REPLY does not silence them. */
static void confirm(struct call *call, enum topic_kind kind, const char *word, const struct slice *name)
{
    size_t count = pubsub_told_count(call->session, kind);
    if (!session_is_silent(call->session)) {
        write_confirmation(call->reply, word, name, count);
        return;
    }
    struct buffer bytes = { 0 };
    struct reply apart = { .out = &bytes, .protocol = call->reply->protocol };
    write_confirmation(&apart, word, name, count);
    session_push(call->session, buffer_slice(&bytes));
    buffer_clear(&bytes);
}

static void subscribe_to(struct call *call, enum topic_kind kind)
{
    for (int i = 1; i < call->argc; i++) {
        pubsub_subscribe(call->session, kind, call->argv[i]);
        confirm(call, kind, words[kind].subscribed, &call->argv[i]);
    }
}

/* The name is the subscription's own. */
static void unsubscribe_from_all(struct call *call, enum topic_kind kind)
{
    struct slice name;
    if (pubsub_count(call->session, kind) == 0) confirm(call, kind, words[kind].unsubscribed, NULL);
    struct buffer copy = { 0 };
    while (pubsub_first(call->session, kind, &name)) {
        copy.len = 0;
        buffer_append(&copy, name.data, name.len);
        name = buffer_slice(&copy);
        pubsub_unsubscribe(call->session, kind, name);
        confirm(call, kind, words[kind].unsubscribed, &name);
    }
    buffer_clear(&copy);
}

static void unsubscribe_from(struct call *call, enum topic_kind kind)
{
    if (call->argc == 1) unsubscribe_from_all(call, kind);
    for (int i = 1; i < call->argc; i++) {
        pubsub_unsubscribe(call->session, kind, call->argv[i]);
        confirm(call, kind, words[kind].unsubscribed, &call->argv[i]);
    }
}

static void subscribe(struct call *call)
{
    subscribe_to(call, TOPIC_CHANNEL);
}

static void psubscribe(struct call *call)
{
    subscribe_to(call, TOPIC_PATTERN);
}

/* The other two are allowed there for the sake of old clients. */
static void ssubscribe(struct call *call)
{
    if (call->session->executing)
        reply_error(call->reply, SLICE(ERR_SSUBSCRIBE_IN_EXEC));
    else
        subscribe_to(call, TOPIC_SHARD_CHANNEL);
}

static void unsubscribe(struct call *call)
{
    unsubscribe_from(call, TOPIC_CHANNEL);
}

static void punsubscribe(struct call *call)
{
    unsubscribe_from(call, TOPIC_PATTERN);
}

static void sunsubscribe(struct call *call)
{
    unsubscribe_from(call, TOPIC_SHARD_CHANNEL);
}

#define SUBSCRIBING (CMD_PUBSUB | CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_SUBSCRIBER)
#define CONFIRMED   "a push for each: the command's name, the channel or pattern, how many there are now"

const struct command subscribe_commands[] = {
    { "subscribe", subscribe, .syntax = "channel [channel ...]", .entitled = { 1, -1, false },
      .flags = SUBSCRIBING, .group = "pubsub", .tier = TIER_PASS, .kind = KIND_SUBSCRIBE, .since = "2.0.0",
      .cost = "O(N) with N channels", .reply = CONFIRMED,
      .summary = "Listen for messages that are published to channels." },
    { "unsubscribe", unsubscribe, .syntax = "[channel [channel ...]]", .flags = SUBSCRIBING,
      .group = "pubsub", .tier = TIER_PASS, .kind = KIND_UNSUBSCRIBE, .since = "2.0.0",
      .cost = "O(N) with N channels", .reply = CONFIRMED,
      .summary = "Stop listening to channels, or to all of them." },
    { "psubscribe", psubscribe, .syntax = "pattern [pattern ...]", .entitled = { 1, -1, true },
      .flags = SUBSCRIBING, .group = "pubsub", .tier = TIER_PASS, .kind = KIND_PSUBSCRIBE, .since = "2.0.0",
      .cost = "O(N) with N patterns", .reply = CONFIRMED,
      .summary = "Listen for messages that are published to channels whose names match patterns." },
    { "punsubscribe", punsubscribe, .syntax = "[pattern [pattern ...]]", .flags = SUBSCRIBING,
      .group = "pubsub", .tier = TIER_PASS, .kind = KIND_PUNSUBSCRIBE, .since = "2.0.0",
      .cost = "O(N) with N patterns", .reply = CONFIRMED,
      .summary = "Stop listening to patterns, or to all of them." },
    { "ssubscribe", ssubscribe, .syntax = "shardchannel [shardchannel ...]", .entitled = { 1, -1, false },
      .channels = KEYS(1, -1, 1, KEY_NO_KEY), .flags = SUBSCRIBING, .group = "pubsub", .tier = TIER_PASS,
      .kind = KIND_SSUBSCRIBE, .since = "7.0.0", .cost = "O(N) with N channels", .reply = CONFIRMED,
      .summary = "Listen for messages that are published to shard channels." },
    { "sunsubscribe", sunsubscribe, .syntax = "[shardchannel [shardchannel ...]]",
      .channels = KEYS(1, -1, 1, KEY_NO_KEY), .flags = SUBSCRIBING, .group = "pubsub", .tier = TIER_PASS,
      .kind = KIND_SUNSUBSCRIBE, .since = "7.0.0", .cost = "O(N) with N channels", .reply = CONFIRMED,
      .summary = "Stop listening to shard channels, or to all of them." },
    { 0 },
};
