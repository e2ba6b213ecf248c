#include "server/events/tracking/tracked_keys.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define CLIENTS 12

/* Tracked keys, and beside them who has each of the keys, which are numbered. */
struct fixture {
    struct tracked_keys keys;
    struct random random;
    size_t numbers;
    bool (*has)[CLIENTS];
    bool *named;
    size_t len;
    size_t items;
};

static void fixture_open(struct fixture *f, size_t numbers)
{
    *f = (struct fixture){ .random = { seed_draw() }, .numbers = numbers };
    f->has = calloc(numbers, sizeof *f->has);
    f->named = calloc(numbers, sizeof *f->named);
}

static void fixture_close(struct fixture *f)
{
    tracked_keys_clear(&f->keys);
    free(f->has);
    free(f->named);
}

/* As of a shard: the top bits are the same for all. */
static uint64_t hash_of(size_t number)
{
    struct random random = { number };
    return random_next(&random) >> 6;
}

static struct slice name_of(char name[40], size_t number)
{
    memset(name, 'k', 40);
    return slice_of(name, 1 + number % 39);
}

static size_t readers_of(const struct fixture *f, size_t number)
{
    size_t readers = 0;
    for (size_t i = 0; i < CLIENTS; i++) readers += f->has[number][i];
    return readers;
}

static uint32_t client_number(size_t client)
{
    return client + 1 == CLIENTS ? TRACKED_NUMBER_MAX : (uint32_t)(client * client + 1);
}

static void add(struct fixture *f, size_t number, size_t client)
{
    char text[40];
    bool named = random_chance(&f->random, 20);
    size_t readers = readers_of(f, number);
    enum tracked_add expected = f->has[number][client] ? TRACKED_ALREADY
                                : readers > 0          ? TRACKED_BY_ONE_MORE
                                                       : TRACKED_UNKNOWN;
    cr_assert_eq(tracked_keys_add(&f->keys, hash_of(number), client_number(client)), expected);
    f->items += expected != TRACKED_ALREADY;
    f->has[number][client] = true;
    if (expected != TRACKED_UNKNOWN) return;
    struct slice name = named ? name_of(text, number) : SLICE("");
    tracked_keys_begin(&f->keys, hash_of(number), client_number(client), name);
    f->len++;
    f->named[number] = named;
}

static void expect_taken(struct fixture *f, size_t number, struct tracked *tracked)
{
    char text[40];
    cr_assert_eq(tracked->len, readers_of(f, number));
    for (size_t i = 0; i < CLIENTS; i++) {
        size_t times = 0;
        for (size_t j = 0; j < tracked->len; j++) times += tracked->numbers[j] == client_number(i);
        cr_assert_eq(times, f->has[number][i]);
    }
    struct slice name = f->named[number] ? name_of(text, number) : SLICE("");
    cr_assert(slice_equal(tracked->name, name));
    f->len--;
    f->items -= tracked->len;
    memset(f->has[number], 0, sizeof f->has[number]);
    tracked_clear(tracked);
}

static void take(struct fixture *f, size_t number)
{
    struct tracked tracked;
    bool known = tracked_keys_take(&f->keys, hash_of(number), &tracked);
    cr_assert_eq(known, readers_of(f, number) > 0);
    if (known) expect_taken(f, number, &tracked);
}

static void draw(struct fixture *f)
{
    struct tracked tracked;
    bool any = tracked_keys_draw(&f->keys, random_next(&f->random), &tracked);
    cr_assert_eq(any, f->len > 0);
    if (!any) return;
    size_t number = 0;
    while (hash_of(number) != tracked.hash) number++;
    expect_taken(f, number, &tracked);
}

static void change(struct fixture *f, size_t steps, unsigned growth)
{
    for (size_t step = 0; step < steps; step++) {
        size_t number = random_below(&f->random, f->numbers);
        tracked_keys_prefetch(&f->keys, hash_of(number));
        if (random_chance(&f->random, growth))
            add(f, number, random_below(&f->random, 1 + random_below(&f->random, CLIENTS)));
        else if (f->numbers < 1000 && random_chance(&f->random, 30))
            draw(f);
        else
            take(f, number);
        cr_assert_eq(f->keys.len, f->len);
        cr_assert_eq(f->keys.items, f->items);
        if (step % (1 + f->numbers / 10) == 0) tracked_keys_check(&f->keys);
    }
    tracked_keys_check(&f->keys);
}

Test(tracked_keys, are_known_with_whoever_read_them)
{
    static const size_t sizes[] = { 1, 7, 100, 3000, 40000 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct fixture f;
        fixture_open(&f, sizes[i]);
        size_t steps = 2000 + 3 * sizes[i];
        change(&f, steps, 90);
        change(&f, steps, 50);
        change(&f, steps, 10);
        change(&f, steps, 70);
        for (size_t number = 0; number < sizes[i]; number++) take(&f, number);
        cr_assert_eq(f.keys.bytes, 0);
        tracked_keys_check(&f.keys);
        fixture_close(&f);
    }
}

Test(tracked_keys, of_one_client_take_less_than_thirty_bytes_each)
{
    struct tracked_keys keys = { 0 };
    struct random random = { 1 };
    for (size_t i = 0; i < 1000000; i++) {
        tracked_keys_begin(&keys, random_next(&random) >> 6, 1, SLICE(""));
        if (i > 20000) cr_assert_lt(keys.bytes, 30 * keys.len);
    }
    tracked_keys_check(&keys);
    tracked_keys_clear(&keys);
    cr_assert_eq(keys.bytes, 0);
}

Test(tracked_keys, of_clients_that_came_together_take_no_more_than_of_one)
{
    struct tracked_keys keys = { 0 };
    struct tracked tracked;
    tracked_keys_begin(&keys, 7, 1016, SLICE(""));
    size_t bytes = keys.bytes;
    for (uint32_t i = 0; i < 32; i++) {
        bool first = tracked_keys_has(&keys, 7, 1000 + i * 5 % 32);
        cr_assert_eq(tracked_keys_add(&keys, 7, 1000 + i * 5 % 32),
                     first ? TRACKED_ALREADY : TRACKED_BY_ONE_MORE);
    }
    cr_assert_eq(keys.bytes, bytes);
    tracked_keys_check(&keys);
    cr_assert_eq(tracked_keys_add(&keys, 7, 1032), TRACKED_BY_ONE_MORE);
    cr_assert_gt(keys.bytes, bytes);
    tracked_keys_check(&keys);
    cr_assert(tracked_keys_take(&keys, 7, &tracked));
    cr_assert_eq(tracked.len, 33);
    for (uint32_t i = 0; i < 33; i++) cr_assert_eq(tracked.numbers[i], 1000 + i);
    tracked_clear(&tracked);
    cr_assert_eq(keys.bytes, 0);
}

Test(tracked_keys, that_many_clients_have_are_told_to_all_of_them)
{
    struct tracked_keys keys = { 0 };
    struct tracked tracked;
    tracked_keys_begin(&keys, 7, 1, SLICE(""));
    for (uint32_t i = 1; i < 5000; i++)
        cr_assert_eq(tracked_keys_add(&keys, 7, 1 + i * 7919 % 5000), TRACKED_BY_ONE_MORE);
    cr_assert_eq(tracked_keys_add(&keys, 7, 99), TRACKED_ALREADY);
    cr_assert(tracked_keys_take(&keys, 7, &tracked));
    cr_assert_eq(tracked.len, 5000);
    for (uint32_t i = 0; i < 5000; i++) cr_assert_eq(tracked.numbers[i], 1 + i);
    tracked_clear(&tracked);
    cr_assert_eq(keys.bytes, 0);
}

Test(tracked_keys, of_equal_low_bits_are_told_apart)
{
    struct tracked_keys keys = { 0 };
    for (uint64_t i = 0; i < 2000; i++) {
        cr_assert_eq(tracked_keys_add(&keys, i << 10, 1), TRACKED_UNKNOWN);
        tracked_keys_begin(&keys, i << 10, 1, SLICE(""));
    }
    tracked_keys_check(&keys);
    tracked_keys_clear(&keys);
}

Test(tracked_keys, may_be_forgotten_in_steps)
{
    struct tracked_keys keys = { 0 };
    struct random random = { 1 };
    size_t at = 0, steps = 0;
    for (size_t i = 0; i < 100000; i++)
        tracked_keys_begin(&keys, random_next(&random), 1, i % 10 == 0 ? SLICE("name") : SLICE(""));
    while (tracked_keys_dig(&keys, &at, 100)) steps++;
    cr_assert_eq(keys.bytes, 0);
    cr_assert(steps >= 4 && steps < 20, "%zu", steps);
    cr_assert_not(tracked_keys_dig(&keys, &at, 100));
}
