#include "storage/types/hash.h"

#include "proto/base/number.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/collection.h"
#include "server/commands/collection/element_scan.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

/* Every field has a value; otherwise replied. */
static bool wants_pairs(struct call *call)
{
    if (call->argc % 2 == 0) return true;
    reply_errorf(call->reply, ERR_ARITY_FMT, call->command->row->name);
    return false;
}

static bool put(struct call *call, struct collection *hash, int arg)
{
    struct member field = collection_member(call, arg);
    return hash_put(hash->value, &field, call->argv[arg + 1]);
}

/* False: replied. */
static bool put_pairs(struct call *call, int64_t *added)
{
    struct collection hash;
    if (!wants_pairs(call) || !collection_edit(call, 1, &hash_type, &hash)) return false;

    *added = 0;
    hash_reserve(hash.value, (size_t)call->argc / 2 - 1);
    for (int arg = 2; arg < call->argc; arg += 2) *added += put(call, &hash, arg);
    collection_commit(call, &hash, EVENT_HSET);
    return true;
}

static void hset(struct call *call)
{
    int64_t added;
    if (put_pairs(call, &added)) reply_int(call->reply, added);
}

static void hmset(struct call *call)
{
    int64_t added;
    if (put_pairs(call, &added)) reply_ok(call->reply);
}

static void hsetnx(struct call *call)
{
    struct collection hash;
    if (!collection_edit(call, 1, &hash_type, &hash)) return;

    struct member field = collection_member(call, 2);
    struct atom old;
    bool absent = !hash_find(hash.value, &field, &old);
    if (absent) hash_put(hash.value, &field, call->argv[3]);
    collection_commit(call, &hash, absent ? EVENT_HSET : EVENT_NONE);
    reply_int(call->reply, absent);
}

static void hdel(struct call *call)
{
    struct collection hash;
    if (!collection_edit(call, 1, &hash_type, &hash)) return;

    int64_t removed = 0;
    for (int arg = 2; arg < call->argc && value_len(hash.value) > 0; arg++) {
        struct member field = collection_member(call, arg);
        removed += hash_remove(hash.value, &field);
    }
    collection_commit(call, &hash, removed > 0 ? EVENT_HDEL : EVENT_NONE);
    reply_int(call->reply, removed);
}

static void reply_field(struct call *call, const struct value *hash, int arg)
{
    struct member field = collection_member(call, arg);
    struct atom value;
    if (hash_find(hash, &field, &value)) {
        collection_reply(call, &value);
    } else {
        reply_null(call->reply);
    }
}

static void hget(struct call *call)
{
    struct value hash;
    if (collection_read(call, 1, &hash_type, &hash)) reply_field(call, &hash, 2);
}

static void hmget(struct call *call)
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    reply_array(call->reply, (size_t)call->argc - 2);
    for (int arg = 2; arg < call->argc; arg++) reply_field(call, &hash, arg);
}

static void hgetall(struct call *call)
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    struct atom field, value;
    reply_map(call->reply, value_len(&hash));
    for (struct hash_walk walk = hash_walk(&hash); hash_next(&walk, &field, &value);) {
        collection_reply(call, &field);
        collection_reply(call, &value);
    }
}

static void hkeys(struct call *call)
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    struct atom field, value;
    reply_array(call->reply, value_len(&hash));
    for (struct hash_walk walk = hash_walk(&hash); hash_next(&walk, &field, &value);) {
        collection_reply(call, &field);
    }
}

static void hvals(struct call *call)
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    struct atom field, value;
    reply_array(call->reply, value_len(&hash));
    for (struct hash_walk walk = hash_walk(&hash); hash_next(&walk, &field, &value);) {
        collection_reply(call, &value);
    }
}

static void hlen(struct call *call)
{
    struct value hash;
    if (collection_read(call, 1, &hash_type, &hash)) reply_int(call->reply, (int64_t)value_len(&hash));
}

static size_t length(const struct atom *atom)
{
    return atom_is_integer(atom) ? number_length_i64(atom->integer) : atom->text.len;
}

static void hstrlen(struct call *call)
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    struct member field = collection_member(call, 2);
    struct atom value;
    reply_int(call->reply, hash_find(&hash, &field, &value) ? (int64_t)length(&value) : 0);
}

static void hexists(struct call *call)
{
    struct value hash;
    if (!collection_read(call, 1, &hash_type, &hash)) return;

    struct member field = collection_member(call, 2);
    struct atom value;
    reply_int(call->reply, hash_find(&hash, &field, &value));
}

static void show(void *context, const struct atom *field, const struct atom *value)
{
    struct element_scan *scan = context;
    if (!element_scan_wants(scan, field)) return;
    element_scan_add(scan, field);
    if (!scan->options.no_values) element_scan_add(scan, value);
}

static uint64_t scan_step(struct element_scan *scan, uint64_t cursor)
{
    return hash_scan(&scan->value, cursor, show, scan);
}

static void hscan(struct call *call)
{
    element_scan(call, &hash_type, scan_step, SCAN_WORD_NOVALUES);
}

const struct command hash_commands[] = {
    { "hset", hset, .syntax = "key field value [field value ...]", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .member = 2, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS,
      .group = "hash", .since = "2.0.0", .cost = "O(N), N being the number of fields", .reply = "integer",
      .summary = "Set fields of a hash; how many of them are new." },
    { "hsetnx", hsetnx, .syntax = "key field value", .keys = { KEY(1, KEY_RW | KEY_INSERT) }, .member = 2,
      .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash",
      .since = "2.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Set a field of a hash unless the field exists." },
    { "hmset", hmset, .syntax = "key field value [field value ...]", .keys = { KEY(1, KEY_RW | KEY_UPDATE) },
      .member = 2, .flags = CMD_WRITE | CMD_GROWS | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS,
      .group = "hash", .since = "2.0.0", .cost = "O(N), N being the number of fields", .reply = "OK",
      .summary = "Set fields of a hash.", .deprecated_since = "4.0.0",
      .replaced_by = "`HSET` with multiple field-value pairs" },
    { "hget", hget, .syntax = "key field", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 2,
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED,
      .group = "hash", .since = "2.0.0", .cost = "O(1)", .reply = "bulk string or null",
      .summary = "The value of a field." },
    { "hmget", hmget, .syntax = "key field [field ...]", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .member = 2,
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED,
      .group = "hash", .since = "2.0.0", .cost = "O(N), N being the number of fields",
      .reply = "array of bulk strings and nulls", .summary = "The values of several fields." },
    { "hgetall", hgetall, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED, .group = "hash", .since = "2.0.0",
      .cost = "O(N), N being the number of fields", .reply = "map of bulk strings",
      .summary = "All fields of a hash and their values.", .tips = "nondeterministic_output_order" },
    { "hkeys", hkeys, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED, .group = "hash", .since = "2.0.0",
      .cost = "O(N), N being the number of fields", .reply = "array of bulk strings",
      .summary = "All fields of a hash.", .tips = "nondeterministic_output_order" },
    { "hvals", hvals, .syntax = "key", .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY,
      .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED, .group = "hash", .since = "2.0.0",
      .cost = "O(N), N being the number of fields", .reply = "array of bulk strings",
      .summary = "All values of a hash.", .tips = "nondeterministic_output_order" },
    { "hlen", hlen, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED, .group = "hash", .since = "2.0.0",
      .cost = "O(1)", .reply = "integer", .summary = "How many fields a hash has." },
    { "hstrlen", hstrlen, .syntax = "key field", .keys = { KEY(1, KEY_RO) }, .member = 2,
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED,
      .group = "hash", .since = "3.2.0", .cost = "O(1)", .reply = "integer",
      .summary = "How many bytes the value of a field has." },
    { "hexists", hexists, .syntax = "key field", .keys = { KEY(1, KEY_RO) }, .member = 2,
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS | TIER_TYPED,
      .group = "hash", .since = "2.0.0", .cost = "O(1)", .reply = "integer",
      .summary = "Whether a hash has a field." },
    { "hdel", hdel, .syntax = "key field [field ...]", .keys = { KEY(1, KEY_RW | KEY_DELETE) }, .member = 2,
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_HASH, .tier = TIER_PASS, .group = "hash",
      .since = "2.0.0", .cost = "O(N), N being the number of fields", .reply = "integer",
      .summary = "Remove fields of a hash." },
    { "hscan", hscan, .syntax = "key cursor [MATCH pattern] [COUNT count] [NOVALUES]",
      .keys = { KEY(1, KEY_RO | KEY_ACCESS) }, .flags = CMD_READONLY, .categories = ACL_HASH,
      .tier = TIER_PASS, .group = "hash", .since = "2.8.0",
      .cost = "O(1) for a call with the default COUNT, O(N) for all N fields",
      .reply = "array of a cursor and an array of bulk strings",
      .summary = "Some fields of a hash, and a cursor for the next call; 0 begins and ends.",
      .tips = "nondeterministic_output" },
    { 0 },
};
