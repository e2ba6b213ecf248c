/*
 * room.h - making room in the budget, whichever shard has to give it.
 *
 * The shard that is about to be written to evicts, as it is locked anyway; but one that holds less than its
 * share lets the next in turn that holds more do it. So shards stay of one size, and none is drained by
 * others' writes.
 *
 * Threads: any, outside an access; one is opened for each few evictions.
 */
#ifndef STORAGE_KEYSPACE_ROOM_H
#define STORAGE_KEYSPACE_ROOM_H

#include <stddef.h>
#include <stdint.h>

#include "storage/keyspace/keyspace.h"

enum room {
    ROOM_ENOUGH, /* `need` bytes fit now */
    ROOM_SOME,   /* as much as was asked for has been freed, or as can be now, but more is needed */
    ROOM_NONE,   /* there is nothing left that may be evicted */
};

struct room_request {
    size_t need;   /* bytes to come */
    uint64_t hash; /* of the key they are for: whose shard goes first */
    int64_t now_ms;
    unsigned evictions; /* at most */
};

enum room room_make(struct keyspace *keyspace, const struct room_request *request);

#endif
