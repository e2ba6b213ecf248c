#include "proto/base/glob.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/collection/chance.h"
#include "server/commands/key/type_name.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

static void del(struct call *call)
{
    int64_t removed = 0;
    for (int arg = 1; arg < call->argc; arg++) {
        struct entry *entry = call_peek(call, arg);
        if (entry == NULL) {
            call_uncover(call, arg);
            continue;
        }
        call_remove(call, arg, entry);
        call_changed(call, arg, EVENT_DEL);
        removed++;
    }
    reply_int(call->reply, removed);
}

static void count(struct call *call, struct entry *(*look)(struct call *call, int arg))
{
    int64_t found = 0;
    for (int arg = 1; arg < call->argc; arg++) found += look(call, arg) != NULL;
    reply_int(call->reply, found);
}

static void exists(struct call *call)
{
    count(call, call_look);
}

static void touch(struct call *call)
{
    count(call, call_find);
}

static void type(struct call *call)
{
    const struct entry *entry = call_look(call, 1);
    reply_status(call->reply, slice_of_cstr(entry == NULL ? "none" : type_name(entry_type(entry))));
}

struct listing {
    struct reply *reply;
    struct slice pattern;
    size_t len;
};

static void list(void *context, struct entry *entry)
{
    struct listing *listing = (struct listing *)context;
    if (!glob_match(listing->pattern, entry_key(entry))) return;
    reply_bulk(listing->reply, entry_key(entry));
    listing->len++;
}

static void keys(struct call *call)
{
    struct listing listing = { .reply = call->reply, .pattern = call->argv[1] };
    struct reply_mark mark = reply_open(call->reply);
    for (unsigned i = 0; i < keyspace_shards(call->access.keyspace); i++) {
        struct shard *shard = access_shard_at(&call->access, i);
        uint64_t cursor = 0;
        do {
            cursor = shard_scan(shard, call->db, cursor, call->now_ms, list, &listing);
        } while (cursor != 0);
    }
    reply_close_array(call->reply, mark, listing.len);
}

/* The index of a shard, each with a chance proportional to its keys. */
static unsigned sample_shard(const struct call *call, struct chance *chance)
{
    size_t len = keyspace_len(call->access.keyspace, call->db);
    size_t skip = len == 0 ? 0 : chance_below(chance, len);
    unsigned index = 0;
    for (; index + 1 < keyspace_shards(call->access.keyspace); index++) {
        size_t here = shard_len(access_shard_at(&call->access, index), call->db);
        if (skip < here) break;
        skip -= here;
    }
    return index;
}

/* The shard chosen may hold nothing but keys past their deadline: then the next one that has a live key. */
static void randomkey(struct call *call)
{
    struct chance chance = chance_of(call);
    unsigned shards = keyspace_shards(call->access.keyspace);
    unsigned first = sample_shard(call, &chance);
    const struct entry *entry = NULL;
    for (unsigned i = 0; i < shards && entry == NULL; i++) {
        struct shard *shard = access_shard_at(&call->access, (first + i) % shards);
        entry = shard_sample(shard, call->db, call->now_ms, chance_next, &chance);
    }
    if (entry == NULL) {
        reply_null(call->reply);
    } else {
        reply_bulk(call->reply, entry_key(entry));
    }
}

const struct command key_commands[] = {
    { "del", del, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RM | KEY_DELETE) },
      .flags = CMD_WRITE, .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE,
      .since = "1.0.0", .cost = "O(N), N being the number of keys", .reply = "integer",
      .summary = "Remove keys.", .tips = "request_policy:multi_shard response_policy:agg_sum" },
    { "unlink", del, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RM | KEY_DELETE) },
      .flags = CMD_WRITE | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_WRITE,
      .since = "4.0.0", .cost = "O(N), N being the number of keys", .reply = "integer",
      .summary = "Remove keys: as DEL.", .tips = "request_policy:multi_shard response_policy:agg_sum" },
    { "exists", exists, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_READ | TIER_COUNTS_KEYS, .since = "1.0.0", .cost = "O(N), N being the number of keys",
      .reply = "integer", .summary = "How many of the keys exist.",
      .tips = "request_policy:multi_shard response_policy:agg_sum" },
    { "type", type, .syntax = "key", .keys = { KEY(1, KEY_RO) }, .flags = CMD_READONLY | CMD_FAST,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_READ, .since = "1.0.0", .cost = "O(1)",
      .reply = "a type's name, or none", .summary = "What type of value a key holds." },
    { "touch", touch, .syntax = "key [key ...]", .keys = { KEYS(1, -1, 1, KEY_RO) },
      .flags = CMD_READONLY | CMD_FAST, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "3.2.1", .cost = "O(N), N being the number of keys",
      .reply = "integer", .summary = "Count as use of the keys, telling how many of them exist.",
      .tips = "request_policy:multi_shard response_policy:agg_sum" },
    { "keys", keys, .syntax = "pattern", .flags = CMD_READONLY | CMD_ALL_SHARDS,
      .categories = ACL_KEYSPACE | ACL_DANGEROUS, .group = "generic", .tier = TIER_PASS | TIER_RUNS_ALONE,
      .since = "1.0.0", .cost = "O(N), N being the number of keys in the database",
      .reply = "array of bulk strings", .summary = "All keys that match a pattern.",
      .tips = "request_policy:all_shards nondeterministic_output_order" },
    { "randomkey", randomkey, .syntax = "", .flags = CMD_READONLY | CMD_ALL_SHARDS,
      .categories = ACL_KEYSPACE, .group = "generic", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "1.0.0",
      .cost = "O(1)", .reply = "bulk string or null", .summary = "A key chosen at random.",
      .tips = "request_policy:all_shards nondeterministic_output" },
    { 0 },
};
