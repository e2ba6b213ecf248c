#include "server/observe/rates.h"

#include <criterion/criterion.h>

static void sample(struct rates *rates, uint64_t commands, int64_t now_ms)
{
    uint64_t totals[RATE_COUNT] = { [RATE_COMMANDS] = commands };
    rates_sample(rates, totals, now_ms);
}

Test(rates, a_steady_stream_is_told_as_it_is)
{
    struct rates rates = { 0 };
    for (int i = 0; i <= 2 * RATE_SAMPLES; i++) sample(&rates, (uint64_t)i * 50, 1000000 + i * 100);
    cr_expect_eq(rates_get(&rates, RATE_COMMANDS), 500);
    cr_expect_eq(rates_get(&rates, RATE_NET_IN), 0);
}

Test(rates, silence_brings_them_down_to_nothing)
{
    struct rates rates = { 0 };
    for (int i = 0; i <= RATE_SAMPLES; i++) sample(&rates, (uint64_t)i * 50, 1000000 + i * 100);
    for (int i = 1; i <= RATE_SAMPLES; i++) sample(&rates, RATE_SAMPLES * 50, 1002000 + i * 100);
    cr_expect_eq(rates_get(&rates, RATE_COMMANDS), 0);
}

Test(rates, counts_that_were_reset_are_no_rate)
{
    struct rates rates = { 0 };
    for (int i = 0; i <= RATE_SAMPLES; i++) sample(&rates, (uint64_t)i * 50, 1000000 + i * 100);
    sample(&rates, 3, 1003000);
    cr_expect_leq(rates_get(&rates, RATE_COMMANDS), 500);
}

Test(rates, a_clock_that_stands_or_goes_back_does_no_harm)
{
    struct rates rates = { 0 };
    sample(&rates, 10, 1000);
    sample(&rates, 20, 1000);
    sample(&rates, 30, 500);
    cr_expect_leq(rates_get(&rates, RATE_COMMANDS), 1000);
}
