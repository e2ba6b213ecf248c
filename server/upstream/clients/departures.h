/*
 * departures.h - what is known of clients that have gone while the upstream had them wait: the numbers behind
 * departure.h.
 *
 * Threads: a loop's own, but for what is atomic.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_DEPARTURES_H
#define SERVER_UPSTREAM_CLIENTS_DEPARTURES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct look_letter;

/* Of all loops. */
struct departures {
    _Atomic uint64_t begun; /* clients that have gone while they waited, ever */
    _Atomic uint64_t known; /* those of them that the upstream has been told of */
    _Atomic unsigned looks; /* under way */
};

/* Of one loop. */
struct looks {
    struct look_letter *questions; /* to be answered */
    uint64_t number;               /* begun here */
    uint64_t over;                 /* of them, the latest that is */
    bool begun;                    /* in this turn */
    uint64_t turn;
};

static inline bool departures_are_pending(const struct departures *departures)
{
    return atomic_load(&departures->begun) != atomic_load(&departures->known) ||
           atomic_load(&departures->looks) > 0;
}

#endif
