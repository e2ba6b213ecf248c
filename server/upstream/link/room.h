/*
 * room.h - how much may be on its way to the upstream at a time, and how much is.
 *
 * Beyond upstream-max-inflight commands, or upstream-max-inflight-bytes, clients are held.
 *
 * Threads: any loop.
 */
#ifndef SERVER_UPSTREAM_LINK_ROOM_H
#define SERVER_UPSTREAM_LINK_ROOM_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/config/settings.h"

struct room {
    _Atomic int64_t commands; /* on their way */
    _Atomic int64_t bytes;
};

/* A command of so many bytes goes, or is over. */
static inline void room_take(struct room *room, size_t bytes)
{
    atomic_fetch_add_explicit(&room->commands, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&room->bytes, (int64_t)bytes, memory_order_relaxed);
}

static inline void room_give_back(struct room *room, size_t bytes)
{
    atomic_fetch_sub_explicit(&room->commands, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&room->bytes, (int64_t)bytes, memory_order_relaxed);
}

static inline bool room_is_left(const struct room *room, const struct settings *settings)
{
    return atomic_load_explicit(&room->commands, memory_order_relaxed) <
               SETTING(settings, upstream_max_inflight) &&
           atomic_load_explicit(&room->bytes, memory_order_relaxed) <
               SETTING(settings, upstream_max_inflight_bytes);
}

#endif
