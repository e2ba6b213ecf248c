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
