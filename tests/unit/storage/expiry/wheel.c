#include "storage/expiry/wheel.h"

#include <criterion/criterion.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"

#define START_MS 1700000000000

struct fixture {
    struct wheel *wheel;
    int64_t now_ms;
    size_t items;
    int64_t *deadlines_ms; /* INT64_MAX: does not wait */
};

static void fixture_open(struct fixture *f, size_t items)
{
    *f = (struct fixture){ .wheel = wheel_create(), .now_ms = START_MS, .items = items };
    f->deadlines_ms = alloc_bytes(items * sizeof *f->deadlines_ms);
    for (size_t i = 0; i < items; i++) f->deadlines_ms[i] = INT64_MAX;
    wheel_extend(f->wheel, items);
    wheel_start(f->wheel, f->now_ms);
}

static void fixture_close(struct fixture *f)
{
    wheel_destroy(&f->wheel);
    cr_assert_null(f->wheel);
    alloc_free(f->deadlines_ms);
}

static void place(struct fixture *f, size_t i, int64_t deadline_ms)
{
    if (deadline_ms < f->deadlines_ms[i]) f->deadlines_ms[i] = deadline_ms;
    wheel_place(f->wheel, (uint32_t)i, deadline_ms);
}

/* Those that come before their deadline go back, as the table does it. */
static size_t advance(struct fixture *f, int64_t by_ms)
{
    uint32_t item;
    size_t fired = 0;
    f->now_ms += by_ms;
    while (wheel_turn(f->wheel, f->now_ms, &item)) {
        cr_assert_neq(f->deadlines_ms[item], INT64_MAX, "handed out twice");
        if (f->deadlines_ms[item] > f->now_ms) {
            wheel_place(f->wheel, item, f->deadlines_ms[item]);
            continue;
        }
        f->deadlines_ms[item] = INT64_MAX;
        fired++;
    }
    return fired;
}

static void expect_punctual(struct fixture *f)
{
    size_t waiting = 0;
    int64_t first_ms = INT64_MAX;
    wheel_check(f->wheel);
    for (size_t i = 0; i < f->items; i++) {
        int64_t deadline_ms = f->deadlines_ms[i];
        cr_assert_gt(deadline_ms, f->now_ms - WHEEL_TICK_MS, "late");
        if (deadline_ms == INT64_MAX) continue;
        waiting++;
        wheel_check_item(f->wheel, (uint32_t)i, deadline_ms);
        if (deadline_ms > START_MS) cr_assert_geq(deadline_ms, wheel_anchor_ms(f->wheel));
        if (deadline_ms < first_ms) first_ms = deadline_ms;
    }
    cr_assert_eq(wheel_len(f->wheel), waiting);
    if (waiting == 0)
        cr_assert_eq(wheel_next_ms(f->wheel), INT64_MAX);
    else
        cr_assert_lt(wheel_next_ms(f->wheel), first_ms + WHEEL_TICK_MS);
}

Test(wheel, an_item_is_handed_out_within_a_tick_of_its_deadline)
{
    struct fixture f;
    fixture_open(&f, 1);
    place(&f, 0, START_MS + 1000);
    cr_assert_eq(advance(&f, 999), 0);
    cr_assert_eq(advance(&f, 1 + WHEEL_TICK_MS), 1);
    fixture_close(&f);
}

Test(wheel, an_item_keeps_the_earlier_time)
{
    struct fixture f;
    fixture_open(&f, 1);
    place(&f, 0, START_MS + 100000);
    place(&f, 0, START_MS + 1000);
    place(&f, 0, START_MS + 50000);
    cr_assert_eq(advance(&f, 1000 + WHEEL_TICK_MS), 1);
    cr_assert_eq(wheel_len(f.wheel), 0);
    cr_assert_not(wheel_look(f.wheel, &(uint32_t){ 0 }));
    fixture_close(&f);
}

Test(wheel, items_are_punctual_however_time_passes_and_they_move)
{
    struct random random = { seed_draw() };
    static const size_t spans_ms[] = { 1, 16, 17, 1000, 4100, 70000, 270000, 9000000, 40000000 };
    for (int round = 0; round < (PACE_SANITIZED ? 20 : 200); round++) {
        struct fixture f;
        fixture_open(&f, 400);
        size_t reach = 1 + spans_ms[random_below(&random, 9)] * 3;
        for (size_t i = 0; i < f.items; i++)
            place(&f, i, START_MS - 5 + (int64_t)random_below(&random, reach));
        size_t step = 1 + reach / (1 + random_below(&random, 200));
        for (size_t passed = 0; passed <= reach + WHEEL_TICK_MS; passed += step) {
            advance(&f, (int64_t)random_below(&random, 2 * step));
            place(&f, random_below(&random, f.items), f.now_ms + (int64_t)random_below(&random, reach));
            expect_punctual(&f);
        }
        advance(&f, 3 * (int64_t)reach + WHEEL_TICK_MS);
        cr_assert_eq(wheel_len(f.wheel), 0);
        fixture_close(&f);
    }
}

Test(wheel, the_last_items_go_waiting_or_not)
{
    struct fixture f;
    struct random random = { seed_draw() };
    fixture_open(&f, 1000);
    for (size_t i = 0; i < f.items; i += 1 + random_below(&random, 3))
        place(&f, i, START_MS + (int64_t)(i * i));
    for (size_t i = f.items; i-- > 100;) {
        wheel_pop(f.wheel);
        f.deadlines_ms[i] = INT64_MAX;
        if (i % 50 == 0) expect_punctual(&f);
    }
    wheel_extend(f.wheel, f.items);
    advance(&f, 100 * 100);
    expect_punctual(&f);
    fixture_close(&f);
}

Test(wheel, looks_show_all_items_in_turn)
{
    struct fixture f;
    uint32_t item;
    unsigned seen[1000] = { 0 };
    fixture_open(&f, 1000);
    for (size_t i = 0; i < f.items; i++) place(&f, i, START_MS + (int64_t)(i % 7 * 100000));
    for (size_t looks = 0; looks < 3 * f.items; looks++) {
        cr_assert(wheel_look(f.wheel, &item));
        seen[item]++;
    }
    for (size_t i = 0; i < f.items; i++) cr_assert_eq(seen[i], 3);
    fixture_close(&f);
}

Test(wheel, an_item_costs_12_bytes)
{
    struct fixture f;
    fixture_open(&f, 100000);
    for (size_t i = 0; i < f.items; i++) place(&f, i, START_MS + (int64_t)i * 36);
    cr_assert_leq(wheel_bytes(f.wheel), f.items * 12 + 8192);
    fixture_close(&f);
}
