#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/hash/field_errors.h"
#include "server/commands/hash/field_times.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "storage/shard/shard_elements.h"
#include "storage/types/hash.h"
#include "storage/types/hash_deadlines.h"

/* The value of argv[arg], or null. */
static bool reply_value(struct call *call, const struct value *hash, const struct member *field)
{
    struct atom value;
    bool found = hash_find(hash, field, &value);
    if (found)
        collection_reply(call, &value);
    else
        reply_null(call->reply);
    return found;
}

#define GETDEL_FIRST 4

static void hgetdel(struct call *call)
{
    struct collection hash;
    bool removed = false;
    if (!collection_edit(call, 1, &hash_type, &hash)) return;
    if (field_times_wants_fields(call, 2, SLICE(ERR_FIELDS_NOT_POSITIVE))) {
        reply_array(call->reply, (size_t)(call->argc - GETDEL_FIRST));
        for (int arg = GETDEL_FIRST; arg < call->argc; arg++) {
            struct member field = collection_member(call, arg);
            if (reply_value(call, hash.value, &field)) removed |= hash_remove(hash.value, &field);
        }
    }
    collection_commit(call, &hash, removed ? EVENT_HDEL : EVENT_NONE);
}

struct exchange {
    int first;           /* the argument that is the first field */
    int64_t deadline_ms; /* HASH_NO_DEADLINE: none is given */
    bool timed;          /* a time, or what stands in its place, is given: */
    bool no_time;
    bool if_none, if_all; /* FNX, FXX */
};

static bool is_time(const struct call *call, int arg, enum deadline_unit *unit)
{
    static const char *const words[] = {
        [DEADLINE_IN_SECONDS] = "ex",
        [DEADLINE_IN_MS] = "px",
        [DEADLINE_AT_SECONDS] = "exat",
        [DEADLINE_AT_MS] = "pxat",
    };
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!call_arg_is(call, arg, words[i])) continue;
        *unit = (enum deadline_unit)i;
        return true;
    }
    return false;
}

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

/* False, here and below: replied. */
static bool read_time(struct call *call, int arg, enum deadline_unit unit, struct exchange *exchange)
{
    if (arg + 1 >= call->argc) return refuse(call, SLICE(ERR_FIELD_TIME_MISSING));
    return field_times_read(call, arg + 1, unit, &exchange->deadline_ms);
}

/* Of HSETEX, before FIELDS. How many arguments were read; 0: replied. */
static int read_word(struct call *call, int arg, struct exchange *exchange)
{
    enum deadline_unit unit;
    bool is_timed = is_time(call, arg, &unit);
    if (is_timed || call_arg_is(call, arg, "keepttl")) {
        if (exchange->timed) return refuse(call, SLICE(ERR_HSETEX_TIMES));
        exchange->timed = true;
        exchange->no_time = !is_timed;
        return !is_timed ? 1 : read_time(call, arg, unit, exchange) ? 2 : 0;
    }
    bool none = call_arg_is(call, arg, "fnx");
    if (none || call_arg_is(call, arg, "fxx")) {
        if (exchange->if_none || exchange->if_all) return refuse(call, SLICE(ERR_HSETEX_CONDITIONS));
        *(none ? &exchange->if_none : &exchange->if_all) = true;
        return 1;
    }
    struct slice word = call->argv[arg];
    reply_errorf(call->reply, ERR_FIELD_ARGUMENT_FMT, (int)word.len, word.data);
    return 0;
}

static bool refuse_arity(struct call *call)
{
    reply_errorf(call->reply, ERR_ARITY_FMT, call->command->row->name);
    return false;
}

/* They are the last, each with its value. */
static bool read_pairs(struct call *call, int arg, struct exchange *exchange)
{
    int64_t count;
    exchange->first = arg + 2;
    int given = call->argc - exchange->first;
    if (given < 2) return refuse_arity(call);
    if (!call_arg_int_or(call, arg + 1, &count, SLICE(ERR_FIELDS_INVALID))) return false;
    if (count < 1 || count > INT32_MAX) return refuse(call, SLICE(ERR_FIELDS_INVALID));
    return count * 2 == given || refuse_arity(call);
}

static bool read_setex(struct call *call, struct exchange *exchange)
{
    for (int arg = 2, read; arg < call->argc; arg += read) {
        if (call_arg_is(call, arg, "fields")) return read_pairs(call, arg, exchange);
        read = read_word(call, arg, exchange);
        if (read == 0) return false;
    }
    return refuse(call, SLICE(ERR_FIELDS_MISSING));
}

/* One option at most, and FIELDS in its place. */
static bool read_getex(struct call *call, struct exchange *exchange)
{
    enum deadline_unit unit;
    int arg = 2;
    if (is_time(call, arg, &unit)) {
        exchange->timed = true;
        if (!read_time(call, arg, unit, exchange)) return false;
        arg += 2;
    } else if (call_arg_is(call, arg, "persist")) {
        exchange->timed = exchange->no_time = true;
        arg++;
    }
    exchange->first = arg + 2;
    if (arg + 1 >= call->argc) return refuse_arity(call);
    return field_times_wants_fields(call, arg, SLICE(ERR_FIELDS_NOT_POSITIVE));
}

/* What becomes of the deadline of a field that is there. */
static enum change_event retime(struct call *call, const struct collection *collection,
                                const struct member *field, const struct exchange *exchange)
{
    struct value *hash = collection->value;
    struct atom value;
    int64_t old_ms;
    hash_look(hash, field, &value, &old_ms);
    if (!exchange->timed || (exchange->no_time && old_ms == HASH_NO_DEADLINE)) return EVENT_NONE;
    if (!exchange->no_time && field_times_is_past(call, exchange->deadline_ms)) {
        hash_remove(hash, field);
        shard_count_expired_elements(collection->edit.place.shard, 1);
        return EVENT_HDEL;
    }
    hash_set_deadline(hash, field, exchange->deadline_ms);
    return exchange->no_time ? EVENT_HPERSIST : EVENT_HEXPIRE;
}

static void hgetex(struct call *call)
{
    struct exchange exchange = { 0 };
    struct collection hash;
    enum change_event event = EVENT_NONE;
    if (!collection_edit(call, 1, &hash_type, &hash)) return;
    if (read_getex(call, &exchange)) {
        reply_array(call->reply, (size_t)(call->argc - exchange.first));
        for (int arg = exchange.first; arg < call->argc; arg++) {
            struct member field = collection_member(call, arg);
            if (!reply_value(call, hash.value, &field)) continue;
            enum change_event done = retime(call, &hash, &field, &exchange);
            if (done != EVENT_NONE) event = done;
        }
    }
    collection_commit(call, &hash, event);
}

static bool conditions_hold(struct call *call, const struct value *hash, const struct exchange *exchange)
{
    if (!exchange->if_none && !exchange->if_all) return true;
    for (int arg = exchange->first; arg < call->argc; arg += 2) {
        struct member field = collection_member(call, arg);
        struct atom value;
        if (hash_find(hash, &field, &value) == exchange->if_none) return false;
    }
    return true;
}

static void put(struct call *call, struct value *hash, int arg, const struct exchange *exchange)
{
    struct member field = collection_member(call, arg);
    struct atom value;
    int64_t deadline_ms = exchange->deadline_ms;
    if (exchange->no_time) hash_look(hash, &field, &value, &deadline_ms);
    hash_put_until(hash, &field, call->argv[arg + 1], deadline_ms);
}

static void expire_all(struct call *call, const struct collection *hash, const struct exchange *exchange)
{
    size_t removed = 0;
    for (int arg = exchange->first; arg < call->argc; arg += 2) {
        struct member field = collection_member(call, arg);
        removed += hash_remove(hash->value, &field);
    }
    shard_count_expired_elements(hash->edit.place.shard, removed);
}

/* The event besides hset. */
static enum change_event put_all(struct call *call, const struct collection *collection,
                                 const struct exchange *exchange)
{
    struct value *hash = collection->value;
    bool is_given = exchange->timed && !exchange->no_time;
    if (is_given && field_times_is_past(call, exchange->deadline_ms)) {
        expire_all(call, collection, exchange);
        return EVENT_HDEL;
    }
    hash_reserve(hash, (size_t)(call->argc - exchange->first) / 2);
    for (int arg = exchange->first; arg < call->argc; arg += 2) put(call, hash, arg, exchange);
    return is_given ? EVENT_HEXPIRE : EVENT_NONE;
}

static void hsetex(struct call *call)
{
    struct exchange exchange = { 0 };
    struct collection hash;
    if (!read_setex(call, &exchange) || !collection_edit(call, 1, &hash_type, &hash)) return;
    bool wanted = conditions_hold(call, hash.value, &exchange);
    enum change_event second = wanted ? put_all(call, &hash, &exchange) : EVENT_NONE;
    collection_commit_both(call, &hash, wanted ? EVENT_HSET : EVENT_NONE, second);
    reply_int(call->reply, wanted);
}

const struct command hash_exchange_commands[] = {
    { "hgetdel", hgetdel, .syntax = "key FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_DELETE) }, .member = 4, .flags = CMD_WRITE | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "8.0.0",
      .cost = "O(N), N being the number of fields", .reply = "array of bulk strings and nulls",
      .summary = "The values of fields of a hash, which are removed." },
    { "hgetex", hgetex,
      .syntax = "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | "
                "PERSIST] FIELDS numfields field [field ...]",
      .keys = { KEY(1, KEY_RW | KEY_ACCESS | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "8.0.0",
      .cost = "O(N), N being the number of fields", .reply = "array of bulk strings and nulls",
      .summary = "The values of fields of a hash, which get another deadline or lose theirs." },
    { "hsetex", hsetex,
      .syntax = "key [FNX | FXX] [EX seconds | PX milliseconds | EXAT unix-time-seconds | PXAT "
                "unix-time-milliseconds | KEEPTTL] FIELDS numfields field value [field value ...]",
      .keys = { KEY(1, KEY_RW | KEY_UPDATE) }, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash", .since = "8.0.0",
      .cost = "O(N), N being the number of fields", .reply = "integer",
      .summary = "Set fields of a hash together with their deadline, if all or none of them are there." },
    { 0 },
};
