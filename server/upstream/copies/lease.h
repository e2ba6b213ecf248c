/*
 * lease.h - until when a local copy may be served.
 *
 * A copy ends at the key's own deadline, counted from when its TTL was asked for and not from when the answer
 * came, or after near-cache-max-ttl, whichever is first. Which of the two it was must be known later, since
 * only the key's own deadline may be told by TTL; and so must it be, of an end that is ours, whether the key
 * has one at all, since TTL may tell that it has none. Both stand in the lowest two bits of the milliseconds:
 *
 *     odd   the key's own end
 *     2     ours, and the key has no TTL
 *     0     ours, and the key has a TTL that ends later
 *
 * That costs at most three milliseconds, and an entry no byte. What it says of the key is good as long as the
 * copy: a change of a TTL is a change of the key, of which the upstream tells as of any other.
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

#define LEASE_KIND_BITS INT64_C(3)
#define LEASE_ENDLESS   INT64_C(2)

/* `asked_ms` is not negative. */
static inline int64_t lease_capped_until_ms(int64_t asked_ms, int64_t max_ms, bool endless)
{
    int64_t until_ms = max_ms < INT64_MAX - asked_ms ? asked_ms + max_ms : INT64_MAX;
    if (!endless) return until_ms & ~LEASE_KIND_BITS;
    return ((until_ms - LEASE_ENDLESS) & ~LEASE_KIND_BITS) | LEASE_ENDLESS;
}

/* `ttl_ms` is PTTL's answer, 0 and more or LEASE_NO_TTL; `max_ms` 0 is no limit. The result may be
 * ENTRY_NO_DEADLINE. */
static inline int64_t lease_until_ms(int64_t asked_ms, int64_t ttl_ms, int64_t max_ms)
{
    bool capped = max_ms > 0 && (ttl_ms == LEASE_NO_TTL || ttl_ms > max_ms);
    if (capped) return lease_capped_until_ms(asked_ms, max_ms, ttl_ms == LEASE_NO_TTL);
    if (ttl_ms == LEASE_NO_TTL) return ENTRY_NO_DEADLINE;
    return (asked_ms + ttl_ms - 1) | 1;
}

/* Whether the deadline of an entry, or that it has none, is what the upstream would say of the key. */
static inline bool lease_is_keys_own(int64_t deadline_ms)
{
    return deadline_ms == ENTRY_NO_DEADLINE || deadline_ms % 2 != 0;
}

/* Whether the upstream would say of the key that it has no deadline. */
static inline bool lease_is_of_endless(int64_t deadline_ms)
{
    return deadline_ms == ENTRY_NO_DEADLINE || (deadline_ms & LEASE_KIND_BITS) == LEASE_ENDLESS;
}

#endif
