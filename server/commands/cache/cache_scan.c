#include <inttypes.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/glob.h"
#include "server/commands/cache/cache.h"
#include "server/commands/key/scan_cursor.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
#include "server/exec/executor.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_walk.h"

/* Buckets looked at for each key asked for, so that an empty table cannot hold a command up for long. */
#define BUCKETS_PER_KEY 10
#define COUNT_PRESET    10

enum wanted_state { STATE_ANY = -1 };

struct scan {
    struct slice pattern; /* data is NULL: any */
    int state;            /* of enum dress_state, or STATE_ANY */
    uint64_t tag;         /* 0: any */
    int64_t count;
    int64_t seen, buckets;
    const struct bumps *bumps;
    int64_t now_ms;
    struct buffer found; /* keys, as replies */
    struct reply keys;
    size_t key_count;
};

static bool has_tag(const struct entry *entry, uint64_t tag)
{
    if (!entry_is_dressed(entry)) return false;
    struct dress dress = dress_read(entry);
    for (unsigned i = 0; i < dress.tag_count; i++)
        if (dress.tags[i] == tag) return true;
    return false;
}

static bool is_wanted(const struct scan *scan, const struct entry *entry)
{
    if (entry_type(entry) == ENTRY_ABSENT) return false;
    if (scan->pattern.data != NULL && !glob_match(scan->pattern, entry_key(entry))) return false;
    if (scan->tag != 0 && !has_tag(entry, scan->tag)) return false;
    return scan->state == STATE_ANY ||
           scan->state == (int)bumps_judge(scan->bumps, entry, scan->now_ms).state;
}

static void visit(void *context, struct entry *entry)
{
    struct scan *scan = context;
    scan->seen++;
    if (!is_wanted(scan, entry)) return;
    reply_bulk(&scan->keys, entry_key(entry));
    scan->key_count++;
}

static bool is_enough(const struct scan *scan)
{
    return scan->seen >= scan->count || scan->buckets / BUCKETS_PER_KEY >= scan->count;
}

/* False: the shard is kept for long. */
static bool walk_shard(struct scan *scan, struct call *call, unsigned index, uint64_t *place)
{
    if (!executor_open_shard(call, index)) return false;
    struct shard *shard = access_shard_at(&call->access, index);
    do {
        *place = shard_scan_dressed(shard, call->db, *place, call->now_ms, visit, scan);
        scan->buckets++;
    } while (*place != 0 && !is_enough(scan));
    executor_close_shard(call);
    return true;
}

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

static bool refuse(struct call *call, struct slice error)
{
    reply_error(call->reply, error);
    return false;
}

static bool read_state(struct call *call, int arg, int *state)
{
    if (call_arg_is(call, arg, "fresh"))
        *state = DRESS_FRESH;
    else if (call_arg_is(call, arg, "stale"))
        *state = DRESS_STALE;
    else if (call_arg_is(call, arg, "dead"))
        *state = DRESS_DEAD;
    else
        return refuse(call, SLICE(ERR_SYNTAX));
    return true;
}

static bool read_count(struct call *call, int arg, int64_t *count)
{
    if (!call_arg_int(call, arg, count)) return false;
    return *count >= 1 || refuse(call, SLICE(ERR_SYNTAX));
}

static bool read_pair(struct scan *scan, struct call *call, int arg)
{
    if (arg + 1 >= call->argc) return refuse(call, SLICE(ERR_SYNTAX));
    if (call_arg_is(call, arg, "state")) return read_state(call, arg + 1, &scan->state);
    if (call_arg_is(call, arg, "count")) return read_count(call, arg + 1, &scan->count);
    if (call_arg_is(call, arg, "match"))
        scan->pattern = call->argv[arg + 1];
    else if (call_arg_is(call, arg, "tag"))
        scan->tag = bumps_hash(scan->bumps, call->argv[arg + 1]);
    else
        return refuse(call, SLICE(ERR_SYNTAX));
    return true;
}

static void reply_page(struct call *call, struct scan *scan, uint64_t cursor)
{
    reply_array(call->reply, 2);
    reply_bulkf(call->reply, "%" PRIu64, cursor);
    reply_array(call->reply, scan->key_count);
    buffer_append(call->reply->out, scan->found.data, scan->found.len);
    if (buffer_is_full(&scan->found)) buffer_fill(call->reply->out);
    buffer_clear(&scan->found);
}

void cache_scan(struct call *call)
{
    uint64_t cursor;
    struct scan scan = { .state = STATE_ANY,
                         .count = COUNT_PRESET,
                         .bumps = keyspace_bumps(call->access.keyspace),
                         .now_ms = call->now_ms };
    if (!scan_cursor_parse(call->argv[2], &cursor)) {
        reply_error(call->reply, SLICE(ERR_INVALID_CURSOR));
        return;
    }
    for (int arg = 3; arg < call->argc; arg += 2)
        if (!read_pair(&scan, call, arg)) return;
    scan.found.limit = call->reply->out->limit;
    scan.keys = (struct reply){ .out = &scan.found, .protocol = call->reply->protocol };
    cursor = walk(&scan, call, cursor);
    reply_page(call, &scan, cursor);
}
