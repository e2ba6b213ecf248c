#include "server/observe/hot_keys.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "server/observe/keys/sample_pace.h"

#define WEIGHT 64

static void ask_as(struct hot_keys *keys, unsigned loop, unsigned number, bool writes, uint32_t weight)
{
    char name[HOT_KEY_NAME_MAX + 10];
    int len = snprintf(name, sizeof name, "key:%u", number);
    hot_keys_add(keys, loop,
                 &(struct hot_sample){ .name = slice_of(name, (size_t)len),
                                       .hash = (number + 1) * UINT64_C(0x9e3779b97f4a7c15),
                                       .writes = writes,
                                       .weight = weight,
                                       .bytes = 100 });
}

static void ask(struct hot_keys *keys, unsigned loop, unsigned number, bool writes)
{
    ask_as(keys, loop, number, writes, WEIGHT);
}

Test(hot_keys, reads_and_writes_of_all_loops_are_told_together)
{
    struct hot_keys *keys = hot_keys_create(2);
    ask(keys, 0, 7, false);
    ask(keys, 1, 7, true);
    ask(keys, 1, 8, true);
    struct hot_key top[4];
    cr_assert_eq(hot_keys_top(keys, top, 4), 2);
    cr_expect_eq(top[0].count, 2 * WEIGHT);
    cr_expect_eq(top[0].reads, WEIGHT);
    cr_expect_eq(top[0].writes, WEIGHT);
    cr_expect_eq(top[0].bytes, 200 * WEIGHT);
    cr_expect(slice_equal(slice_of(top[0].name, top[0].len), SLICE("key:7")));
    cr_expect_eq(hot_keys_top(keys, top, 1), 1);
    hot_keys_reset(keys);
    cr_expect_eq(hot_keys_top(keys, top, 4), 0);
    hot_keys_destroy(&keys);
}

Test(hot_keys, a_name_in_two_databases_is_two_keys)
{
    struct hot_keys *keys = hot_keys_create(1);
    for (unsigned db = 0; db < 2; db++)
        hot_keys_add(keys, 0, &(struct hot_sample){ .name = SLICE("k"), .hash = 5, .db = db, .weight = 1 });
    struct hot_key top[2];
    cr_assert_eq(hot_keys_top(keys, top, 2), 2);
    cr_expect_neq(top[0].db, top[1].db);
    hot_keys_destroy(&keys);
}

static unsigned number_of(const struct hot_key *key)
{
    char name[HOT_KEY_NAME_MAX + 1];
    unsigned number = 0;
    snprintf(name, sizeof name, "%.*s", (int)key->len, key->name);
    cr_assert_eq(sscanf(name, "key:%u", &number), 1);
    return number;
}

#define KEYS 1000000

static double drawn_fraction(struct random *random)
{
    return (double)(random_next(random) >> 11) / (double)(UINT64_C(1) << 53);
}

/* By Zipf's law, exactly: of what is drawn by the integral of 1/x, which has less of the first ranks, as much
 * is refused of the others. The tenth of a million keys is asked for 70 times in 10,000, the eleventh 63. */
static unsigned drawn_by_zipf(struct random *random)
{
    for (;;) {
        unsigned rank = (unsigned)exp(drawn_fraction(random) * log(KEYS + 1));
        double share = 1 / (rank * log1p(1.0 / rank));
        if (drawn_fraction(random) * (1 / log(2)) < share) return rank;
    }
}

Test(hot_keys, the_ten_hottest_of_a_million_are_found_and_bounded)
{
    struct hot_keys *keys = hot_keys_create(1);
    struct random random = { 42 };
    static unsigned truth[1000001];
    for (int i = 0; i < 100000; i++) {
        unsigned number = drawn_by_zipf(&random);
        truth[number]++;
        ask(keys, 0, number, false);
    }
    struct hot_key top[10];
    cr_assert_eq(hot_keys_top(keys, top, 10), 10);
    for (int i = 0; i < 10; i++) {
        unsigned number = number_of(&top[i]);
        cr_expect_leq(number, 12, "key:%u is no hot one", number);
        uint64_t asked = (uint64_t)truth[number] * WEIGHT;
        cr_expect(top[i].count - top[i].error <= asked && asked <= top[i].count);
    }
    hot_keys_destroy(&keys);
}

/* A second is so many commands, drawn by Zipf's law, of which the pace draws samples; the clock goes along.
 */
struct stream {
    struct hot_keys *keys;
    struct sample_pace pace;
    struct random random;
    uint32_t left, weight;
    unsigned samples;
    unsigned truth[KEYS + 1];
};

static struct stream *stream_open(uint64_t seed)
{
    struct stream *stream = ALLOC_NEW(struct stream);
    memset(stream, 0, sizeof *stream);
    stream->keys = hot_keys_create(1);
    stream->random.state = seed;
    sample_pace_init(&stream->pace, seed + 1000);
    stream->left = stream->weight = 1;
    return stream;
}

static void stream_close(struct stream *stream)
{
    hot_keys_destroy(&stream->keys);
    alloc_free(stream);
}

static void take_sample(struct stream *stream, unsigned number, int64_t now_ms)
{
    ask_as(stream->keys, 0, number, false, stream->weight);
    sample_pace_spend(&stream->pace, 1, now_ms);
    stream->weight = stream->pace.distance;
    stream->left = sample_pace_draw(&stream->pace, stream->weight);
    stream->samples++;
}

static void run_stream(struct stream *stream, unsigned commands_per_s, int64_t from_ms, int64_t until_ms)
{
    for (int64_t now_ms = from_ms; now_ms < until_ms; now_ms++) {
        for (unsigned i = 0; i < commands_per_s / 1000; i++) {
            unsigned number = drawn_by_zipf(&stream->random);
            stream->truth[number]++;
            if (--stream->left == 0) take_sample(stream, number, now_ms);
        }
        if (now_ms % 1000 == 0) sample_pace_look(&stream->pace, now_ms);
    }
}

/* How many of the ten that are told were asked for less often than another one that is not. */
static unsigned wrong_of_ten(struct stream *stream)
{
    struct hot_key top[10];
    unsigned numbers[10], wrong = 0;
    cr_assert_eq(hot_keys_top(stream->keys, top, 10), 10);
    for (int i = 0; i < 10; i++) numbers[i] = number_of(&top[i]);
    for (int i = 0; i < 10; i++) {
        unsigned ahead = 0;
        for (unsigned other = 1; other <= KEYS; other++)
            ahead += stream->truth[other] > stream->truth[numbers[i]];
        wrong += ahead >= 10;
    }
    return wrong;
}

Test(hot_keys, ten_seconds_are_enough_for_the_ten_hottest)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct stream *stream = stream_open(seed);
        run_stream(stream, 100000, 1000000, 1010000);
        cr_expect_eq(wrong_of_ten(stream), 0, "seed %d", (int)seed);
        cr_expect_leq(stream->samples, 10 * PACE_KEYS_PER_S * 5 / 4, "%u samples", stream->samples);
        stream_close(stream);
    }
}

/* Which hottest key it is, and how often it was asked for, a tenth give or take, whatever the pace was. */
Test(hot_keys, counts_are_true_while_the_pace_changes)
{
    struct stream *stream = stream_open(7);
    int64_t now_ms = 1000000;
    static const unsigned rates[] = { 1000, 1500000, 20000, 300000, 1000 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++, now_ms += 500)
        run_stream(stream, rates[i], now_ms, now_ms + 500);
    struct hot_key top;
    cr_assert_eq(hot_keys_top(stream->keys, &top, 1), 1);
    cr_expect(slice_equal(slice_of(top.name, top.len), SLICE("key:1")));
    cr_expect_float_eq((double)top.count, stream->truth[1], stream->truth[1] / 10.0);
    stream_close(stream);
}

Test(hot_keys, what_is_asked_for_no_more_goes)
{
    struct hot_keys *keys = hot_keys_create(1);
    for (int i = 0; i < 100; i++) ask(keys, 0, 1, false);
    struct hot_key top;
    for (int i = 0; i <= 7; i++) { /* from when counting began */
        cr_expect_eq(hot_keys_top(keys, &top, 1), 1);
        hot_keys_age(keys, 0, 1 + i * HOT_KEYS_HALF_LIFE_MS, WEIGHT);
    }
    cr_expect_eq(hot_keys_top(keys, &top, 1), 0);
    hot_keys_destroy(&keys);
}
