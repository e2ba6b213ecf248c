/*
 * rosters.h - the roster that is valid, and those before it, at which other loops may still look.
 *
 * A roster is made anew only when the upstream's COMMAND tells something else than before, so there are few.
 *
 * Threads: written on loop 0; rosters_latest() on any loop, good until rosters_clear().
 */
#ifndef SERVER_UPSTREAM_ROSTER_ROSTERS_H
#define SERVER_UPSTREAM_ROSTER_ROSTERS_H

#include <stdatomic.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct roster;

/* All zero: the upstream has told none. */
struct rosters {
    _Atomic(const struct roster *) latest;
    struct roster **all; /* oldest first */
    size_t count;
    struct buffer reply; /* what the latest was made of */
};

/* The upstream has replied to COMMAND. What is no such reply is passed over. */
void rosters_take(struct rosters *rosters, struct slice reply);
/* When no loop runs any more. */
void rosters_clear(struct rosters *rosters);

/* NULL until the upstream has told one. */
static inline const struct roster *rosters_latest(const struct rosters *rosters)
{
    return atomic_load(&rosters->latest);
}

#endif
