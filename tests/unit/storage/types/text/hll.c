/*
 * HyperLogLogs against a model that keeps the registers apart.
 */
#include "storage/types/text/hll.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "storage/types/text/hll_sparse.h"
#include "tests/support/seed.h"

/* To a place of exactly that size, so that a sanitizer sees what is read or written outside. */
static void resize(struct hll *hll, size_t len)
{
    char *bytes = malloc(len);
    memset(bytes, 0xa5, len);
    if (hll->bytes != NULL) memcpy(bytes, hll->bytes, len < hll->len ? len : hll->len);
    free(hll->bytes);
    hll->bytes = bytes;
    hll->len = len;
}

static struct hll make(struct slice text, size_t sparse_max)
{
    struct hll hll = { .resize = resize, .sparse_max = sparse_max };
    resize(&hll, text.len);
    memcpy(hll.bytes, text.data, text.len);
    return hll;
}

static struct slice text_of(const struct hll *hll)
{
    return slice_of(hll->bytes, hll->len);
}

static uint64_t count_of(const struct hll *hll)
{
    struct hll_registers registers = { 0 };
    cr_assert(hll_merge(&registers, text_of(hll)));
    return hll_count(&registers);
}

static void check(const struct hll *hll, const struct hll_registers *model)
{
    struct hll_registers found = { 0 };
    cr_assert(hll_is_valid(text_of(hll)));
    cr_assert(hll_merge(&found, text_of(hll)));
    cr_assert_arr_eq(found.values, model->values, HLL_REGISTERS);
}

/* Elements of which some were added before. */
static struct slice draw_element(struct random *random, uint64_t *element)
{
    *element = random_below(random, 3000);
    return slice_of(element, random_chance(random, 50) ? sizeof *element : 3);
}

Test(hll, is_in_both_forms_what_its_registers_are)
{
    struct random random = { seed_draw() };
    struct hll dense = make(hll_empty(), 0), sparse = make(hll_empty(), SIZE_MAX);
    cr_assert_eq(hll_make_dense(&dense), HLL_CHANGED);
    cr_assert_eq(hll_make_dense(&dense), HLL_SAME);
    for (int round = 0; round < 4000; round++) {
        uint64_t element;
        struct hll_registers model = { 0 };
        struct slice text = draw_element(&random, &element);
        enum hll_outcome outcome = hll_add(&dense, text);
        cr_assert_neq(outcome, HLL_CORRUPT);
        cr_assert_eq(hll_add(&sparse, text), outcome);
        if (round % 20 > 0) continue;
        cr_assert(hll_merge(&model, text_of(&dense)));
        check(&sparse, &model);
    }
    cr_assert(hll_is_sparse(text_of(&sparse)));
    cr_assert_eq(hll_make_dense(&sparse), HLL_CHANGED);
    cr_assert_eq(sparse.len, (size_t)HLL_DENSE_SIZE);
    cr_assert_arr_eq(sparse.bytes + HLL_HEADER_SIZE, dense.bytes + HLL_HEADER_SIZE,
                     HLL_DENSE_SIZE - HLL_HEADER_SIZE);
    free(dense.bytes);
    free(sparse.bytes);
}

Test(hll, any_value_of_any_register_is_kept_and_only_raised)
{
    struct random random = { seed_draw() };
    struct hll_registers model = { 0 }, raised;
    struct hll hll = make(hll_empty(), 2000);
    for (int round = 0; round < 300; round++) {
        memset(&raised, 0, sizeof raised);
        for (size_t i = random_below(&random, 12); i > 0; i--) {
            size_t at = random_below(&random, HLL_REGISTERS);
            uint8_t value = (uint8_t)(1 + random_below(&random, round < 200 ? 32 : 63));
            /* Neighbours with one value, to be merged and split again. */
            for (size_t end = at + random_below(&random, 9); at <= end && at < HLL_REGISTERS; at++) {
                raised.values[at] = value;
            }
        }
        for (size_t at = 0; at < HLL_REGISTERS; at++) {
            if (model.values[at] < raised.values[at]) model.values[at] = raised.values[at];
        }
        hll_raise(&hll, &raised);
        check(&hll, &model);
    }
    cr_assert_not(hll_is_sparse(text_of(&hll)));
    free(hll.bytes);
}

Test(hll, becomes_dense_where_it_would_be_too_long)
{
    struct hll hll = make(hll_empty(), 100);
    uint64_t element = 0;
    while (hll_is_sparse(text_of(&hll))) {
        cr_assert_leq(hll.len, 100u);
        element++;
        hll_add(&hll, slice_of(&element, sizeof element));
    }
    cr_assert_eq(hll.len, (size_t)HLL_DENSE_SIZE);
    cr_assert_eq(count_of(&hll), element);
    free(hll.bytes);
}

Test(hll, estimates_within_a_few_times_its_standard_error)
{
    struct hll hll = make(hll_empty(), 3000);
    uint64_t checkpoint = 1;
    for (uint64_t n = 1; n <= 1000000; n++) {
        hll_add(&hll, slice_of(&n, sizeof n));
        if (n < checkpoint) continue;
        double error = ((double)count_of(&hll) - (double)n) / (double)n;
        cr_expect(error < 0.05 && error > -0.05, "%llu elements are told %g off", (unsigned long long)n,
                  error);
        checkpoint *= 10;
    }
    free(hll.bytes);
}

Test(hll, keeps_its_count_until_it_changes)
{
    uint64_t count;
    struct hll hll = make(hll_empty(), 3000);
    cr_assert(hll_cached_count(text_of(&hll), &count));
    cr_expect_eq(count, 0u);
    cr_assert_eq(hll_add(&hll, SLICE("a")), HLL_CHANGED);
    cr_expect_not(hll_cached_count(text_of(&hll), &count));
    hll_cache_count(&hll, 0x123456789aULL);
    cr_assert(hll_cached_count(text_of(&hll), &count));
    cr_expect_eq(count, 0x123456789aULL);
    cr_assert_eq(hll_add(&hll, SLICE("a")), HLL_SAME);
    cr_expect(hll_cached_count(text_of(&hll), &count));
    free(hll.bytes);
}

/* What PFDEBUG DECODE of Redis tells after PFADD h a b c. */
Test(hll, has_the_registers_that_redis_would_choose)
{
    static const struct hll_run runs[] = { { 8436, 0, 2 }, { 1, 1, 1 }, { 4274, 0, 2 }, { 1, 2, 1 },
                                           { 3068, 0, 2 }, { 1, 1, 1 }, { 603, 0, 2 } };
    struct hll hll = make(hll_empty(), 3000);
    hll_add(&hll, SLICE("a"));
    hll_add(&hll, SLICE("b"));
    hll_add(&hll, SLICE("c"));
    struct hll_runs found = hll_runs_of(text_of(&hll));
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        struct hll_run run;
        cr_assert(hll_runs_next(&found, &run));
        cr_expect_eq(run.registers, runs[i].registers);
        cr_expect_eq(run.value, runs[i].value);
        cr_expect_eq(run.len, runs[i].len);
    }
    cr_expect(hll_runs_complete(&found));
    cr_expect_eq(count_of(&hll), 3u);
    free(hll.bytes);
}

Test(hll, is_valid_only_with_its_header_and_when_dense_of_its_length)
{
    struct hll hll = make(hll_empty(), 0);
    cr_expect(hll_is_valid(hll_empty()));
    cr_expect_not(hll_is_valid(SLICE("")));
    cr_expect_not(hll_is_valid(slice_of(hll.bytes, HLL_HEADER_SIZE - 1)));
    hll.bytes[4] = 2;
    cr_expect_not(hll_is_valid(text_of(&hll)));
    hll.bytes[4] = 0;
    cr_expect_not(hll_is_valid(text_of(&hll)));
    hll.bytes[4] = 1;
    hll.bytes[0] = 'h';
    cr_expect_not(hll_is_valid(text_of(&hll)));
    free(hll.bytes);
}

static enum hll_outcome add_to(struct slice text)
{
    struct hll hll = make(text, 3000);
    enum hll_outcome outcome = hll_add(&hll, SLICE("a"));
    free(hll.bytes);
    return outcome;
}

#define HEADER "HYLL\1\0\0\0\0\0\0\0\0\0\0\0"

Test(hll, that_is_corrupt_is_found_out)
{
    struct hll_registers registers = { 0 };
    static const struct slice broken[] = {
        SLICE(HEADER),                    /* nothing */
        SLICE(HEADER "\x7f"),             /* half an opcode */
        SLICE(HEADER "\x7f\xfe"),         /* one register too few */
        SLICE(HEADER "\x7f\xff\x00"),     /* one too many */
        SLICE(HEADER "\x60\x00\x7f\xff"), /* far too many */
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        struct hll hll = make(broken[i], 0);
        cr_expect_not(hll_merge(&registers, text_of(&hll)));
        cr_expect_eq(hll_make_dense(&hll), HLL_CORRUPT);
        free(hll.bytes);
    }
    cr_expect_eq(add_to(broken[0]), HLL_CORRUPT);
    cr_expect_eq(add_to(broken[1]), HLL_CORRUPT);
}

Test(hll, no_bytes_lead_outside_of_it)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < 3000; round++) {
        char text[HLL_HEADER_SIZE + 64];
        size_t len = HLL_HEADER_SIZE + random_below(&random, 64);
        memcpy(text, HEADER, HLL_HEADER_SIZE);
        for (size_t i = HLL_HEADER_SIZE; i < len; i++) text[i] = (char)random_next(&random);
        struct hll hll = make(slice_of(text, len), random_below(&random, 100));
        struct hll_registers registers = { 0 };
        for (int i = 0; i < 10; i++) {
            uint64_t element = random_next(&random);
            hll_add(&hll, slice_of(&element, sizeof element));
        }
        hll_merge(&registers, text_of(&hll));
        hll_make_dense(&hll);
        free(hll.bytes);
    }
}
