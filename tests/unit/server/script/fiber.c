#include <criterion/criterion.h>

#include "server/script/fiber.h"

struct work {
    struct fiber *fiber;
    int steps;
    int done;
};

static void run(void *context)
{
    struct work *work = context;
    volatile char deep[100000];
    deep[0] = 1;
    for (int i = 0; i < work->steps; i++) {
        work->done += deep[0];
        fiber_yield(work->fiber);
    }
}

Test(fiber, work_stops_amid_of_itself_and_goes_on)
{
    struct work work = { .fiber = fiber_create(), .steps = 3 };
    cr_assert_not(fiber_start(work.fiber, run, &work));
    cr_assert_eq(work.done, 1);
    cr_assert_not(fiber_resume(work.fiber));
    cr_assert_not(fiber_resume(work.fiber));
    cr_assert_eq(work.done, 3);
    cr_assert(fiber_resume(work.fiber));
    work.steps = 0;
    cr_assert(fiber_start(work.fiber, run, &work));
    fiber_destroy(&work.fiber);
    cr_assert_null(work.fiber);
}

/* Too many for the registers that a call may change: some are in those that it must keep. */
static double mix(struct fiber *fiber, bool inside, const double *seeds)
{
    double a = seeds[0], b = seeds[1], c = seeds[2], d = seeds[3], e = seeds[4], f = seeds[5], g = seeds[6];
    long h = (long)seeds[7], i = (long)seeds[8], j = (long)seeds[9], k = (long)seeds[10], l = (long)seeds[11];
    for (int turn = 0; turn < 4; turn++) {
        if (inside)
            fiber_yield(fiber);
        else
            fiber_resume(fiber);
        a += b, b += c, c += d, d += e, e += f, f += g, g += a;
        h += i, i += j, j += k, k += l, l += h;
    }
    return a + b + c + d + e + f + g + (double)(h + i + j + k + l);
}

static const double seeds[2][12] = { { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 },
                                     { 100, 90, 80, 70, 60, 50, 40, 30, 20, 10, 7, 3 } };

struct sum {
    struct fiber *fiber;
    double inside;
};

static void sum_inside(void *context)
{
    struct sum *sum = context;
    sum->inside = mix(sum->fiber, true, seeds[1]);
}

static double naive(const double *of)
{
    double v[12];
    for (int i = 0; i < 12; i++) v[i] = of[i];
    for (int turn = 0; turn < 4; turn++) {
        for (int i = 0; i < 6; i++) v[i] += v[i + 1];
        v[6] += v[0];
        for (int i = 7; i < 11; i++) v[i] += v[i + 1];
        v[11] += v[7];
    }
    double all = 0;
    for (int i = 0; i < 12; i++) all += v[i];
    return all;
}

Test(fiber, both_sides_find_their_registers_as_they_left_them)
{
    struct sum sum = { .fiber = fiber_create() };
    cr_assert_not(fiber_start(sum.fiber, sum_inside, &sum));
    cr_assert_eq(mix(sum.fiber, false, seeds[0]), naive(seeds[0]));
    cr_assert_eq(sum.inside, naive(seeds[1]));
    fiber_destroy(&sum.fiber);
}
