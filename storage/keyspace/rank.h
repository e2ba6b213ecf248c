/*
 * rank.h - the order in which a thread takes locks, asserted in debug builds.
 *
 * First an access (the token, then shards: access.h), inside it or without one a leaf: the lock of a
 * registry, of the configuration, of a log. Under a leaf nothing else is taken and no access is opened. While
 * either is held the kernel is not called: others would wait for it.
 *
 * Threads: each has a record of its own.
 */
#ifndef STORAGE_KEYSPACE_RANK_H
#define STORAGE_KEYSPACE_RANK_H

#include <pthread.h>
#include <stdbool.h>

enum rank { RANK_NONE, RANK_ACCESS, RANK_LEAF };

#ifdef NDEBUG
static inline void rank_take(enum rank rank)
{
    (void)rank;
}
static inline void rank_drop(enum rank rank)
{
    (void)rank;
}
static inline void rank_require_none(void) {}
#else
/* What the thread holds must be below `rank`. */
void rank_take(enum rank rank);
/* `rank` must be the highest that it holds. */
void rank_drop(enum rank rank);
/* The thread holds nothing: it may call the kernel, and wait. */
void rank_require_none(void);
#endif

/* A leaf. */
static inline void leaf_lock(pthread_mutex_t *lock)
{
    rank_take(RANK_LEAF);
    pthread_mutex_lock(lock);
}

static inline void leaf_unlock(pthread_mutex_t *lock)
{
    pthread_mutex_unlock(lock);
    rank_drop(RANK_LEAF);
}

#endif
