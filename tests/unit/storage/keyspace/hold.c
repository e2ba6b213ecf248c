/* Shards that are kept for long, and those who wait for them. */
#include "storage/keyspace/hold.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/access_glance.h"
#include "storage/keyspace/room.h"
#include "tests/support/pace.h"

#define SHARDS 8

static struct keyspace *fresh_keyspace(void)
{
    struct keyspace_options options = { .shards = SHARDS, .databases = 1, .locking = true, .hash_seed = 5 };
    return keyspace_create(&options);
}

/* The hash of a key in the shard of that index. */
static uint64_t hash_in(unsigned shard)
{
    return (uint64_t)shard << 61;
}

static void keep(struct access *access, struct keyspace *keyspace, uint64_t shards)
{
    cr_assert(hold_open(access, keyspace, shards));
    hold_keep(access);
}

static bool may_open(struct keyspace *keyspace, unsigned shard)
{
    struct access access;
    if (!access_open(&access, keyspace, hash_in(shard))) return false;
    access_close(&access);
    return true;
}

static bool may_open_two(struct keyspace *keyspace, unsigned one, unsigned other)
{
    struct access access;
    if (!access_open_shards(&access, keyspace, UINT64_C(1) << one | UINT64_C(1) << other)) return false;
    access_close(&access);
    return true;
}

static bool may_open_all(struct keyspace *keyspace)
{
    struct access access;
    if (!access_open_all(&access, keyspace)) return false;
    access_close(&access);
    return true;
}

Test(hold, who_meets_a_shard_that_is_kept_is_refused_and_others_go_on)
{
    struct keyspace *keyspace = fresh_keyspace();
    struct access kept;
    keep(&kept, keyspace, 1 << 2 | 1 << 5);
    cr_assert(!may_open(keyspace, 2));
    cr_assert(may_open(keyspace, 3));
    cr_assert(!may_open_two(keyspace, 3, 5));
    cr_assert(!may_open_two(keyspace, 5, 6));
    cr_assert(may_open_two(keyspace, 3, 6));
    cr_assert(!may_open_all(keyspace));
    cr_assert_null(access_glance(keyspace, 2));

    cr_assert_eq(hold_close(&kept), 0);
    cr_assert(may_open(keyspace, 2));
    cr_assert(may_open_two(keyspace, 2, 5));
    cr_assert(may_open_all(keyspace));
    keyspace_destroy(&keyspace);
}

Test(hold, what_is_kept_can_be_extended)
{
    struct keyspace *keyspace = fresh_keyspace();
    struct access kept;
    keep(&kept, keyspace, 0);
    cr_assert(may_open(keyspace, 7));
    access_extend(&kept, hash_in(7));
    cr_assert_not_null(access_shard(&kept, hash_in(7)));
    cr_assert(!may_open(keyspace, 7));
    hold_close(&kept);
    cr_assert(may_open(keyspace, 7));
    keyspace_destroy(&keyspace);
}

Test(hold, who_waits_is_told_at_the_end)
{
    struct keyspace *keyspace = fresh_keyspace();
    struct access kept;
    keep(&kept, keyspace, 1 << 2);
    hold_wait(keyspace, 3);
    hold_wait(keyspace, 63);
    cr_assert_eq(hold_close(&kept), UINT64_C(1) << 3 | UINT64_C(1) << 63);
    keyspace_destroy(&keyspace);
}

Test(hold, nothing_is_kept_again_before_those_who_waited_have_asked)
{
    struct keyspace *keyspace = fresh_keyspace();
    struct access kept;
    keep(&kept, keyspace, 1 << 2);
    hold_wait(keyspace, 0);
    hold_wait(keyspace, 1);
    cr_assert_eq(hold_close(&kept), 3);

    cr_assert(!hold_open(&kept, keyspace, 1 << 2));
    hold_wait(keyspace, 2);
    cr_assert(may_open(keyspace, 2));
    cr_assert(may_open_all(keyspace));
    cr_assert_eq(hold_asked(keyspace, 1), 0);
    cr_assert(!hold_open(&kept, keyspace, 1 << 2));
    cr_assert_eq(hold_asked(keyspace, 0), 1 << 2);
    keep(&kept, keyspace, 1 << 2);
    hold_close(&kept);
    keyspace_destroy(&keyspace);
}

/* Who is about to keep shards waits as others do, and is among those that are owed their turn. */
Test(hold, who_waits_to_keep_shards_does_not_wait_for_itself)
{
    struct keyspace *keyspace = fresh_keyspace();
    struct access kept;
    keep(&kept, keyspace, 1);
    hold_wait(keyspace, 0);
    cr_assert_eq(hold_close(&kept), 1);
    cr_assert(!hold_open(&kept, keyspace, 1));
    hold_wait(keyspace, 0);
    cr_assert_eq(hold_asked(keyspace, 0), 1);
    keep(&kept, keyspace, 1);
    hold_close(&kept);
    keyspace_destroy(&keyspace);
}

Test(hold, room_is_made_in_other_shards)
{
    struct keyspace *keyspace = fresh_keyspace();
    struct access kept;
    budget_set_limit(keyspace_budget(keyspace), 1);
    struct room_request request = { .need = 100, .hash = hash_in(1), .evictions = 10 };
    cr_assert_eq(room_make(keyspace, &request), ROOM_NONE);
    keep(&kept, keyspace, 0xff);
    cr_assert_eq(room_make(keyspace, &request), ROOM_SOME);
    hold_close(&kept);
    keyspace_destroy(&keyspace);
}

/* Clients on a few threads: each asks for shards, waits to be woken when it is refused, and counts. */
#define CLIENTS    3
#define KEPT_LEAST 100

struct scene {
    struct keyspace *keyspace;
    _Atomic uint32_t woken[CLIENTS];
    uint64_t counts[SHARDS]; /* each under its shard's lock, or kept */
    _Atomic unsigned busy;
    _Atomic unsigned kept; /* how often */
    pthread_barrier_t start;
};

struct client {
    pthread_t thread;
    struct scene *scene;
    unsigned number;
    struct random random;
};

static void wake(struct scene *scene, uint64_t waiters)
{
    for (; waiters != 0; waiters &= waiters - 1) atomic_fetch_add(&scene->woken[__builtin_ctzll(waiters)], 1);
}

static void wait_to_be_woken(struct client *client)
{
    _Atomic uint32_t *woken = &client->scene->woken[client->number];
    while (atomic_load(woken) == 0) sched_yield();
    atomic_fetch_sub(woken, 1);
}

static bool ask(struct client *client, struct access *access, uint64_t shards)
{
    struct keyspace *keyspace = client->scene->keyspace;
    return shards == 0 ? access_open_all(access, keyspace) : access_open_shards(access, keyspace, shards);
}

static void open_in_the_end(struct client *client, struct access *access, uint64_t shards)
{
    struct keyspace *keyspace = client->scene->keyspace;
    while (!ask(client, access, shards)) {
        hold_wait(keyspace, client->number);
        if (ask(client, access, shards)) return;
        wake(client->scene, hold_asked(keyspace, client->number));
        wait_to_be_woken(client);
    }
}

static void count(struct scene *scene, uint64_t shards)
{
    for (; shards != 0; shards &= shards - 1) scene->counts[__builtin_ctzll(shards)]++;
}

static void *serve(void *argument)
{
    struct client *client = argument;
    struct scene *scene = client->scene;
    size_t steps = PACE_SANITIZED ? 500 : 5000;
    pthread_barrier_wait(&scene->start);
    for (size_t step = 0; step < steps || atomic_load(&scene->kept) < KEPT_LEAST; step++) {
        struct access access;
        open_in_the_end(client, &access, random_below(&client->random, 8) == 0 ? 0 : 1 << (step % SHARDS));
        count(scene, access.shards);
        access_close(&access);
        wake(scene, hold_asked(scene->keyspace, client->number));
    }
    atomic_fetch_sub(&scene->busy, 1);
    return NULL;
}

/* One after the other, without a pause, until the others are done. */
static void *keep_on(void *argument)
{
    struct client *client = argument;
    struct scene *scene = client->scene;
    pthread_barrier_wait(&scene->start);
    while (atomic_load(&scene->busy) > 0) {
        struct access access;
        uint64_t shards = random_below(&client->random, 255) + 1;
        if (!hold_open(&access, scene->keyspace, shards)) {
            sched_yield();
            continue;
        }
        hold_keep(&access);
        access_extend(&access, hash_in((unsigned)random_below(&client->random, SHARDS)));
        count(scene, access.shards);
        sched_yield();
        wake(scene, hold_close(&access));
        atomic_fetch_add(&scene->kept, 1);
    }
    return NULL;
}

Test(hold, nobody_starves_or_is_forgotten)
{
    struct scene scene = { .keyspace = fresh_keyspace(), .busy = CLIENTS };
    struct client clients[CLIENTS + 1];
    pthread_barrier_init(&scene.start, NULL, CLIENTS + 1);
    for (unsigned i = 0; i <= CLIENTS; i++) {
        clients[i] = (struct client){ .scene = &scene, .number = i, .random = { i } };
        pthread_create(&clients[i].thread, NULL, i < CLIENTS ? serve : keep_on, &clients[i]);
    }
    for (unsigned i = 0; i <= CLIENTS; i++) pthread_join(clients[i].thread, NULL);
    pthread_barrier_destroy(&scene.start);
    keyspace_destroy(&scene.keyspace);
}
