#include <inttypes.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/commands/catalog/families.h"
#include "server/commands/key/scan_cursor.h"
#include "server/commands/key/scan_options.h"
#include "server/commands/key/type_name.h"
#include "server/exec/call.h"
#include "server/exec/command/command.h"
#include "server/exec/errors/errors.h"
#include "server/exec/executor.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

/* Buckets looked at for each entry asked for, so that an empty table cannot hold a command up for long. */
#define SCAN_BUCKETS_PER_ENTRY 10

/* What the client asked for, how far it is done, and what was found. */
struct scan {
    struct scan_options options;
    int64_t entries; /* seen, whether or not they match */
    int64_t buckets;
    struct buffer found; /* the keys, as replies: the cursor stands before them but is known after them */
    struct reply keys;   /* writes to `found` */
    size_t key_count;
};

static bool is_wanted(const struct scan *scan, const struct entry *entry)
{
    struct slice type = scan->options.type;
    if (!scan_options_match(&scan->options, entry_key(entry))) return false;
    return type.data == NULL || slice_equal_nocase(type, slice_of_cstr(type_name(entry_type(entry))));
}

static void visit(void *context, struct entry *entry)
{
    struct scan *scan = (struct scan *)context;
    scan->entries++;
    if (!is_wanted(scan, entry)) return;
    reply_bulk(&scan->keys, entry_key(entry));
    scan->key_count++;
}

static bool is_enough(const struct scan *scan)
{
    return scan->entries >= scan->options.count ||
           scan->buckets / SCAN_BUCKETS_PER_ENTRY >= scan->options.count;
}

/* Go on within one shard until its end or until it is enough; `place` becomes the next place in it. Which
 * shards the command needs it learns on the way, and one at a time is enough. False: the shard is kept for
 * long.
 */
static bool walk_shard(struct scan *scan, struct call *call, unsigned index, uint64_t *place)
{
    if (!executor_open_shard(call, index)) return false;
    struct shard *shard = access_shard_at(&call->access, index);
    do {
        *place = shard_scan(shard, call->db, *place, call->now_ms, visit, scan);
        scan->buckets++;
    } while (*place != 0 && !is_enough(scan));
    executor_close_shard(call);
    return true;
}

/* Before a shard that is kept it ends, as if it were enough; at once it waits. */
static uint64_t walk(struct scan *scan, struct call *call, uint64_t cursor)
{
    unsigned shards = keyspace_shards(call->access.keyspace);
    do {
        unsigned index = scan_cursor_shard(cursor, shards);
        uint64_t place = scan_cursor_place(cursor, shards);
        if (!walk_shard(scan, call, index, &place)) {
            if (scan->buckets == 0) call_park(call);
            return cursor;
        }
        cursor = scan_cursor_at(index, place, shards);
    } while (cursor != 0 && !is_enough(scan));
    return cursor;
}

static void scan(struct call *call)
{
    uint64_t cursor;
    if (!scan_cursor_parse(call->argv[1], &cursor)) {
        reply_error(call->reply, SLICE(ERR_INVALID_CURSOR));
        return;
    }
    struct scan scan = { 0 };
    if (!scan_options_read(&scan.options, call, 2, SCAN_WORD_TYPE)) return;

    scan.found.limit = call->reply->out->limit;
    scan.keys = (struct reply){ .out = &scan.found, .protocol = call->reply->protocol };
    cursor = walk(&scan, call, cursor);

    reply_array(call->reply, 2);
    reply_bulkf(call->reply, "%" PRIu64, cursor);
    reply_array(call->reply, scan.key_count);
    buffer_append(call->reply->out, scan.found.data, scan.found.len);
    if (buffer_is_full(&scan.found)) buffer_fill(call->reply->out);
    buffer_clear(&scan.found);
}

const struct command scan_commands[] = {
    { "scan", scan, .syntax = "cursor [MATCH pattern] [COUNT count] [TYPE type]",
      .flags = CMD_READONLY | CMD_STEPS, .categories = ACL_KEYSPACE, .group = "generic",
      .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.8.0",
      .cost = "O(1) for a call with the default COUNT, O(N) for all N keys",
      .reply = "array of a cursor and an array of bulk strings",
      .summary = "Some of the keys, and a cursor for the next call; 0 begins and ends.",
      .tips = "nondeterministic_output request_policy:special" },
    { 0 },
};
