/*
 * scan_page.h - one call of SCAN or CACHE SCAN: keys from a cursor on, until it is enough.
 *
 * Which shards it needs it learns on the way, and one at a time is enough (CMD_STEPS). Before a shard that is
 * kept for long it ends, as if it were enough; at once it waits. Ten buckets are looked at for each entry
 * asked for, so that an empty table cannot hold a command up.
 *
 * Threads: as handlers. Ownership: what is found is the page's own, and gone when it was replied.
 */
#ifndef SERVER_COMMANDS_KEY_SCAN_PAGE_H
#define SERVER_COMMANDS_KEY_SCAN_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct call;
struct entry;
struct shard;

struct scan_page {
    int64_t count; /* entries to look at */
    /* The entries of the bucket at `place`: where to go on, 0 at the end of the shard. shard_scan() is one.
     */
    uint64_t (*step)(struct shard *shard, unsigned db, uint64_t place, int64_t now_ms,
                     void (*visit)(void *context, struct entry *entry), void *context);
    bool (*wants)(const void *context, const struct entry *entry);
    const void *context;
};

/* Reply the next cursor and the keys that are wanted. */
void scan_page_reply(const struct scan_page *page, struct call *call, uint64_t cursor);

#endif
