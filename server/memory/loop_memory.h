/*
 * loop_memory.h - what each loop keeps for the sake of memory.
 *
 * Threads: the loop's; the sums of accounts are read by any.
 */
#ifndef SERVER_MEMORY_LOOP_MEMORY_H
#define SERVER_MEMORY_LOOP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include "server/memory/client_account.h"

struct loop_memory {
    struct account_sums accounts; /* of its clients */
    bool sweeping;                /* more keys are due than the last slice of the sweep could remove */
    bool relieving;               /* the keyspace is above its budget, and nobody evicts enough */
    bool holding;                 /* clients wait until memory is below its limit */
    unsigned compact_turn;        /* the shard whose entries are moved together next */
    size_t written_bytes;         /* since resident memory was last looked at */
};

#endif
