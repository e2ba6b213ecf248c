#include "server/exec/prefetch.h"

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

/* --- inside collections ------------------------------------------------------------------------------------
 */

static void step_members(struct prefetch_members *members, size_t *at, struct keyspace *keyspace,
                         enum shard_prefetch_step step, size_t to)
{
    for (; *at < members->len && members->items[*at].end <= to; ++*at)
        access_prefetch_member(keyspace, &members->items[*at].place, step);
}

static void fetch_members(struct prefetch_members *members, struct keyspace *keyspace, size_t end)
{
    step_members(members, &members->values, keyspace, SHARD_PREFETCH_VALUE, end + 3 * GROUP);
    step_members(members, &members->directories, keyspace, SHARD_PREFETCH_DIRECTORY, end + 2 * GROUP);
    step_members(members, &members->blocks, keyspace, SHARD_PREFETCH_BLOCK, end + GROUP);
}

void prefetch_next_group(struct prefetch *prefetch, struct keyspace *keyspace, size_t end)
{
    size_t ahead = prefetch->members.len > 0 ? end + 3 * GROUP : end;
    fetch_buckets(prefetch, keyspace, at_most(ahead + 3 * GROUP, prefetch->len));
    look_into_buckets(prefetch, keyspace, at_most(ahead + 2 * GROUP, prefetch->len));
    follow_overflows(prefetch, keyspace, at_most(ahead + GROUP, prefetch->len));
    if (prefetch->members.len > 0) fetch_members(&prefetch->members, keyspace, end);
    prefetch->through = at_most(end + GROUP, prefetch->len);
}

void prefetch_reset(struct prefetch *prefetch)
{
    prefetch->len = prefetch->fetched = prefetch->looked = prefetch->followed = prefetch->through = 0;
    struct prefetch_members *members = &prefetch->members;
    members->len = members->values = members->directories = members->blocks = 0;
}
