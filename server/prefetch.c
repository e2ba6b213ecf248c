#include "server/prefetch.h"

/* Keys that take a step together. */
#define GROUP 16

static size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

static void fetch_buckets(struct prefetch *prefetch, struct keyspace *keyspace, size_t to)
{
    for (; prefetch->fetched < to; prefetch->fetched++) {
        const struct prefetch_key *key = &prefetch->keys[prefetch->fetched];
        if (key->to_write)
            access_prefetch_to_write(keyspace, key->db, key->hash);
        else
            access_prefetch_bucket(keyspace, key->db, key->hash);
    }
}

static void look_into_buckets(struct prefetch *prefetch, struct keyspace *keyspace, size_t to)
{
    for (; prefetch->looked < to; prefetch->looked++) {
        struct prefetch_key *key = &prefetch->keys[prefetch->looked];
        key->in_overflow = access_prefetch_entry(keyspace, key->db, key->hash);
    }
}

static void follow_overflows(struct prefetch *prefetch, struct keyspace *keyspace, size_t to)
{
    for (; prefetch->followed < to; prefetch->followed++) {
        const struct prefetch_key *key = &prefetch->keys[prefetch->followed];
        if (key->in_overflow) access_prefetch_overflow(keyspace, key->db, key->hash);
    }
}

void prefetch_next_group(struct prefetch *prefetch, struct keyspace *keyspace, size_t end)
{
    fetch_buckets(prefetch, keyspace, at_most(end + 3 * GROUP, prefetch->len));
    look_into_buckets(prefetch, keyspace, at_most(end + 2 * GROUP, prefetch->len));
    follow_overflows(prefetch, keyspace, at_most(end + GROUP, prefetch->len));
}

void prefetch_reset(struct prefetch *prefetch)
{
    prefetch->len = prefetch->fetched = prefetch->looked = prefetch->followed = 0;
}
