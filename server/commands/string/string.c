#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/key/deadline.h"
#include "server/commands/string/string_condition.h"
#include "server/commands/string/string_options.h"
#include "server/commands/string/string_outcome.h"
#include "server/commands/string/text.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static void put(struct call *call, int arg, struct entry *old, int value_arg, int64_t deadline_ms)
{
    call_put_string(call, arg, old, call->argv[value_arg], deadline_ms);
    call_changed(call, arg, EVENT_SET);
}

static void put_until(struct call *call, struct entry *old, int value_arg, int64_t deadline_ms)
{
    put(call, 1, old, value_arg, deadline_ms);
    call_changed(call, 1, EVENT_EXPIRE);
}

static inline bool condition_holds(const struct call *call, const struct string_options *options,
                                   const struct entry *old)
{
    if (options->condition == STRING_ALWAYS) return true;
    return string_condition_holds(options->condition, call->argv[options->condition_arg], old);
}

/* With GET the old value is the reply, whether or not a new one is stored. */
static void set_as_told(struct call *call, const struct string_options *options)
{
    int64_t deadline_ms = ENTRY_NO_DEADLINE;
    if (options->time_arg != 0 &&
        !deadline_read_positive(call, options->time_arg, options->unit, &deadline_ms)) {
        return;
    }
    bool compares = options->condition_arg != 0;
    if (compares && !string_condition_is_good(call, options->condition, options->condition_arg)) return;
    struct entry *old = options->get ? call_find(call, 1) : call_edit(call, 1);
    if (options->get) {
        if (!call_wants_string(call, old)) return;
        text_reply(call, old);
    }
    if (compares && !options->get && !call_wants_string(call, old)) return;
    if (!condition_holds(call, options, old)) {
        if (!options->get) reply_null(call->reply);
        return;
    }
    if (options->keep_ttl) deadline_ms = call_deadline_ms(call, 1, old);
    if (options->time_arg != 0)
        put_until(call, old, 2, deadline_ms);
    else
        put(call, 1, old, 2, deadline_ms);
    if (!options->get) reply_ok(call->reply);
}

static void set(struct call *call)
{
    if (call->argc == 3) {
        put(call, 1, call_edit(call, 1), 2, ENTRY_NO_DEADLINE);
        reply_ok(call->reply);
        return;
    }
    struct string_options options;
    if (string_options_read_set(&options, call, 3)) set_as_told(call, &options);
}

static void setnx(struct call *call)
{
    struct entry *old = call_edit(call, 1);
    if (old == NULL) put(call, 1, old, 2, ENTRY_NO_DEADLINE);
    reply_int(call->reply, old == NULL);
}

static void set_until(struct call *call, enum deadline_unit unit)
{
    int64_t deadline_ms;
    if (!deadline_read_positive(call, 2, unit, &deadline_ms)) return;

    put_until(call, call_edit(call, 1), 3, deadline_ms);
    reply_ok(call->reply);
}

static void setex(struct call *call)
{
    set_until(call, DEADLINE_IN_SECONDS);
}

static void psetex(struct call *call)
{
    set_until(call, DEADLINE_IN_MS);
}

static void get(struct call *call)
{
    const struct entry *entry = call_find(call, 1);
    if (call_wants_string(call, entry)) text_reply(call, entry);
}

static void getset(struct call *call)
{
    struct entry *old = call_find(call, 1);
    if (!call_wants_string(call, old)) return;

    text_reply(call, old);
    put(call, 1, old, 2, ENTRY_NO_DEADLINE);
}

static void getdel(struct call *call)
{
    struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;

    text_reply(call, entry);
    if (entry == NULL) {
        call_uncover(call, 1);
        return;
    }
    call_remove(call, 1, entry);
    call_changed(call, 1, EVENT_DEL);
}

static void getex(struct call *call)
{
    struct string_options options;
    if (!string_options_read_getex(&options, call, 2)) return;

    struct entry *entry = call_find(call, 1);
    if (!call_wants_string(call, entry)) return;

    int64_t deadline_ms = ENTRY_NO_DEADLINE;
    bool timed = entry != NULL && options.time_arg != 0;
    if (timed && !deadline_read_positive(call, options.time_arg, options.unit, &deadline_ms)) return;

    text_reply(call, entry);
    if (timed) {
        deadline_give(call, 1, entry, deadline_ms);
    } else if (options.persist && entry != NULL && entry_has_deadline(entry)) {
        call_set_deadline(call, 1, entry, ENTRY_NO_DEADLINE);
        call_changed(call, 1, EVENT_PERSIST);
    }
}

/* Flat, as a call for each key is a tenth of what it costs. */
static __attribute__((flatten)) void mget(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 1);
    for (int arg = 1; arg < call->argc; arg++) {
        const struct entry *entry = call_find(call, arg);
        bool is_string = entry != NULL && entry_type(entry) == ENTRY_STRING;
        text_reply(call, is_string ? entry : NULL);
    }
}

/* Every key has a value; otherwise replied. */
static bool wants_pairs(struct call *call)
{
    if (call->argc % 2 == 1) return true;
    reply_errorf(call->reply, ERR_ARITY_FMT, call->command->row->name);
    return false;
}

static void put_pairs(struct call *call)
{
    for (int arg = 1; arg < call->argc; arg += 2) {
        call_overwrite_string(call, arg, call->argv[arg + 1]);
        call_changed(call, arg, EVENT_SET);
    }
}

static void mset(struct call *call)
{
    if (!wants_pairs(call)) return;
    put_pairs(call);
    reply_ok(call->reply);
}

static void msetnx(struct call *call)
{
    if (!wants_pairs(call)) return;

    for (int arg = 1; arg < call->argc; arg += 2) {
        if (call_edit(call, arg) == NULL) continue;
        reply_int(call->reply, 0);
        return;
    }
    put_pairs(call);
    reply_int(call->reply, 1);
}

/* With GET, SET reads what it overwrites, and so it does to compare. */
static uint32_t use_by_set(const struct slice *argv, int argc)
{
    for (int i = 3; i < argc; i++) {
        bool compares = string_condition_named(argv[i]) != STRING_ALWAYS;
        if (compares || slice_equal_nocase(argv[i], SLICE("get"))) return KEY_RW | KEY_ACCESS | KEY_UPDATE;
    }
    return KEY_OW | KEY_UPDATE;
}

const struct command string_commands[] = {
    { "set", set,
      .syntax = "key value [NX | XX | IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | "
                "IFDNE ifdne-digest] [GET] [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                "PXAT unix-time-milliseconds | KEEPTTL]",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE,
                    .note = "RW and ACCESS due to the optional `GET` argument", .use_of = use_by_set) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .outcome = string_outcome_set, .since = "1.0.0", .cost = "O(1)",
      .reply = "OK, or null when the condition does not hold; with GET the old value or null",
      .summary = "Store a string, whatever the key held before." },
    { "get", get, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_STRING, .group = "string", .tier = TIER_READ | TIER_KEEPS_VALUE, .since = "1.0.0",
      .cost = "O(1)", .reply = "bulk string or null", .summary = "The string of a key." },
    { "getset", getset, .syntax = "key value", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .outcome = string_outcome_getset, .since = "1.0.0", .cost = "O(1)",
      .reply = "bulk string or null", .summary = "Store a string and tell the one that was there.",
      .deprecated_since = "6.2.0", .replaced_by = "`SET` with the `!GET` argument" },
    { "getdel", getdel, .syntax = "key", .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .since = "6.2.0", .cost = "O(1)", .reply = "bulk string or null",
      .summary = "Tell the string of a key and remove it." },
    { "getex", getex,
      .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | "
                "PXAT unix-time-milliseconds | PERSIST]",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE,
                    .note = "RW and UPDATE because it changes the TTL") },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .since = "6.2.0", .cost = "O(1)", .reply = "bulk string or null",
      .summary = "Tell the string of a key and change how long it lives." },
    { "setnx", setnx, .syntax = "key value", .keys = { KEY(1, KEY_OW | KEY_INSERT) },
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_WRITE, .outcome = string_outcome_setnx, .since = "1.0.0", .cost = "O(1)",
      .reply = "integer", .summary = "Store a string unless the key exists." },
    { "setex", setex, .syntax = "key seconds value", .keys = { KEY(1, KEY_OW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .outcome = string_outcome_setex, .since = "2.0.0", .cost = "O(1)", .reply = "OK",
      .summary = "Store a string that lives for some seconds." },
    { "psetex", psetex, .syntax = "key milliseconds value", .keys = { KEY(1, KEY_OW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .outcome = string_outcome_psetex, .since = "2.6.0", .cost = "O(1)", .reply = "OK",
      .summary = "Store a string that lives for some milliseconds." },
    { "mset", mset, .syntax = "key value [key value ...]", .keys = { KEYS(1, -1, 2, KEY_OW | KEY_UPDATE) },
      .flags = CMD_WRITE | CMD_GROWS, .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE,
      .outcome = string_outcome_mset, .since = "1.0.1", .cost = "O(N), N being the number of keys",
      .reply = "OK", .summary = "Store several strings at once.",
      .tips = "request_policy:multi_shard response_policy:all_succeeded" },
    { "msetnx", msetnx, .syntax = "key value [key value ...]",
      .keys = { KEYS(1, -1, 2, KEY_OW | KEY_INSERT) }, .flags = CMD_WRITE | CMD_GROWS,
      .categories = ACL_STRING, .group = "string", .tier = TIER_WRITE, .outcome = string_outcome_msetnx,
      .since = "1.0.1", .cost = "O(N), N being the number of keys", .reply = "integer",
      .summary = "Store several strings at once unless one of the keys exists.",
      .tips = "request_policy:multi_shard response_policy:agg_min" },
    { "mget", mget, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO | KEY_ACCESS) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_STRING, .group = "string",
      .tier = TIER_READ | TIER_KEEPS_VALUES, .since = "1.0.0", .cost = "O(N), N being the number of keys",
      .reply = "array of bulk strings and nulls", .summary = "The strings of several keys.",
      .tips = "request_policy:multi_shard" },
    { 0 },
};
