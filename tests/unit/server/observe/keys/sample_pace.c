#include "server/observe/keys/sample_pace.h"

#include <criterion/criterion.h>

Test(sample_pace, distances_are_drawn_around_the_mean)
{
    struct sample_pace pace;
    uint64_t sum = 0;
    sample_pace_init(&pace, 1);
    for (int i = 0; i < 10000; i++) {
        uint32_t distance = sample_pace_draw(&pace, 64);
        cr_assert(distance >= 1 && distance < 2 * 64);
        sum += distance;
    }
    cr_expect_float_eq((double)sum / 10000, 64, 2);
}

/* Commands of one key at that rate: how many were looked at in the last of so many seconds. */
static unsigned spend(struct sample_pace *pace, unsigned commands_per_s, int64_t *now_ms, unsigned seconds)
{
    unsigned taken = 0, left = 1;
    for (unsigned ms = 0; ms < seconds * 1000; ms++, ++*now_ms) {
        if (ms % 1000 == 0) {
            sample_pace_look(pace, *now_ms);
            taken = 0;
        }
        for (unsigned i = 0; i < commands_per_s / 1000; i++) {
            if (--left > 0) continue;
            taken++;
            sample_pace_spend(pace, 1, *now_ms);
            left = sample_pace_draw(pace, pace->distance);
        }
    }
    return taken;
}

Test(sample_pace, what_is_looked_at_in_a_second_stays_within_the_budget)
{
    struct sample_pace pace;
    int64_t now_ms = 1000000;
    sample_pace_init(&pace, 1);
    static const unsigned rates[] = { 1000, 100000, 5000, 1500000, 40000, 5000000, 20000 };
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        unsigned taken = spend(&pace, rates[i], &now_ms, 3);
        unsigned least = rates[i] < PACE_KEYS_PER_S ? rates[i] : PACE_KEYS_PER_S;
        cr_expect(taken >= least / 2 && taken <= PACE_KEYS_PER_S * 13 / 10, "%u of %u", taken, rates[i]);
    }
    cr_expect_eq(pace.distance, 1);
}

Test(sample_pace, a_burst_within_a_millisecond_is_met_at_once)
{
    struct sample_pace pace;
    sample_pace_init(&pace, 1);
    sample_pace_spend(&pace, 1000, 1000000);
    unsigned taken = 0;
    for (unsigned left = 1, i = 0; i < 100000; i++) {
        if (--left > 0) continue;
        taken++;
        sample_pace_spend(&pace, 1, 1000000);
        left = sample_pace_draw(&pace, pace.distance);
    }
    cr_expect_lt(taken, 6000);
}

Test(sample_pace, a_clock_that_is_set_back_makes_samples_rarer_and_then_none_the_worse)
{
    struct sample_pace pace;
    sample_pace_init(&pace, 1);
    sample_pace_spend(&pace, 1000, 2000000);
    sample_pace_spend(&pace, 1000, 1000000);
    cr_expect_eq(pace.distance, 4);
    sample_pace_look(&pace, 1002000);
    cr_expect_eq(pace.distance, 1);
}
