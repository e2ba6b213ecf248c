/*
 * store.h - a keyspace with a limit, and keys that are numbers, for tests of eviction.
 *
 * Threads: one.
 */
#ifndef TESTS_UNIT_STORAGE_EVICT_STORE_H
#define TESTS_UNIT_STORAGE_EVICT_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/evict/budget.h"
#include "storage/evict/policy.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/room.h"

struct store {
    struct keyspace *keyspace;
    struct budget *budget;
    int64_t now_ms;
};

struct store_options {
    unsigned shards; /* 1 */
    size_t limit_bytes;
    struct budget_rules rules;
};

void store_open(struct store *store, const struct store_options *options);
void store_close(struct store *store);
/* Walk everything in every shard. */
void store_check(struct store *store);

/* SET key to `len` bytes, making room before; false when there was none. */
bool store_set(struct store *store, unsigned key, size_t len);
bool store_set_until(struct store *store, unsigned key, size_t len, int64_t deadline_ms);
/* GET: whether it is there. */
bool store_get(struct store *store, unsigned key);
/* Whether it is there, unseen by the policy. */
bool store_has(struct store *store, unsigned key);
void store_delete(struct store *store, unsigned key);
size_t store_len(const struct store *store);
uint64_t store_evicted(const struct store *store);

#endif
