/*
 * census.h - how many clients there are, over all loops, and the number that the next one gets.
 *
 * Threads: any.
 */
#ifndef SERVER_EXEC_SESSION_CENSUS_H
#define SERVER_EXEC_SESSION_CENSUS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct census {
    _Atomic uint32_t
        attention;        /* of `monitors` and `reaching` together: mostly 0, and all that is looked at */
    _Atomic uint64_t ids; /* given so far; an id is never used twice */
    _Atomic uint32_t connected; /* counted by whoever accepts, before a loop has them */
    _Atomic uint32_t blocked;   /* kept waiting by a command of theirs, or by a pause */
    _Atomic uint32_t monitors;  /* in MONITOR mode */
    _Atomic uint32_t
        reaching; /* they wait for a key, and will write to another: events/blocking/blocking.h */
};

static inline uint64_t census_next_id(struct census *census)
{
    return atomic_fetch_add(&census->ids, 1) + 1;
}

static inline uint32_t census_get(const _Atomic uint32_t *count)
{
    return atomic_load_explicit(count, memory_order_relaxed);
}

static inline void census_join(_Atomic uint32_t *count)
{
    atomic_fetch_add(count, 1);
}

static inline void census_leave(_Atomic uint32_t *count)
{
    atomic_fetch_sub(count, 1);
}

/* Of those for whom there is more to do for each command. */
static inline uint32_t census_attention(const struct census *census)
{
    return census_get(&census->attention);
}

static inline void census_join_attended(struct census *census, _Atomic uint32_t *count)
{
    census_join(count);
    census_join(&census->attention);
}

static inline void census_leave_attended(struct census *census, _Atomic uint32_t *count)
{
    census_leave(count);
    census_leave(&census->attention);
}

#endif
