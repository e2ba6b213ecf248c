#include "server/prefetch.h"

/* Keys between two steps: what runs meanwhile should take as long as a miss, some 150 ns. */
#define STEP 6

static size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

void prefetch_advance(struct prefetch *prefetch, struct keyspace *keyspace, size_t end)
{
    size_t to_look = at_most(end + 2 * STEP, prefetch->len);
    for (; prefetch->looked < to_look; prefetch->looked++) {
        struct prefetch_key *key = &prefetch->keys[prefetch->looked];
        key->in_overflow = access_prefetch_entry(keyspace, key->db, key->hash);
    }
    size_t to_follow = at_most(end + STEP, prefetch->len);
    for (; prefetch->followed < to_follow; prefetch->followed++) {
        const struct prefetch_key *key = &prefetch->keys[prefetch->followed];
        if (key->in_overflow) access_prefetch_overflow(keyspace, key->db, key->hash);
    }
}

void prefetch_reset(struct prefetch *prefetch)
{
    prefetch->len = prefetch->looked = prefetch->followed = 0;
}
