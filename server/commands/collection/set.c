#include "storage/types/set.h"

#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/element_scan.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"

static void sadd(struct call *call)
{
    struct collection set;
    if (!collection_edit(call, 1, &set_type, &set)) return;

    int64_t added = 0;
    if (call->argc > 3) {
        struct member first = collection_member(call, 2);
        set_expect(set.value, &first, (size_t)call->argc - 2);
    }
    for (int arg = 2; arg < call->argc; arg++) {
        struct member member = collection_member(call, arg);
        added += set_add(set.value, &member);
    }
    collection_commit(call, &set, added > 0 ? EVENT_SADD : EVENT_NONE);
    reply_int(call->reply, added);
}

static void srem(struct call *call)
{
    struct collection set;
    if (!collection_edit(call, 1, &set_type, &set)) return;

    int64_t removed = 0;
    for (int arg = 2; arg < call->argc && value_len(set.value) > 0; arg++) {
        struct member member = collection_member(call, arg);
        removed += set_remove(set.value, &member);
    }
    collection_commit(call, &set, removed > 0 ? EVENT_SREM : EVENT_NONE);
    reply_int(call->reply, removed);
}

static void sismember(struct call *call)
{
    struct value set;
    if (!collection_read(call, 1, &set_type, &set)) return;

    struct member member = collection_member(call, 2);
    reply_int(call->reply, set_has(&set, &member));
}

static void smismember(struct call *call)
{
    struct value set;
    if (!collection_read(call, 1, &set_type, &set)) return;

    reply_array(call->reply, (size_t)call->argc - 2);
    for (int arg = 2; arg < call->argc; arg++) {
        struct member member = collection_member(call, arg);
        reply_int(call->reply, set_has(&set, &member));
    }
}

static void smembers(struct call *call)
{
    struct value set;
    if (!collection_read(call, 1, &set_type, &set)) return;

    struct atom member;
    reply_set(call->reply, value_len(&set));
    for (struct set_walk walk = set_walk(&set); set_next(&walk, &member);) collection_reply(call, &member);
}

static void scard(struct call *call)
{
    struct value set;
    if (collection_read(call, 1, &set_type, &set)) reply_int(call->reply, (int64_t)value_len(&set));
}

/* Between two keys that differ, from one that has something. */
static void move(struct call *call, struct collection *from)
{
    struct collection to;
    if (!collection_edit(call, 2, &set_type, &to)) {
        collection_commit(call, from, EVENT_NONE);
        return;
    }
    struct member member = collection_member(call, 3);
    bool removed = set_remove(from->value, &member);
    bool added = removed && set_add(to.value, &member);
    collection_commit(call, from, removed ? EVENT_SREM : EVENT_NONE);
    collection_commit(call, &to, added ? EVENT_SADD : EVENT_NONE);
    reply_int(call->reply, removed);
}

/* Where there is no source, Redis does not ask what the destination is. */
static void smove(struct call *call)
{
    struct collection from;
    if (!collection_edit(call, 1, &set_type, &from)) return;

    bool same = slice_equal(call->argv[1], call->argv[2]);
    if (!same && value_len(from.value) > 0) {
        move(call, &from);
        return;
    }
    struct member member = collection_member(call, 3);
    bool has = set_has(from.value, &member);
    collection_commit(call, &from, EVENT_NONE);
    reply_int(call->reply, has);
}

static void show(void *context, const struct atom *member)
{
    if (element_scan_wants(context, member)) element_scan_add(context, member);
}

static uint64_t scan_step(struct element_scan *scan, uint64_t cursor)
{
    return set_scan(&scan->value, cursor, show, scan);
}

static void sscan(struct call *call)
{
    element_scan(call, &set_type, scan_step, 0);
}

const struct command set_commands[] = {
    { "sadd", sadd, .syntax = "key member [member ...]", .keys = { KEY(1, KEY_RW | KEY_INSERT) }, .member = 2,
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(N), N being the number of members", .reply = "integer",
      .summary = "Add members to a set; how many of them are new." },
    { "srem", srem, .syntax = "key member [member ...]", .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .member = 2,
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(N), N being the number of members", .reply = "integer",
      .summary = "Remove members of a set." },
    { "sismember", sismember, .syntax = "key member", .keys = { KEY(1, KEY_RO) }, .member = 2,
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_SET, .tier = TIER_PASS | TIER_TYPED, .group = "set",
      .since = "1.0.0", .cost = "O(1)", .reply = "integer", .summary = "Whether a set has a member." },
    { "smismember", smismember, .syntax = "key member [member ...]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .member = 2, .flags = CMD_READONLY | CMD_FAST, .categories = ACL_SET, .tier = TIER_PASS | TIER_TYPED,
      .group = "set", .since = "6.2.0", .cost = "O(N), N being the number of members",
      .reply = "array of integers", .summary = "Which of several members a set has." },
    { "smembers", smembers, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      .categories = ACL_SET, .tier = TIER_PASS | TIER_TYPED, .group = "set", .since = "1.0.0",
      .cost = "O(N), N being the number of members", .reply = "set of bulk strings",
      .summary = "All members of a set.", .tips = "nondeterministic_output_order" },
    { "scard", scard, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_SET, .tier = TIER_PASS | TIER_TYPED, .group = "set", .since = "1.0.0", .cost = "O(1)",
      .reply = "integer", .summary = "How many members a set has." },
    { "smove", smove, .syntax = "source destination member",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY(2, KEY_RW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_SET, .tier = TIER_PASS, .group = "set",
      .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Move a member from one set to another." },
    { "sscan", sscan, .syntax = "key cursor [MATCH pattern] [COUNT count]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_SET,
      .tier = TIER_PASS, .group = "set", .since = "2.8.0",
      .cost = "O(1) for a call with the default COUNT, O(N) for all N members",
      .reply = "array of a cursor and an array of bulk strings",
      .summary = "Some members of a set, and a cursor for the next call; 0 begins and ends.",
      .tips = "nondeterministic_output" },
    { 0 },
};
