/*
 * scan_cursor.h - where a SCAN stands, over all shards.
 *
 * Shards are walked one after the other. A cursor is the place within a shard times the number of shards,
 * plus the shard's index: 0 is both the beginning of the first shard and the end of all.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_KEY_SCAN_CURSOR_H
#define SERVER_COMMANDS_KEY_SCAN_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* As strtoul() takes numbers, which is what Redis lets through: a sign, leading zeros, or nothing at all;
 * what follows a NUL is not looked at. White space is refused. */
bool scan_cursor_parse(struct slice text, uint64_t *cursor);

static inline unsigned scan_cursor_shard(uint64_t cursor, unsigned shards)
{
    return (unsigned)(cursor % shards);
}

static inline uint64_t scan_cursor_place(uint64_t cursor, unsigned shards)
{
    return cursor / shards;
}

/* The cursor for `place` of the shard; a place of 0 is the end of it. */
static inline uint64_t scan_cursor_at(unsigned shard, uint64_t place, unsigned shards)
{
    if (place != 0) return place * shards + shard;
    return shard + 1 < shards ? shard + 1 : 0;
}

#endif
