/*
 * cache.h - the subcommands of CACHE, which stand in files of their own; the rows are in cache.c.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_H
#define SERVER_COMMANDS_CACHE_CACHE_H

#include <stdint.h>

struct call;

void cache_get(struct call *call);
void cache_info(struct call *call);
void cache_invalidate(struct call *call);
void cache_release(struct call *call);
void cache_scan(struct call *call);
void cache_set(struct call *call);
void cache_top(struct call *call);

/* What CACHE INVALIDATE needs besides its keys' shards. */
uint64_t cache_shards_of_invalidate(const struct call *call);

#endif
