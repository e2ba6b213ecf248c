/* One thread bumps and replaces tables, others ask meanwhile: an acknowledged bump is never missed. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "storage/dress/bumps.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"

#define TAGS    3000
#define READERS 2
#define BUMPS   60000
#define NOW_US  INT64_C(1700000000000000)

struct world {
    struct keyspace *keyspace;
    struct bumps *bumps;
    uint64_t tags[TAGS];
    _Atomic uint64_t last[TAGS];
    _Atomic bool over;
    _Atomic uint64_t asked, missed;
};

static void *read_on(void *context)
{
    struct world *w = context;
    struct random random = { .state = (uint64_t)(uintptr_t)&random };
    while (!atomic_load(&w->over)) {
        unsigned which = (unsigned)(random_next(&random) % TAGS);
        struct access access;
        access_get(&access, w->keyspace, random_next(&random));
        uint64_t last = atomic_load(&w->last[which]);
        if (last > 0 && bumps_allow(w->bumps, &w->tags[which], 1, last - 1)) atomic_fetch_add(&w->missed, 1);
        atomic_fetch_add(&w->asked, 1);
        access_close(&access);
    }
    return NULL;
}

static void pass_all(struct world *w)
{
    for (unsigned i = 0; i < keyspace_shards(w->keyspace); i++) {
        struct access access;
        bool open = access_open_at(&access, w->keyspace, i);
        cr_assert(open);
        bumps_passed(w->bumps, i);
        access_close(&access);
    }
}

Test(bumps, an_acknowledged_bump_is_seen_while_tables_are_replaced)
{
    static struct world w;
    w.keyspace = keyspace_create(
        &(struct keyspace_options){ .shards = 4, .databases = 1, .locking = true, .hash_seed = 5 });
    w.bumps = keyspace_bumps(w.keyspace);
    bumps_set_limit(w.bumps, 2000);
    char name[32];
    for (unsigned i = 0; i < TAGS; i++)
        w.tags[i] = bumps_hash(w.bumps, slice_of(name, (size_t)snprintf(name, sizeof name, "t%u", i)));

    pthread_t readers[READERS];
    for (unsigned i = 0; i < READERS; i++) pthread_create(&readers[i], NULL, read_on, &w);
    struct random random = { .state = 9 };
    for (unsigned i = 0; i < BUMPS; i++) {
        unsigned which = (unsigned)(random_next(&random) % TAGS);
        enum bump_kind kind = random_next(&random) % 2 ? BUMP_HARD : BUMP_SOFT;
        atomic_store(&w.last[which], bumps_bump(w.bumps, &w.tags[which], 1, kind, NOW_US));
        if (i % 500 == 0) pass_all(&w);
    }
    atomic_store(&w.over, true);
    for (unsigned i = 0; i < READERS; i++) pthread_join(readers[i], NULL);
    cr_assert_gt(atomic_load(&w.asked), 0);
    cr_assert_eq(atomic_load(&w.missed), 0, "of %llu", (unsigned long long)atomic_load(&w.asked));
    cr_assert_gt(bumps_stats(w.bumps).floors, 0);
    keyspace_destroy(&w.keyspace);
}
