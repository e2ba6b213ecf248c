/*
 * waiters.h - all clients that wait for keys, by their number.
 *
 * For CLIENT UNBLOCK, which any loop may run, also inside of a transaction: it finds the waiter and claims it
 * under the lock here, before its own loop can free it. And for INFO, which counts them.
 *
 * Threads: any; a lock of its own, under which nothing else is locked. The counts are atomic.
 */
#ifndef SERVER_EVENTS_BLOCKING_WAITERS_H
#define SERVER_EVENTS_BLOCKING_WAITERS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/chains.h"
#include "server/events/blocking/waiter.h"

struct waiters {
    pthread_mutex_t lock;
    struct chains chains;
};

void waiters_init(struct waiters *waiters);
void waiters_clear(struct waiters *waiters);

void waiters_add(struct waiters *waiters, struct waiter *waiter);
/* Nobody finds it any more. */
void waiters_remove(struct waiters *waiters, struct waiter *waiter);
/* That of a client, claimed; NULL: the client does not wait. */
struct waiter *waiters_claim(struct waiters *waiters, uint64_t id, enum waiter_state how);

#endif
