#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/draw.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "storage/types/zset.h"

struct zset_draw {
    struct draw draw; /* first */
    struct zset_walk walk;
};

/* A random rank is exactly uniform. */
static void pick(struct draw *draw, struct drawn *drawn)
{
    size_t rank = chance_below(&draw->chance, value_len(draw->value));
    struct zset_walk walk = zset_walk(draw->value, rank, ZSET_UP);
    zset_next(&walk, &drawn->element, &drawn->score);
}

static bool next(struct draw *draw, struct drawn *drawn)
{
    struct zset_draw *own = (struct zset_draw *)draw;
    return zset_next(&own->walk, &drawn->element, &drawn->score);
}

static void tell_score(struct call *call, const struct drawn *drawn)
{
    reply_double(call->reply, drawn->score);
}

static void reply_one(struct call *call, struct draw *draw)
{
    struct drawn drawn;
    if (value_len(draw->value) == 0) {
        reply_null(call->reply);
        return;
    }
    pick(draw, &drawn);
    collection_reply(call, &drawn.element);
}

static void zrandmember(struct call *call)
{
    struct draw_options options;
    struct value zset;
    bool one = call->argc == 2;
    if (!one && !draw_options_read(&options, call, "withscores")) return;
    if (!collection_read(call, 1, &zset_type, &zset)) return;

    struct zset_draw draw = {
        .draw = { &zset, chance_of(call), pick, next, tell_score },
        .walk = zset_walk(&zset, 0, ZSET_UP),
    };
    if (one) {
        reply_one(call, &draw.draw);
    } else {
        draw_reply(call, &draw.draw, &options);
    }
}

const struct command zset_random_commands[] = {
    { "zrandmember", zrandmember, .syntax = "key [count [WITHSCORES]]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_SORTED_SET,
      .group = "sorted-set", .tier = TIER_PASS, .since = "6.2.0",
      .cost = "O(M log N), M being the number of members told and N the size of the sorted set",
      .reply = "bulk string or null; with a count array of bulk strings, with WITHSCORES members and scores",
      .summary = "Members chosen by chance.", .tips = "nondeterministic_output" },
    { 0 },
};
