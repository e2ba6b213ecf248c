/*
 * batch.h - the unit of work: the requests of some connections that a turn of a loop found readable.
 *
 * They are parsed first, across connections; then executed in order, while the memory that requests further
 * down will touch is on its way into the cache (prefetch.h). Replies of one connection leave in one write.
 *
 * Threads: the owning loop.
 */
#ifndef SERVER_NET_BATCH_H
#define SERVER_NET_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "proto/request.h"
#include "server/exec/prefetch.h"
#include "server/exec/request.h"

struct loop;

/* Requests parsed before the first of them runs. More would push the oldest out of the first-level cache. */
#define BATCH_REQUESTS 512

struct batch {
    struct request requests[BATCH_REQUESTS];
    size_t len;
    size_t
        most; /* requests that it takes: BATCH_REQUESTS, or fewer when one must run before more are parsed */
    struct request_args args;
    struct prefetch keys;
};

struct batch *batch_create(void);
/* Parse and execute all that the loop's ready connections have. */
void batch_run(struct loop *loop);
void batch_destroy(struct batch **batch);

#endif
