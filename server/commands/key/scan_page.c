#include "server/commands/key/scan_page.h"

#include <inttypes.h>

#include "proto/base/buffer.h"
#include "server/commands/key/scan_cursor.h"
#include "server/exec/call.h"
#include "server/exec/executor.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"

#define BUCKETS_PER_ENTRY 10

/* How far it is done, and what was found. */
struct progress {
    const struct scan_page *page;
    int64_t entries; /* seen, whether or not they are wanted */
    int64_t buckets;
    struct buffer found; /* the keys, as replies: the cursor stands before them but is known after them */
    struct reply keys;   /* writes to `found` */
    size_t key_count;
};

static void visit(void *context, struct entry *entry)
{
    struct progress *progress = context;
    const struct scan_page *page = progress->page;
    progress->entries++;
    if (!page->wants(page->context, entry)) return;
    reply_bulk(&progress->keys, entry_key(entry));
    progress->key_count++;
}

static bool is_enough(const struct progress *progress)
{
    int64_t count = progress->page->count;
    return progress->entries >= count || progress->buckets / BUCKETS_PER_ENTRY >= count;
}

/* Go on within one shard until its end or until it is enough; `place` becomes the next place in it. False:
 * the shard is kept for long. */
static bool walk_shard(struct progress *progress, struct call *call, unsigned index, uint64_t *place)
{
    if (!executor_open_shard(call, index)) return false;
    struct shard *shard = access_shard_at(&call->access, index);
    do {
        *place = progress->page->step(shard, call->db, *place, call->now_ms, visit, progress);
        progress->buckets++;
    } while (*place != 0 && !is_enough(progress));
    executor_close_shard(call);
    return true;
}

static uint64_t walk(struct progress *progress, struct call *call, uint64_t cursor)
{
    unsigned shards = keyspace_shards(call->access.keyspace);
    do {
        unsigned index = scan_cursor_shard(cursor, shards);
        uint64_t place = scan_cursor_place(cursor, shards);
        if (!walk_shard(progress, call, index, &place)) {
            if (progress->buckets == 0) call_park(call);
            return cursor;
        }
        cursor = scan_cursor_at(index, place, shards);
    } while (cursor != 0 && !is_enough(progress));
    return cursor;
}

void scan_page_reply(const struct scan_page *page, struct call *call, uint64_t cursor)
{
    struct progress progress = { .page = page, .found = { .limit = call->reply->out->limit } };
    progress.keys = (struct reply){ .out = &progress.found, .protocol = call->reply->protocol };
    cursor = walk(&progress, call, cursor);
    reply_array(call->reply, 2);
    reply_bulkf(call->reply, "%" PRIu64, cursor);
    reply_array(call->reply, progress.key_count);
    buffer_append(call->reply->out, progress.found.data, progress.found.len);
    if (buffer_is_full(&progress.found)) buffer_fill(call->reply->out);
    buffer_clear(&progress.found);
}
