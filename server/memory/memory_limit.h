/*
 * memory_limit.h - maxmemory: what the process may take, and what of it the keyspace.
 *
 * maxmemory is a promise about resident memory. The keyspace is charged what the allocator hands out for it;
 * what the process takes beyond that - pages half used, memory freed but not yet given back - changes with
 * the workload and cannot be known beforehand. So resident memory is watched: when it rises above the limit
 * the budget of the keyspace is lowered, and raised again when there is room. What was resident before the
 * first key came, and what clients hold by their accounts, is not held against the keyspace.
 *
 * maxmemory is also a limit to what is in use, as in Redis: the budget is what the process left of it when it
 * started, less what tables beside the keyspace take, so that used_memory, less what clients hold, stays
 * within.
 *
 * Threads: any loop, as each function says.
 */
#ifndef SERVER_MEMORY_MEMORY_LIMIT_H
#define SERVER_MEMORY_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct loop;
struct memory_limit;
struct server;
struct slice;

/* Reads the settings, and from now on follows them. To be called when all else of the server is made. */
struct memory_limit *memory_limit_create(struct server *server);
void memory_limit_destroy(struct memory_limit **limit);
/* A table that grows by what clients ask for, such as that of tracked keys: the keyspace is to have what it
 * leaves. How much that is will be asked for often, by any loop. Before the loops run. */
void memory_limit_leave_room(struct server *server, size_t (*bytes)(const void *table), const void *table);

/* Whether nothing needs to be asked of what follows: there is no limit, and nobody is to wait. */
bool memory_limit_is_idle(const struct server *server);
/* What a command may add, going by its arguments. */
struct memory_need {
    size_t bytes;
    uint64_t hash; /* of its first key */
};
struct memory_need memory_need_of(const struct slice *argv, int argc, uint64_t hash);
/* Whether a command that may grow memory must wait, since far more is resident than is allowed, or since what
 * it needs was flushed and is not free yet. Then it is to be asked again when memory_limit_relieve() says so.
 */
bool memory_limit_holds(struct loop *loop, const struct memory_need *need);
/* Whether there is room for it, after evicting for it as much as it takes. Outside of an access. False: it
 * must be refused. What is being freed is no room yet, and nothing is evicted in its place: who may wait has
 * asked memory_limit_holds(). */
bool memory_limit_admits(struct loop *loop, const struct memory_need *need);
/* The same for bytes that the arguments do not show, inside the access: nothing is evicted for them. */
bool memory_limit_has_room(const struct server *server, size_t bytes);

/* Compare resident memory with the limit and move the budget. Ten times a second by loop 0, and by whoever
 * has written much. */
void memory_limit_watch(struct server *server, int64_t now_ms);
/* Evict for a while, if the keyspace is above its budget. Sets `relieving` of the loop when more is to be
 * done. True: enough was done, and those who were held may go on. */
bool memory_limit_relieve(struct loop *loop);

#endif
