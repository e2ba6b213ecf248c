/*
 * agenda.h - when each bucket of a group has to be looked at next: 32 times in a cache line.
 *
 * A time is a tick, counted from an anchor that the owner moves on, never past a tick that is noted. What
 * lies further away than can be said is looked at, and noted again, in between. A bucket need not be noted.
 *
 * Threads: the owner's lock. Ownership: lives in the owner's memory, zeroed at first.
 */
#ifndef STORAGE_EXPIRY_AGENDA_H
#define STORAGE_EXPIRY_AGENDA_H

#include <stdbool.h>
#include <stdint.h>

#define AGENDA_BUCKETS 32
#define AGENDA_LAST    65000 /* ticks after the anchor that can be noted */
#define AGENDA_NEVER   UINT16_MAX

/* The low half of each tick; 0: none. */
struct agenda {
    _Alignas(64) uint16_t ticks[AGENDA_BUCKETS];
};

static inline uint16_t agenda_since(uint16_t tick, uint64_t anchor)
{
    return tick != 0 ? (uint16_t)(tick - anchor) : AGENDA_NEVER;
}

/* Note a bucket, AGENDA_LAST ticks after the anchor at most, unless it is noted for an earlier one. True: it
 * was not. */
static inline bool agenda_note(struct agenda *agenda, unsigned bucket, uint64_t anchor, uint16_t since)
{
    uint16_t *tick = &agenda->ticks[bucket];
    if (agenda_since(*tick, anchor) <= since) return false;
    *tick = (uint16_t)(anchor + since);
    /* The next one for that which cannot be said. */
    if (*tick == 0) *tick = 1;
    return true;
}

static inline void agenda_drop(struct agenda *agenda, unsigned bucket)
{
    agenda->ticks[bucket] = 0;
}

/* Take out the buckets whose tick is at most `past` after the anchor, a bit for each, and tell the earliest
 * of the rest. */
uint32_t agenda_take(struct agenda *agenda, uint64_t anchor, uint16_t past, uint16_t *first);

#endif
