/*
 * watches.h - what a session watches (WATCH), as far as others ask.
 *
 * events/watch/watch.h keeps it: it makes it with the first key, and ends it. What is asked of it without
 * knowing anything of keys is here.
 *
 * Threads: the loop of the session; `changed` is set by any.
 */
#ifndef SERVER_EXEC_TRANSACTION_WATCHES_H
#define SERVER_EXEC_TRANSACTION_WATCHES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "server/exec/session/session.h"

struct watch_mark;

struct watches {
    _Atomic bool changed; /* one of the keys has: the next EXEC runs nothing */
    SLIST_HEAD(, watch_mark) marks;
    uint64_t shards; /* of the keys, a bit for each */
    size_t count;
    size_t bytes; /* of memory */
};

static inline bool watches_are_broken(const struct session *session)
{
    return session->watches != NULL && atomic_load(&session->watches->changed);
}

static inline uint64_t watches_shards(const struct session *session)
{
    return session->watches != NULL ? session->watches->shards : 0;
}

#endif
