#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/key/deadline.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"

/* Which changes of a deadline are wanted. A key without one lives longest of all. */
struct expire_conditions {
    bool if_none;    /* NX */
    bool if_some;    /* XX */
    bool if_later;   /* GT */
    bool if_earlier; /* LT */
};

static bool read_condition(struct expire_conditions *conditions, struct call *call, int arg)
{
    if (call_arg_is(call, arg, "nx")) return conditions->if_none = true;
    if (call_arg_is(call, arg, "xx")) return conditions->if_some = true;
    if (call_arg_is(call, arg, "gt")) return conditions->if_later = true;
    if (call_arg_is(call, arg, "lt")) return conditions->if_earlier = true;

    struct slice word = call->argv[arg];
    reply_errorf(call->reply, ERR_UNSUPPORTED_OPTION_FMT, (int)word.len, word.data);
    return false;
}

static bool read_conditions(struct expire_conditions *conditions, struct call *call)
{
    for (int arg = 3; arg < call->argc; arg++) {
        if (!read_condition(conditions, call, arg)) return false;
    }
    if (conditions->if_none && (conditions->if_some || conditions->if_later || conditions->if_earlier)) {
        reply_error(call->reply, SLICE(ERR_EXPIRE_NX));
        return false;
    }
    if (conditions->if_later && conditions->if_earlier) {
        reply_error(call->reply, SLICE(ERR_EXPIRE_GT_LT));
        return false;
    }
    return true;
}

static bool conditions_hold(const struct expire_conditions *conditions, int64_t old_ms, int64_t new_ms)
{
    bool has_none = old_ms == ENTRY_NO_DEADLINE;
    if (conditions->if_none && !has_none) return false;
    if (conditions->if_some && has_none) return false;
    if (conditions->if_later && (has_none || new_ms <= old_ms)) return false;
    return !conditions->if_earlier || has_none || new_ms < old_ms;
}

static void set_deadline(struct call *call, enum deadline_unit unit)
{
    struct expire_conditions conditions = { 0 };
    int64_t deadline_ms;
    if (!read_conditions(&conditions, call)) return;
    if (!deadline_read(call, 2, unit, &deadline_ms)) return;

    struct entry *entry = call_edit(call, 1);
    bool wanted =
        entry != NULL && conditions_hold(&conditions, call_deadline_ms(call, 1, entry), deadline_ms);
    if (wanted) deadline_give(call, 1, entry, deadline_ms);
    if (entry == NULL && deadline_ms <= call->now_ms) call_uncover(call, 1);
    reply_int(call->reply, wanted);
}

static void expire(struct call *call)
{
    set_deadline(call, DEADLINE_IN_SECONDS);
}

static void pexpire(struct call *call)
{
    set_deadline(call, DEADLINE_IN_MS);
}

static void expireat(struct call *call)
{
    set_deadline(call, DEADLINE_AT_SECONDS);
}

static void pexpireat(struct call *call)
{
    set_deadline(call, DEADLINE_AT_MS);
}

/* Milliseconds that are left of the key's life, or the time of its end; -1: it has none, -2: no such key. */
static int64_t time_left_ms(struct call *call)
{
    const struct entry *entry = call_look(call, 1);
    if (entry == NULL) return -2;
    if (call->endless) return -1;
    int64_t deadline_ms = call_deadline_ms(call, 1, entry);
    return deadline_ms == ENTRY_NO_DEADLINE ? -1 : deadline_ms - call->now_ms;
}

static int64_t time_of_end_ms(struct call *call)
{
    int64_t left_ms = time_left_ms(call);
    return left_ms < 0 ? left_ms : left_ms + call->now_ms;
}

static void reply_seconds(struct call *call, int64_t ms)
{
    reply_int(call->reply, ms < 0 ? ms : deadline_round_to_seconds(ms));
}

static void ttl(struct call *call)
{
    reply_seconds(call, time_left_ms(call));
}

static void pttl(struct call *call)
{
    reply_int(call->reply, time_left_ms(call));
}

static void expiretime(struct call *call)
{
    reply_seconds(call, time_of_end_ms(call));
}

static void pexpiretime(struct call *call)
{
    reply_int(call->reply, time_of_end_ms(call));
}

static void persist(struct call *call)
{
    struct entry *entry = call_edit(call, 1);
    bool mortal = entry != NULL && entry_has_deadline(entry);
    if (mortal) {
        call_set_deadline(call, 1, entry, ENTRY_NO_DEADLINE);
        call_changed(call, 1, EVENT_PERSIST);
    }
    reply_int(call->reply, mortal);
}

const struct command expire_commands[] = {
    { "expire", expire, .syntax = "key seconds [NX | XX | GT | LT]", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE,
      .since = "1.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Let a key live for some seconds from now." },
    { "pexpire", pexpire, .syntax = "key milliseconds [NX | XX | GT | LT]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE,
      .group = "generic", .tier = TIER_WRITE, .since = "2.6.0", .cost = "O(1)", .reply = "integer",
      .summary = "Let a key live for some milliseconds from now." },
    { "expireat", expireat, .syntax = "key unix-time-seconds [NX | XX | GT | LT]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE,
      .group = "generic", .tier = TIER_WRITE, .since = "1.2.0", .cost = "O(1)", .reply = "integer",
      .summary = "Let a key live until a time in Unix seconds." },
    { "pexpireat", pexpireat, .syntax = "key unix-time-milliseconds [NX | XX | GT | LT]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE,
      .group = "generic", .tier = TIER_WRITE, .since = "2.6.0", .cost = "O(1)", .reply = "integer",
      .summary = "Let a key live until a time in Unix milliseconds." },
    { "ttl", ttl, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_READ | TIER_TELLS_TTL, .since = "1.0.0",
      .cost = "O(1)", .reply = "integer: -1 without a deadline, -2 without the key",
      .summary = "How many seconds a key has left to live.", .tips = "nondeterministic_output" },
    { "pttl", pttl, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_READ | TIER_TELLS_TTL, .since = "2.6.0", .cost = "O(1)",
      .reply = "integer: -1 without a deadline, -2 without the key",
      .summary = "How many milliseconds a key has left to live.", .tips = "nondeterministic_output" },
    { "expiretime", expiretime, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_READ | TIER_TELLS_END, .since = "7.0.0", .cost = "O(1)",
      .reply = "integer: -1 without a deadline, -2 without the key",
      .summary = "When a key ends, in Unix seconds." },
    { "pexpiretime", pexpiretime, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_READ | TIER_TELLS_END, .since = "7.0.0", .cost = "O(1)",
      .reply = "integer: -1 without a deadline, -2 without the key",
      .summary = "When a key ends, in Unix milliseconds." },
    { "persist", persist, .syntax = "key", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE,
      .since = "2.2.0", .cost = "O(1)", .reply = "integer", .summary = "Let a key live for ever." },
    { 0 },
};
