#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/draw.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "storage/types/set.h"

/* Members of one set. */
struct member_draw {
    struct draw draw;
    struct set_walk walk;
};

static void pick(struct draw *draw, struct drawn *drawn)
{
    drawn->element = set_at_random(draw->value, chance_next, &draw->chance).member;
}

static bool next(struct draw *draw, struct drawn *drawn)
{
    struct member_draw *members = (struct member_draw *)draw;
    return set_next(&members->walk, &drawn->element);
}

static void reply_one(struct call *call, const struct value *set)
{
    if (value_len(set) == 0) {
        reply_null(call->reply);
        return;
    }
    struct chance chance = chance_of(call);
    struct set_place chosen = set_at_random(set, chance_next, &chance);
    collection_reply(call, &chosen.member);
}

static void srandmember(struct call *call)
{
    struct draw_options options;
    struct value set;
    if (call->argc > 3) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    if (call->argc == 3 && !draw_options_read(&options, call, NULL)) return;
    if (!collection_read(call, 1, &set_type, &set)) return;

    if (call->argc == 2) {
        reply_one(call, &set);
        return;
    }
    struct member_draw members = {
        .draw = { .value = &set, .chance = chance_of(call), .pick = pick, .next = next },
        .walk = set_walk(&set)
    };
    draw_reply(call, &members.draw, &options);
}

static void take(struct call *call, struct value *set, struct chance *chance)
{
    struct set_place chosen = set_at_random(set, chance_next, chance);
    collection_reply(call, &chosen.member);
    set_remove_at(set, &chosen);
}

/* Redis's count is one of a long that is not negative. */
static bool read_count(struct call *call, int64_t *count)
{
    if (number_parse_i64(call->argv[2], count) && *count >= 0) return true;
    reply_error(call->reply, SLICE(ERR_NOT_POSITIVE));
    return false;
}

static void pop_one(struct call *call, struct collection *set)
{
    bool absent = value_len(set->value) == 0;
    struct chance chance = chance_of(call);
    if (absent) {
        reply_null(call->reply);
    } else {
        take(call, set->value, &chance);
    }
    collection_commit(call, set, absent ? EVENT_NONE : EVENT_SPOP);
}

/* All that there is: it need not be taken member by member. */
static void pop_all(struct call *call, struct collection *set)
{
    struct atom member;
    reply_set(call->reply, value_len(set->value));
    for (struct set_walk walk = set_walk(set->value); set_next(&walk, &member);)
        collection_reply(call, &member);
    collection_commit(call, set, EVENT_NONE);

    struct value nothing = collection_make(call, &set_type);
    call_changed(call, 1, EVENT_SPOP);
    collection_store(call, 1, &nothing, EVENT_NONE);
}

static void pop_several(struct call *call, struct collection *set, uint64_t count)
{
    size_t len = value_len(set->value);
    if (len > 0 && count >= len) {
        pop_all(call, set);
        return;
    }
    size_t wanted = len > 0 ? count : 0;
    struct chance chance = chance_of(call);
    reply_set(call->reply, wanted);
    for (size_t left = wanted; left > 0; left--) take(call, set->value, &chance);
    collection_commit(call, set, wanted > 0 ? EVENT_SPOP : EVENT_NONE);
}

static void spop(struct call *call)
{
    int64_t count;
    struct collection set;
    if (call->argc > 3) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    if (call->argc == 3 && !read_count(call, &count)) return;
    if (!collection_edit(call, 1, &set_type, &set)) return;

    if (call->argc == 2) {
        pop_one(call, &set);
    } else {
        pop_several(call, &set, (uint64_t)count);
    }
}

const struct command set_random_commands[] = {
    { "spop", spop, .syntax = "key [count]", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(N), N being the number of members returned",
      .reply = "bulk string, null or set", .summary = "Take members out of a set, chosen by chance.",
      .tips = "nondeterministic_output" },
    { "srandmember", srandmember, .syntax = "key [count]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY, .categories = ACL_SET, .tier = TIER_PASS, .group = "set", .since = "1.0.0",
      .cost = "O(N), N being the number of members returned", .reply = "bulk string, null or array",
      .summary = "Members of a set, chosen by chance.", .tips = "nondeterministic_output" },
    { 0 },
};
