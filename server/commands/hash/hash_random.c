#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/draw.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "storage/types/hash.h"

/* Fields of one hash. */
struct field_draw {
    struct draw draw;
    struct hash_walk walk;
};

static void pick(struct draw *draw, struct drawn *drawn)
{
    hash_at_random(draw->value, chance_next, &draw->chance, &drawn->element, &drawn->value);
}

static bool next(struct draw *draw, struct drawn *drawn)
{
    struct field_draw *fields = (struct field_draw *)draw;
    return hash_next(&fields->walk, &drawn->element, &drawn->value);
}

static void tell_value(struct call *call, const struct drawn *drawn)
{
    collection_reply(call, &drawn->value);
}

static void reply_one(struct call *call, const struct value *hash)
{
    if (value_len(hash) == 0) {
        reply_null(call->reply);
        return;
    }
    struct chance chance = chance_of(call);
    struct atom field, value;
    hash_at_random(hash, chance_next, &chance, &field, &value);
    collection_reply(call, &field);
}

static void hrandfield(struct call *call)
{
    struct draw_options options;
    struct value hash;
    if (call->argc > 2 && !draw_options_read(&options, call, "withvalues")) return;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    if (call->argc == 2) {
        reply_one(call, &hash);
        return;
    }
    struct field_draw fields = { .draw = { &hash, chance_of(call), pick, next, tell_value },
                                 .walk = hash_walk(&hash) };
    draw_reply(call, &fields.draw, &options);
}

const struct command hash_random_commands[] = {
    { "hrandfield", hrandfield, .syntax = "key [count [WITHVALUES]]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "6.2.0",
      .cost = "O(N), N being the number of fields returned", .reply = "bulk string, null or array",
      .summary = "Fields of a hash, chosen by chance.", .tips = "nondeterministic_output" },
    { 0 },
};
