#include "storage/wheel.h"

#include <criterion/criterion.h>

#include "proto/base/alloc.h"
#include "tests/support/pace.h"
#include "tests/support/random.h"
#include "tests/unit/storage/seed.h"

#define START_MS 1700000000000

/* The wheel's tokens have their number as hash. */
struct fixture {
    struct wheel *wheel;
    int64_t now_ms;
    size_t tokens;
    int64_t *deadlines_ms; /* INT64_MAX: fired */
};

static void fixture_open(struct fixture *f, size_t tokens)
{
    *f = (struct fixture){ .wheel = wheel_create(), .now_ms = START_MS, .tokens = tokens };
    f->deadlines_ms = alloc_bytes(tokens * sizeof *f->deadlines_ms);
    wheel_start(f->wheel, f->now_ms);
}

static void fixture_close(struct fixture *f)
{
    wheel_destroy(&f->wheel);
    cr_assert_null(f->wheel);
    alloc_free(f->deadlines_ms);
}

static void add(struct fixture *f, size_t i, int64_t deadline_ms)
{
    f->deadlines_ms[i] = deadline_ms;
    uint32_t name = wheel_add(f->wheel, i, deadline_ms);
    cr_assert(wheel_covers(f->wheel, name, deadline_ms));
}

/* Those that fire before their deadline go back, as the shard does it. */
static size_t advance(struct fixture *f, int64_t by_ms)
{
    struct wheel_batch batch;
    size_t fired = 0;
    f->now_ms += by_ms;
    while (wheel_turn(f->wheel, f->now_ms, &batch)) {
        cr_assert(batch.work > 0 && batch.work <= WHEEL_BATCH && batch.len <= batch.work);
        for (size_t i = 0; i < batch.len; i++) {
            size_t token = (size_t)wheel_token_hash(batch.tokens[i]);
            int64_t deadline_ms = f->deadlines_ms[token];
            cr_assert_neq(deadline_ms, INT64_MAX, "fired twice");
            if (deadline_ms > f->now_ms) {
                wheel_add(f->wheel, token, deadline_ms);
                continue;
            }
            f->deadlines_ms[token] = INT64_MAX;
            fired++;
        }
    }
    return fired;
}

static void expect_punctual(struct fixture *f)
{
    size_t waiting = 0;
    int64_t first_ms = INT64_MAX;
    for (size_t i = 0; i < f->tokens; i++) {
        int64_t deadline_ms = f->deadlines_ms[i];
        cr_assert_gt(deadline_ms, f->now_ms - WHEEL_TICK_MS, "late");
        waiting += deadline_ms != INT64_MAX;
        if (deadline_ms < first_ms) first_ms = deadline_ms;
    }
    wheel_check(f->wheel);
    cr_assert_eq(wheel_len(f->wheel), waiting);
    if (waiting == 0)
        cr_assert_eq(wheel_next_ms(f->wheel), INT64_MAX);
    else
        cr_assert_lt(wheel_next_ms(f->wheel), first_ms + WHEEL_TICK_MS);
}

Test(wheel, a_token_fires_within_a_tick_of_its_deadline)
{
    struct fixture f;
    fixture_open(&f, 1);
    add(&f, 0, START_MS + 1000);
    cr_assert_eq(advance(&f, 999), 0);
    cr_assert_eq(advance(&f, 1 + WHEEL_TICK_MS), 1);
    fixture_close(&f);
}

Test(wheel, tokens_fire_on_time_however_time_passes)
{
    struct random random = { seed_draw() };
    static const size_t spans_ms[] = { 1, 16, 17, 1000, 4100, 70000, 270000, 9000000, 40000000 };
    for (int round = 0; round < (PACE_SANITIZED ? 20 : 200); round++) {
        struct fixture f;
        fixture_open(&f, 400);
        size_t reach = 1 + spans_ms[random_below(&random, 9)] * 3;
        for (size_t i = 0; i < f.tokens; i++)
            add(&f, i, START_MS - 5 + (int64_t)random_below(&random, reach));
        size_t step = 1 + reach / (1 + random_below(&random, 200));
        for (size_t passed = 0; passed <= reach + WHEEL_TICK_MS; passed += step) {
            advance(&f, (int64_t)random_below(&random, 2 * step));
            expect_punctual(&f);
        }
        advance(&f, (int64_t)reach + WHEEL_TICK_MS);
        cr_assert_eq(wheel_len(f.wheel), 0);
        fixture_close(&f);
    }
}

Test(wheel, names_tell_times_apart)
{
    struct fixture f;
    fixture_open(&f, 1);
    for (int64_t at_ms = 0; at_ms < 20000000; at_ms += 997) {
        uint32_t name = wheel_add(f.wheel, 0, START_MS + at_ms);
        cr_assert(!wheel_covers(f.wheel, name, START_MS + at_ms - WHEEL_TICK_MS) || at_ms < WHEEL_TICK_MS ||
                  at_ms > 63 * 262144);
        cr_assert(wheel_covers(f.wheel, name, START_MS + at_ms + 5000));
    }
    fixture_close(&f);
}

Test(wheel, suspects_are_all_tokens_in_turn)
{
    struct fixture f;
    struct wheel_batch batch;
    fixture_open(&f, 1000);
    for (size_t i = 0; i < f.tokens; i++) add(&f, i, START_MS + (int64_t)(i * i));

    /* Half of them live; after two rounds the others are gone. */
    for (int looks = 0; looks < 2000; looks++) {
        wheel_take_suspects(f.wheel, &batch);
        for (size_t i = 0; i < batch.len; i++) {
            if (wheel_token_hash(batch.tokens[i]) % 2 == 0) wheel_put_back(f.wheel, batch.tokens[i]);
        }
        wheel_check(f.wheel);
    }
    cr_assert_eq(wheel_len(f.wheel), f.tokens / 2);
    cr_assert_eq(advance(&f, 2000000), f.tokens / 2);
    fixture_close(&f);
}

Test(wheel, a_token_costs_little_more_than_its_8_bytes)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, 100000);
    for (size_t i = 0; i < f.tokens; i++) add(&f, i, START_MS + (int64_t)random_below(&random, 3600000));
    cr_assert_leq(wheel_bytes(f.wheel), f.tokens * 19 / 2);
    fixture_close(&f);
}
