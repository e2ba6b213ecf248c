#include "storage/keyspace/access.h"
#include "storage/keyspace/access_glance.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "tests/support/pace.h"

#define THREADS  4
#define ACCOUNTS 200
#define MONEY    1000

static struct keyspace *fresh_keyspace(bool locking)
{
    struct keyspace_options options = { .shards = 8, .databases = 2, .locking = locking, .hash_seed = 5 };
    return keyspace_create(&options);
}

struct account {
    char name[24];
    struct key key;
};

static void name_account(struct account *account, struct keyspace *keyspace, size_t i)
{
    size_t len = (size_t)snprintf(account->name, sizeof account->name, "account %zu", i);
    account->key = keyspace_key(keyspace, slice_of(account->name, len));
}

static struct entry *find(struct access *access, const struct account *account)
{
    return shard_find(access_shard(access, account->key.hash), 0, account->key, 0);
}

static void open_accounts(struct keyspace *keyspace)
{
    struct access access;
    struct account account;
    for (size_t i = 0; i < ACCOUNTS; i++) {
        name_account(&account, keyspace, i);
        access_get(&access, keyspace, account.key.hash);
        struct shard *shard = access_shard(&access, account.key.hash);
        shard_put_string(shard, 0, account.key, NULL, SLICE("1000"), ENTRY_NO_DEADLINE);
        access_close(&access);
    }
}

static int64_t total(struct keyspace *keyspace)
{
    struct access access;
    struct account account;
    int64_t sum = 0, money = 0;
    access_get_all(&access, keyspace);
    cr_assert_eq(keyspace_len(keyspace, 0), ACCOUNTS);
    for (size_t i = 0; i < ACCOUNTS; i++) {
        name_account(&account, keyspace, i);
        if (entry_integer(find(&access, &account), &money)) sum += money;
    }
    access_close(&access);
    return sum;
}

static void transfer(struct keyspace *keyspace, struct random *random)
{
    struct account from, to;
    name_account(&from, keyspace, random_below(random, ACCOUNTS));
    name_account(&to, keyspace, random_below(random, ACCOUNTS));
    access_prefetch_bucket(keyspace, 0, from.key.hash);
    access_prefetch_entry(keyspace, 0, from.key.hash);

    struct access access;
    int64_t there, here, amount = (int64_t)random_below(random, 50);
    cr_assert(access_open_shards(&access, keyspace,
                                 access_bit(keyspace, from.key.hash) | access_bit(keyspace, to.key.hash)));
    struct entry *source = find(&access, &from), *target = find(&access, &to);
    entry_integer(source, &there);
    entry_set_integer(source, there - amount);
    entry_integer(target, &here);
    entry_set_integer(target, here + amount);
    access_close(&access);
}

/* Keys of another database that come and go, so that tables split under the other threads' prefetches. */
static void churn(struct keyspace *keyspace, struct random *random)
{
    struct account account;
    name_account(&account, keyspace, random_below(random, 5000));
    access_prefetch_bucket(keyspace, 1, account.key.hash);
    access_prefetch_entry(keyspace, 1, account.key.hash);
    struct access access;
    access_get(&access, keyspace, account.key.hash);
    struct shard *shard = access_shard(&access, account.key.hash);
    struct entry *entry = shard_find(shard, 1, account.key, 0);
    if (entry == NULL)
        shard_put_string(shard, 1, account.key, NULL, SLICE("x"), 1 + (int64_t)random_below(random, 99));
    else
        shard_remove(shard, 1, account.key, entry);
    access_close(&access);
}

struct worker {
    pthread_t thread;
    struct keyspace *keyspace;
    struct random random;
    bool conserved;
};

static void *work(void *argument)
{
    struct worker *worker = argument;
    size_t steps = PACE_SANITIZED ? 3000 : 50000;
    worker->conserved = true;
    for (size_t step = 0; step < steps; step++) {
        transfer(worker->keyspace, &worker->random);
        churn(worker->keyspace, &worker->random);
        if (step % 1000 == 0) worker->conserved &= total(worker->keyspace) == ACCOUNTS * MONEY;
        if (step % 10 == 0) keyspace_stats(worker->keyspace);
        if (step % 10 == 1) keyspace_deadlines(worker->keyspace, 1);
    }
    return NULL;
}

static void check_all(struct keyspace *keyspace)
{
    struct access access;
    access_get_all(&access, keyspace);
    for (unsigned i = 0; i < keyspace_shards(keyspace); i++) shard_check(access_shard_at(&access, i));
    access_close(&access);
}

Test(access, what_several_shards_hold_together_is_never_seen_half_done)
{
    struct worker workers[THREADS];
    struct keyspace *keyspace = fresh_keyspace(true);
    open_accounts(keyspace);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (struct worker){ .keyspace = keyspace, .random = { i } };
        pthread_create(&workers[i].thread, NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(workers[i].thread, NULL);
        cr_assert(workers[i].conserved);
    }
    check_all(keyspace);
    keyspace_destroy(&keyspace);
    cr_assert_null(keyspace);
}

struct greedy {
    pthread_t thread;
    struct keyspace *keyspace;
    struct random random;
    size_t opened;
};

/* A few shards at a time, in any mixture with all of them. */
static void *open_much(void *argument)
{
    struct greedy *greedy = argument;
    size_t steps = PACE_SANITIZED ? 5000 : 100000;
    struct access access;
    for (size_t step = 0; step < steps; step++) {
        uint64_t shards = (random_below(&greedy->random, 255) + 1);
        bool all = random_below(&greedy->random, 16) == 0;
        bool open = all ? access_open_all(&access, greedy->keyspace)
                        : access_open_shards(&access, greedy->keyspace, shards);
        if (!open) break;
        greedy->opened += all ? access.shards == 255 && access.token : access.shards == shards;
        access_close(&access);
    }
    return NULL;
}

Test(access, of_many_shards_are_opened_by_all_threads_in_the_end)
{
    struct greedy threads[THREADS];
    struct keyspace *keyspace = fresh_keyspace(true);
    for (size_t i = 0; i < THREADS; i++) {
        threads[i] = (struct greedy){ .keyspace = keyspace, .random = { i } };
        pthread_create(&threads[i].thread, NULL, open_much, &threads[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        cr_assert_eq(threads[i].opened, PACE_SANITIZED ? 5000 : 100000);
    }
    keyspace_destroy(&keyspace);
}

/* Each begins with shards of its own and goes on to any others, in any order. */
static void *extend_much(void *argument)
{
    struct greedy *greedy = argument;
    size_t steps = PACE_SANITIZED ? 2000 : 40000;
    struct access access;
    for (size_t step = 0; step < steps; step++) {
        if (!access_open_token(&access, greedy->keyspace, random_below(&greedy->random, 256))) break;
        for (size_t i = random_below(&greedy->random, 4); i > 0; i--) {
            uint64_t hash = random_next(&greedy->random);
            access_extend(&access, hash);
            REQUIRE(access_shard(&access, hash) != NULL);
        }
        access_close(&access);
        uint64_t shards = random_below(&greedy->random, 255) + 1;
        if (!access_open_shards(&access, greedy->keyspace, shards)) break;
        access_close(&access);
        greedy->opened++;
    }
    return NULL;
}

Test(access, with_the_token_may_be_extended_while_others_are_opened)
{
    struct greedy threads[THREADS];
    struct keyspace *keyspace = fresh_keyspace(true);
    for (size_t i = 0; i < THREADS; i++) {
        threads[i] = (struct greedy){ .keyspace = keyspace, .random = { i } };
        pthread_create(&threads[i].thread, NULL, extend_much, &threads[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        cr_assert_eq(threads[i].opened, PACE_SANITIZED ? 2000 : 40000);
    }
    keyspace_destroy(&keyspace);
}

#ifndef NDEBUG
Test(access, is_one_for_each_thread, .signal = SIGABRT)
{
    struct keyspace *keyspace = fresh_keyspace(true);
    struct access one, other;
    access_get(&one, keyspace, 1);
    access_get(&other, keyspace, UINT64_MAX);
}

Test(access, is_not_opened_under_a_leaf, .signal = SIGABRT)
{
    struct keyspace *keyspace = fresh_keyspace(true);
    struct access access;
    pthread_mutex_t leaf = PTHREAD_MUTEX_INITIALIZER;
    leaf_lock(&leaf);
    access_get(&access, keyspace, 1);
}

Test(access, is_closed_before_the_kernel_is_called, .signal = SIGABRT)
{
    struct keyspace *keyspace = fresh_keyspace(true);
    struct access access;
    access_get(&access, keyspace, 1);
    rank_require_none();
}
#endif

Test(access, works_the_same_without_locks)
{
    struct keyspace *keyspace = fresh_keyspace(false);
    struct worker worker = { .keyspace = keyspace };
    open_accounts(keyspace);
    work(&worker);
    cr_assert(worker.conserved);
    check_all(keyspace);
    keyspace_destroy(&keyspace);
}

Test(access, a_hash_belongs_to_one_shard_and_all_shards_have_some)
{
    for (unsigned shards = 1; shards <= KEYSPACE_SHARDS_MAX; shards *= 2) {
        struct keyspace_options options = { .shards = shards, .databases = 1, .hash_seed = shards };
        struct keyspace *keyspace = keyspace_create(&options);
        uint64_t seen = 0;
        for (size_t i = 0; i < 2000; i++) {
            struct account account;
            name_account(&account, keyspace, i);
            cr_assert_lt(keyspace_shard_of(keyspace, account.key.hash), shards);
            seen |= access_bit(keyspace, account.key.hash);
        }
        cr_assert_eq(seen, UINT64_MAX >> (64 - shards));
        keyspace_destroy(&keyspace);
    }
}
