#include "server/memory/client_account.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/memory/loop_memory.h"

#define LOOPS   2
#define CLIENTS 12
#define STEPS   20000
#define SEED    20240611

static struct settings settings;
static struct loop loops[LOOPS];
static struct loop_memory memories[LOOPS];
static struct server server;
static struct client_account accounts[CLIENTS];

/* What is known of each client without any sum. */
static struct model {
    bool open;
    bool spared;
    size_t held[ACCOUNT_KINDS];
    size_t reserved;
    size_t leaving;
} models[CLIENTS];

static void open_server(void)
{
    settings_init(&settings);
    server = (struct server){ .settings = &settings, .loops = loops, .loop_count = LOOPS };
    for (int i = 0; i < LOOPS; i++) {
        loops[i].server = &server;
        loops[i].memory = &memories[i];
    }
}

static void close_server(void)
{
    settings_clear(&settings);
}

TestSuite(client_account, .init = open_server, .fini = close_server);

static size_t total_of(const struct model *model)
{
    size_t total = 0;
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++) total += model->held[kind];
    return total;
}

static size_t size_class(size_t total)
{
    size_t class = 0;
    while (class < ACCOUNT_SIZES - 1 && total >> (class + 1) > 0) class ++;
    return class;
}

/* The sums that the clients of one loop make. */
static void expect_sums(int loop)
{
    uint64_t of_kind[ACCOUNT_KINDS] = { 0 }, of_size[ACCOUNT_SIZES] = { 0 };
    uint64_t total = 0, reserved = 0, leaving = 0;
    for (int i = loop; i < CLIENTS; i += LOOPS) {
        size_t own = total_of(&models[i]);
        for (int kind = 0; kind < ACCOUNT_KINDS; kind++) of_kind[kind] += models[i].held[kind];
        if (own > 0 && !models[i].spared) of_size[size_class(own)]++;
        cr_assert_eq(client_account_total(&accounts[i]), own);
        total += own;
        reserved += models[i].reserved;
        leaving += models[i].leaving;
    }
    struct account_sums *sums = &loops[loop].memory->accounts;
    for (int kind = 0; kind < ACCOUNT_KINDS; kind++)
        cr_assert_eq(counter_get(&sums->of_kind[kind]), of_kind[kind]);
    for (int size = 0; size < ACCOUNT_SIZES; size++)
        cr_assert_eq(counter_get(&sums->of_size[size]), of_size[size], "2^%d bytes", size);
    cr_assert_eq(counter_get(&sums->total), total);
    cr_assert_eq(counter_get(&sums->reserved), reserved);
    cr_assert_eq(counter_get(&sums->leaving), leaving);
}

static void change_one(struct random *random, struct client_account *account, struct model *model)
{
    enum account_kind kind = (enum account_kind)random_below(random, ACCOUNT_KINDS);
    size_t bytes = random_below(random, UINT64_C(1) << random_below(random, 44));
    switch (random_below(random, 3)) {
    case 0:
        client_account_set(account, kind, bytes);
        model->held[kind] = bytes;
        break;
    case 1:
        client_account_add(account, kind, bytes);
        model->held[kind] += bytes;
        break;
    default:
        bytes = bytes > model->held[kind] ? model->held[kind] : bytes;
        client_account_take(account, kind, bytes);
        model->held[kind] -= bytes;
    }
}

static void leave(struct client_account *account, struct model *model)
{
    if (model->leaving > 0) return;
    client_account_leave(account);
    size_t left = total_of(model) - model->held[ACCOUNT_PINNED] - model->held[ACCOUNT_ELSEWHERE];
    *model = (struct model){ .open = true, .spared = model->spared, .leaving = left };
}

/* One random step; what has left is changed all the same, since its last letters may still come. */
static void step(struct random *random, int i)
{
    struct client_account *account = &accounts[i];
    struct model *model = &models[i];
    struct model ignored = { 0 };
    if (!model->open) {
        client_account_open(account, &loops[i % LOOPS]);
        *model = (struct model){ .open = true };
        return;
    }
    switch (random_below(random, 20)) {
    case 0:
        client_account_close(account);
        *model = (struct model){ 0 };
        break;
    case 1: leave(account, model); break;
    case 2:
        client_account_spare(account, !model->spared);
        model->spared = !model->spared;
        break;
    case 3:
        if (account->has_left) break;
        model->reserved = random_below(random, 1 << 20);
        client_account_reserve(account, model->reserved);
        break;
    default: change_one(random, account, account->has_left ? &ignored : model);
    }
}

/* C8 */
Test(client_account, the_sums_of_a_loop_are_those_of_its_clients)
{
    struct random random = { SEED };
    for (int i = 0; i < STEPS; i++) {
        int client = (int)random_below(&random, CLIENTS);
        step(&random, client);
        expect_sums(client % LOOPS);
    }
    uint64_t held = 0;
    for (int i = 0; i < CLIENTS; i++) held += total_of(&models[i]);
    cr_expect_eq(client_account_held(&server), held);
    for (int i = 0; i < CLIENTS; i++) client_account_close(&accounts[i]);
    cr_expect_eq(client_account_held(&server), 0);
    cr_expect_eq(client_account_reserved(&server), 0);
}

Test(client_account, that_was_not_opened_takes_no_notice)
{
    struct client_account account = { 0 };
    client_account_set(&account, ACCOUNT_INPUT, 100);
    client_account_reserve(&account, 100);
    client_account_close(&account);
    cr_expect_eq(client_account_total(&account), 0);
}

static void set_limits(int64_t hard_bytes, int64_t soft_bytes, int64_t soft_s)
{
    struct setting_output_limit *limit = &settings.output_limits[CLIENT_NORMAL];
    atomic_store(&limit->hard_bytes, hard_bytes);
    atomic_store(&limit->soft_bytes, soft_bytes);
    atomic_store(&limit->soft_s, soft_s);
}

static bool is_over(struct client_account *account, size_t more)
{
    return client_account_output_is_over(account, CLIENT_NORMAL, more);
}

/* C2 */
Test(client_account, the_hard_limit_counts_whatever_is_owed_wherever_it_stands)
{
    struct client_account account;
    client_account_open(&account, &loops[0]);
    set_limits(1000, 0, 0);
    client_account_set(&account, ACCOUNT_OUTPUT, 300);
    client_account_set(&account, ACCOUNT_PINNED, 300);
    client_account_set(&account, ACCOUNT_REPLIES, 300);
    client_account_set(&account, ACCOUNT_INPUT, 5000);
    cr_expect_not(is_over(&account, 99));
    cr_expect(is_over(&account, 100));
    cr_expect_eq(client_account_output_room(&account, CLIENT_NORMAL), 100);
    client_account_add(&account, ACCOUNT_PINNED, 300);
    cr_expect(is_over(&account, 0));
    cr_expect_eq(client_account_output_room(&account, CLIENT_NORMAL), 0);
    set_limits(0, 0, 0);
    cr_expect_not(is_over(&account, SIZE_MAX / 4));
    cr_expect_eq(client_account_output_room(&account, CLIENT_NORMAL), SIZE_MAX);
    client_account_close(&account);
}

/* C2 */
Test(client_account, the_soft_limit_must_be_passed_for_longer_than_its_seconds)
{
    struct client_account account;
    client_account_open(&account, &loops[0]);
    set_limits(0, 1000, 10);
    client_account_set(&account, ACCOUNT_OUTPUT, 1000);
    loops[0].now_ms = 50000;
    cr_expect_not(is_over(&account, 0));
    loops[0].now_ms = 60000;
    cr_expect_not(is_over(&account, 0));
    loops[0].now_ms = 60001;
    cr_expect(is_over(&account, 0));

    client_account_set(&account, ACCOUNT_OUTPUT, 999);
    cr_expect_not(is_over(&account, 0), "it has read, and its time begins anew");
    client_account_set(&account, ACCOUNT_OUTPUT, 1000);
    cr_expect_not(is_over(&account, 0));
    loops[0].now_ms = 70001;
    cr_expect_not(is_over(&account, 0));
    loops[0].now_ms = 70002;
    cr_expect(is_over(&account, 0));
    client_account_close(&account);
}

/* C4 */
Test(client_account, what_waits_to_run_is_held_against_the_query_limit)
{
    struct client_account account;
    client_account_open(&account, &loops[0]);
    atomic_store(&settings.client_query_buffer_limit, 1000);
    client_account_set(&account, ACCOUNT_INPUT, 600);
    client_account_set(&account, ACCOUNT_QUEUED, 400);
    client_account_set(&account, ACCOUNT_OUTPUT, 5000);
    cr_expect_not(client_account_query_is_over(&account));
    client_account_add(&account, ACCOUNT_QUEUED, 1);
    cr_expect(client_account_query_is_over(&account));
    client_account_close(&account);
}
