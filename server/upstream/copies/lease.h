/*
 * lease.h - until when a local copy may be served.
 *
 * A copy ends at the key's own deadline, counted from when its TTL was asked for and not from when the answer
 * came, or after near-cache-max-ttl, whichever is first. Which of the two it was must be known later, since
 * only the key's own deadline may be told by TTL: an odd number of milliseconds is the key's own, an even one
 * is ours. That costs at most a millisecond, and an entry no byte.
 *
 * Threads: plain values. Time: Unix milliseconds.
 */
#ifndef SERVER_UPSTREAM_COPIES_LEASE_H
#define SERVER_UPSTREAM_COPIES_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/exec/command/outcome.h"
#include "storage/entry/entry.h"

#define LEASE_NO_TTL OUTCOME_NO_TTL

/* `ttl_ms` is PTTL's answer, 0 and more or LEASE_NO_TTL; `max_ms` 0 is no limit. The result may be
 * ENTRY_NO_DEADLINE. */
static inline int64_t lease_until_ms(int64_t asked_ms, int64_t ttl_ms, int64_t max_ms)
{
    bool capped = max_ms > 0 && (ttl_ms == LEASE_NO_TTL || ttl_ms > max_ms);
    if (capped) return (asked_ms + max_ms) & ~INT64_C(1);
    if (ttl_ms == LEASE_NO_TTL) return ENTRY_NO_DEADLINE;
    return (asked_ms + ttl_ms - 1) | 1;
}

/* Whether the deadline of an entry, or that it has none, is what the upstream would say of the key. */
static inline bool lease_is_keys_own(int64_t deadline_ms)
{
    return deadline_ms == ENTRY_NO_DEADLINE || deadline_ms % 2 != 0;
}

#endif
