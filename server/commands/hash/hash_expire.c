#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/hash/field_errors.h"
#include "server/commands/hash/field_times.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "storage/shard/shard_elements.h"
#include "storage/types/hash.h"
#include "storage/types/hash_deadlines.h"

/* What is told of a field. */
enum {
    NO_FIELD = -2,
    NO_DEADLINE = -1, /* it has none */
    NOT_WANTED = 0,   /* the condition does not hold */
    DONE = 1,
    REMOVED = 2, /* since the time is past */
};

/* A field without a deadline lives longest of all. */
enum condition { ALWAYS, IF_NONE, IF_SOME, IF_LATER, IF_EARLIER };

struct expiry {
    int64_t deadline_ms;
    enum condition condition;
    int first; /* the argument that is the first field */
    bool removed, set;
};

static enum condition condition_at(const struct call *call, int arg)
{
    if (call_arg_is(call, arg, "nx")) return IF_NONE;
    if (call_arg_is(call, arg, "xx")) return IF_SOME;
    if (call_arg_is(call, arg, "gt")) return IF_LATER;
    return call_arg_is(call, arg, "lt") ? IF_EARLIER : ALWAYS;
}

/* False: replied. */
static bool read_expiry(struct call *call, enum deadline_unit unit, struct expiry *expiry)
{
    if (!field_times_read(call, 2, unit, &expiry->deadline_ms)) return false;
    expiry->condition = condition_at(call, 3);
    int fields = expiry->condition == ALWAYS ? 3 : 4;
    expiry->first = fields + 2;
    return field_times_wants_fields(call, fields, SLICE(ERR_FIELDS_PARAMETER));
}

static bool holds(const struct expiry *expiry, int64_t old_ms)
{
    bool has_none = old_ms == HASH_NO_DEADLINE;
    switch (expiry->condition) {
    case IF_NONE: return has_none;
    case IF_SOME: return !has_none;
    case IF_LATER: return !has_none && expiry->deadline_ms > old_ms;
    case IF_EARLIER: return has_none || expiry->deadline_ms < old_ms;
    default: return true;
    }
}

static int expire_field(struct call *call, const struct collection *collection, int arg,
                        struct expiry *expiry)
{
    struct value *hash = collection->value;
    struct member field = collection_member(call, arg);
    struct atom value;
    int64_t old_ms;
    if (!hash_look(hash, &field, &value, &old_ms)) return NO_FIELD;
    if (!holds(expiry, old_ms)) return NOT_WANTED;
    if (field_times_is_past(call, expiry->deadline_ms)) {
        hash_remove(hash, &field);
        shard_count_expired_elements(collection->edit.place.shard, 1);
        expiry->removed = true;
        return REMOVED;
    }
    hash_set_deadline(hash, &field, expiry->deadline_ms);
    expiry->set = true;
    return DONE;
}

static void expire_fields(struct call *call, enum deadline_unit unit)
{
    struct expiry expiry = { 0 };
    struct collection hash;
    if (!collection_edit(call, 1, &hash_type, &hash)) return;
    if (read_expiry(call, unit, &expiry)) {
        reply_array(call->reply, (size_t)(call->argc - expiry.first));
        for (int arg = expiry.first; arg < call->argc; arg++)
            reply_int(call->reply, expire_field(call, &hash, arg, &expiry));
    }
    collection_commit_both(call, &hash, expiry.set ? EVENT_HEXPIRE : EVENT_NONE,
                           expiry.removed ? EVENT_HDEL : EVENT_NONE);
}

static void hexpire(struct call *call)
{
    expire_fields(call, DEADLINE_IN_SECONDS);
}

static void hpexpire(struct call *call)
{
    expire_fields(call, DEADLINE_IN_MS);
}

static void hexpireat(struct call *call)
{
    expire_fields(call, DEADLINE_AT_SECONDS);
}

static void hpexpireat(struct call *call)
{
    expire_fields(call, DEADLINE_AT_MS);
}

#define FIRST_FIELD 4

/* Of each field what `tell` makes of its deadline. */
static void reply_deadlines(struct call *call, int64_t (*tell)(const struct call *call, int64_t deadline_ms))
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash) ||
        !field_times_wants_fields(call, 2, SLICE(ERR_FIELDS_NOT_POSITIVE)))
        return;
    reply_array(call->reply, (size_t)(call->argc - FIRST_FIELD));
    for (int arg = FIRST_FIELD; arg < call->argc; arg++) {
        struct member field = collection_member(call, arg);
        struct atom value;
        int64_t deadline_ms;
        if (!hash_look(&hash, &field, &value, &deadline_ms))
            reply_int(call->reply, NO_FIELD);
        else
            reply_int(call->reply, deadline_ms == HASH_NO_DEADLINE ? NO_DEADLINE : tell(call, deadline_ms));
    }
}

static int64_t left_ms(const struct call *call, int64_t deadline_ms)
{
    return deadline_ms - call->now_ms;
}

static int64_t left_seconds(const struct call *call, int64_t deadline_ms)
{
    return field_times_to_seconds(left_ms(call, deadline_ms));
}

static int64_t end_ms(const struct call *call, int64_t deadline_ms)
{
    (void)call;
    return deadline_ms;
}

static int64_t end_seconds(const struct call *call, int64_t deadline_ms)
{
    return field_times_to_seconds(end_ms(call, deadline_ms));
}

static void httl(struct call *call)
{
    reply_deadlines(call, left_seconds);
}

static void hpttl(struct call *call)
{
    reply_deadlines(call, left_ms);
}

static void hexpiretime(struct call *call)
{
    reply_deadlines(call, end_seconds);
}

static void hpexpiretime(struct call *call)
{
    reply_deadlines(call, end_ms);
}

static int persist_field(struct call *call, struct value *hash, int arg)
{
    struct member field = collection_member(call, arg);
    struct atom value;
    int64_t deadline_ms;
    if (!hash_look(hash, &field, &value, &deadline_ms)) return NO_FIELD;
    if (deadline_ms == HASH_NO_DEADLINE) return NO_DEADLINE;
    hash_set_deadline(hash, &field, HASH_NO_DEADLINE);
    return DONE;
}

static void hpersist(struct call *call)
{
    struct collection hash;
    bool changed = false;
    if (!collection_edit(call, 1, &hash_type, &hash)) return;
    if (field_times_wants_fields(call, 2, SLICE(ERR_FIELDS_NOT_POSITIVE))) {
        reply_array(call->reply, (size_t)(call->argc - FIRST_FIELD));
        for (int arg = FIRST_FIELD; arg < call->argc; arg++) {
            int done = persist_field(call, hash.value, arg);
            changed |= done == DONE;
            reply_int(call->reply, done);
        }
    }
    collection_commit(call, &hash, changed ? EVENT_HPERSIST : EVENT_NONE);
}

const struct command hash_expire_commands[] = {
    { "hexpire", hexpire, .syntax = "key seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "Let fields of a hash expire after a number of seconds." },
    { "hpexpire", hpexpire,
      .syntax = "key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "Let fields of a hash expire after a number of milliseconds." },
    { "hexpireat", hexpireat,
      .syntax = "key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "Let fields of a hash expire at a Unix time in seconds." },
    { "hpexpireat", hpexpireat,
      .syntax = "key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "Let fields of a hash expire at a Unix time in milliseconds." },
    { "httl", httl, .syntax = "key FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 4, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "How many seconds fields of a hash have left.", .tips = "nondeterministic_output" },
    { "hpttl", hpttl, .syntax = "key FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 4, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "How many milliseconds fields of a hash have left.", .tips = "nondeterministic_output" },
    { "hexpiretime", hexpiretime, .syntax = "key FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 4, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "When fields of a hash expire, as Unix times in seconds." },
    { "hpexpiretime", hpexpiretime, .syntax = "key FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 4, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "When fields of a hash expire, as Unix times in milliseconds." },
    { "hpersist", hpersist, .syntax = "key FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .member = 4, .flags = CMD_WRITE | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "7.4.0",
      .cost = "O(N), N being the number of fields", .reply = "array of integers",
      .summary = "Let fields of a hash not expire." },
    { 0 },
};
