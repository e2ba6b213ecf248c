#include "storage/types/large/minima.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define ITEMS_MAX 10000

struct fixture {
    struct minima *minima;
    struct random random;
    int64_t *times;
    size_t len;
};

static void push(struct fixture *f)
{
    minima_push(f->minima);
    f->times[f->len++] = MINIMA_NEVER;
}

static void set(struct fixture *f)
{
    size_t item = random_below(&f->random, f->len);
    int64_t time_ms = random_chance(&f->random, 30) ? MINIMA_NEVER : (int64_t)random_below(&f->random, 1000);
    if (random_chance(&f->random, 50)) {
        minima_set(f->minima, item, time_ms);
        f->times[item] = time_ms;
    } else {
        minima_lower(f->minima, item, time_ms);
        if (time_ms < f->times[item]) f->times[item] = time_ms;
    }
}

static void expect_due(const struct fixture *f, const struct minima *minima)
{
    int64_t now_ms = (int64_t)random_below(&(struct random){ f->random.state }, 1000), first = MINIMA_NEVER;
    size_t due[7], len = 0, next = 0, from = 0;
    for (size_t item = 0; item < f->len; item++) {
        if (f->times[item] < first) first = f->times[item];
        if (f->times[item] >= now_ms) continue;
        if (next == len) {
            len = minima_due(minima, now_ms, from, due, 7);
            next = 0;
            cr_assert_gt(len, 0);
            from = due[len - 1] + 1;
        }
        cr_assert_eq(due[next++], item);
    }
    cr_assert_eq(next, len);
    cr_assert_eq(minima_due(minima, now_ms, from, due, 7), 0);
    cr_assert_eq(minima_first(minima), first);
}

static void expect_same(const struct fixture *f)
{
    minima_check(f->minima);
    expect_due(f, f->minima);
    struct minima *copy = minima_copy(f->minima);
    minima_check(copy);
    expect_due(f, copy);
    minima_destroy(&copy);
}

Test(minima, are_as_an_array_of_times_would_be)
{
    static const size_t most[] = { 1, 16, 17, 300, ITEMS_MAX };
    struct fixture f = { .random = { seed_draw() }, .times = calloc(ITEMS_MAX, sizeof *f.times) };
    f.minima = minima_create(0);
    for (size_t i = 0; i < sizeof most / sizeof most[0]; i++) {
        while (f.len < most[i]) {
            push(&f);
            set(&f);
        }
        for (int step = 0; step < 200; step++) set(&f);
        expect_same(&f);
    }
    while (f.len > 1) {
        minima_pop(f.minima);
        f.len--;
        if (random_chance(&f.random, 50)) set(&f);
        if (f.len % 499 == 0 || f.len < 20) expect_same(&f);
    }
    minima_destroy(&f.minima);
    free(f.times);
}
