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
        if (key->use == PREFETCH_READ)
            access_prefetch_bucket(keyspace, key->db, key->hash);
        else if (key->use == PREFETCH_WRITE)
            access_prefetch_to_write(keyspace, key->db, key->hash);
    }
}

static void look_into_buckets(struct prefetch *prefetch, struct keyspace *keyspace, size_t to)
{
    for (; prefetch->looked < to; prefetch->looked++) {
        const struct prefetch_key *key = &prefetch->keys[prefetch->looked];
        if (key->use == PREFETCH_AGAIN) continue;
        if (__builtin_expect(access_prefetch_entry(keyspace, key->db, key->hash), 0))
            prefetch->overflow[prefetch->overflow_len++] = (uint16_t)prefetch->looked;
    }
}

static void follow_overflows(struct prefetch *prefetch, struct keyspace *keyspace, size_t to)
{
    while (prefetch->followed < prefetch->overflow_len && prefetch->overflow[prefetch->followed] < to) {
        const struct prefetch_key *key = &prefetch->keys[prefetch->overflow[prefetch->followed++]];
        access_prefetch_overflow(keyspace, key->db, key->hash);
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

/* How many of the members at `at` have taken the step: one that is there, or all of one collection, which are
 * found with one look at its key. */
static size_t step_some(struct prefetch_members *members, struct keyspace *keyspace, unsigned step, size_t at,
                        size_t to)
{
    if (members->there[at]) return 1;
    size_t run = run_at(members, at, to);
    if (access_prefetch_members(keyspace, &members->items[at], run, step)) return run;
    members->there[at] = true;
    if (run > 1) memset(members->there + at, true, run);
    return run;
}

static void step_members(struct prefetch_members *members, struct keyspace *keyspace, unsigned step,
                         size_t to)
{
    size_t at = members->taken[step];
    while (at < members->len && members->ends[at] <= to) at += step_some(members, keyspace, step, at, to);
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
    prefetch->len = prefetch->fetched = prefetch->looked = prefetch->through = 0;
    prefetch->overflow_len = prefetch->followed = 0;
    struct prefetch_members *members = &prefetch->members;
    members->len = 0;
    memset(members->taken, 0, sizeof members->taken);
}
