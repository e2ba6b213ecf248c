/*
 * zset_pop.h - members that leave a sorted set by one of its ends: what commands that block do as well.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ZSET_ZSET_POP_H
#define SERVER_COMMANDS_ZSET_ZSET_POP_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/shard/change.h"
#include "storage/types/zset.h"

struct call;

/* From which end, and what it is called. */
struct zset_end {
    enum zset_direction direction;
    enum change_event event;
};
extern const struct zset_end zset_lowest;
extern const struct zset_end zset_highest;

/* MIN or MAX at argv[arg], and COUNT, which may be said once, as ZMPOP has them behind its keys. NULL:
 * replied. */
const struct zset_end *zset_end_read(struct call *call, int arg, int64_t *count);
/* Reply the key argv[arg] and up to `count` members, or an error. False: it does not exist, and nothing was
 * replied. */
bool zset_take_from(struct call *call, int arg, const struct zset_end *end, int64_t count);
/* The same with the lone member and its score right behind the key, as BZPOPMIN replies. */
bool zset_take_one(struct call *call, int arg, const struct zset_end *end);

#endif
