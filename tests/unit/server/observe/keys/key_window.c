#include "server/observe/keys/key_window.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/alloc.h"

static const struct window_cpu nothing;

static struct window_options options_of(uint32_t ratio, int64_t duration_ms)
{
    return (struct window_options){
        .count = 10, .ratio = ratio, .duration_ms = duration_ms, .wants = { true, true }
    };
}

Test(key_window, keys_of_all_loops_are_told_scaled_and_the_heaviest_first)
{
    struct key_window *window = key_window_create(2);
    struct window_options options = options_of(5, 0);
    struct heavy_key *keys;
    cr_assert(key_window_open(window, &options, 0, &nothing));
    key_window_add(window, 0, SLICE("a"), 1, 100, 7);
    key_window_add(window, 1, SLICE("a"), 1, 100, 7);
    key_window_add(window, 1, SLICE("b"), 2, 300, 1);
    cr_assert_eq(key_window_top(window, WINDOW_CPU, &keys), 2);
    cr_expect_eq(keys[0].name[0], 'b');
    cr_expect_eq(keys[0].weight, 1500);
    cr_expect_eq(keys[1].weight, 1000);
    alloc_free(keys);
    cr_assert_eq(key_window_top(window, WINDOW_NET, &keys), 2);
    cr_expect_eq(keys[0].name[0], 'a');
    cr_expect_eq(keys[0].weight, 70);
    alloc_free(keys);
    key_window_destroy(&window);
}

Test(key_window, it_tells_of_its_own_time_alone)
{
    struct key_window *window = key_window_create(1);
    struct window_options options = options_of(1, 500);
    struct window_cpu before = { .user_us = 100, .sys_us = 50 }, after = { .user_us = 180, .sys_us = 70 };
    struct window_report report;
    cr_expect(!key_window_report(window, 0, &nothing, &report));
    cr_assert(key_window_open(window, &options, 1000, &before));
    cr_expect(!key_window_open(window, &options, 1000, &before) && !key_window_forget(window));
    cr_expect(!key_window_is_over(window, 1499) && key_window_is_over(window, 1500));
    key_window_add(window, 0, SLICE("a"), 1, 100, 7);
    key_window_add(window, 0, SLICE("b"), 2, 200, 0);
    cr_expect(key_window_close(window, 1600, &after) && !key_window_close(window, 1600, &after));
    cr_assert(key_window_report(window, 9999, &nothing, &report));
    cr_expect_eq(report.duration_ms, 500);
    cr_expect_eq(report.net_bytes, 7);
    cr_expect_eq(report.commands_ns, 300);
    cr_expect(report.cpu.user_us == 80 && report.cpu.sys_us == 20);
    cr_expect(key_window_forget(window) && !key_window_report(window, 0, &nothing, &report));
    key_window_destroy(&window);
}

Test(heavy_keys, the_heaviest_of_many_is_found_and_bounded)
{
    struct heavy_keys *heavy = ALLOC_NEW(struct heavy_keys);
    struct heavy_key keys[HEAVY_KEYS];
    char name[20];
    for (uint64_t i = 1; i <= 20000; i++) {
        int len = snprintf(name, sizeof name, "k%llu", (unsigned long long)i);
        heavy_keys_add(heavy, slice_of(name, (size_t)len), i * UINT64_C(0x9e3779b97f4a7c15), 1);
        heavy_keys_add(heavy, SLICE("heavy"), 5, 1);
    }
    size_t len = heavy_keys_merge(heavy, keys, 0);
    heavy_keys_sort(keys, len);
    cr_expect(slice_equal(slice_of(keys[0].name, keys[0].len), SLICE("heavy")));
    cr_expect(keys[0].weight - keys[0].error <= 20000 && keys[0].weight >= 20000);
    alloc_free(heavy);
}
