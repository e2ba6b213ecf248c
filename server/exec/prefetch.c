#include "server/exec/prefetch.h"

#include <string.h>

/* Keys that take a step together. */
#define GROUP 16
/* Groups between the last step of a member and its use: those that come first would wait otherwise. */
#define MEMBER_LEAD 1

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

/* How many from `at` on, that are needed before `to`, are of one key. */
static size_t run_at(const struct prefetch_members *members, size_t at, size_t to)
{
    const struct shard_member *first = &members->items[at];
    size_t i = at + 1;
    while (i < members->len && members->ends[i] <= to && members->items[i].key_hash == first->key_hash &&
           members->items[i].db == first->db)
        i++;
    return i - at;
}

/* Many members of one collection are found with one look at its key. */
static void step_members(struct prefetch_members *members, struct keyspace *keyspace, unsigned step,
                         size_t to)
{
    size_t at = members->taken[step];
    while (at < members->len && members->ends[at] <= to) {
        size_t run = members->there[at] ? 1 : run_at(members, at, to);
        if (!members->there[at] && !access_prefetch_members(keyspace, &members->items[at], run, step))
            memset(members->there + at, true, run);
        at += run;
    }
    members->taken[step] = at;
}

static void fetch_members(struct prefetch_members *members, struct keyspace *keyspace, size_t end)
{
    for (unsigned step = 0; step < SHARD_PREFETCH_STEPS; step++)
        step_members(members, keyspace, step, end + (SHARD_PREFETCH_STEPS + MEMBER_LEAD - step) * GROUP);
}

void prefetch_next_group(struct prefetch *prefetch, struct keyspace *keyspace, size_t end)
{
    size_t ahead = prefetch->members.len > 0 ? end + (SHARD_PREFETCH_STEPS + MEMBER_LEAD) * GROUP : end;
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
    members->len = 0;
    memset(members->taken, 0, sizeof members->taken);
}
