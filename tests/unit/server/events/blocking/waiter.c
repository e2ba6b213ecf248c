#include <criterion/criterion.h>
#include <pthread.h>

#include "server/events/blocking/waiter.h"
#include "server/events/blocking/waiters.h"

Test(waiter, keeps_copies_of_its_arguments)
{
    char text[] = "BLPOP";
    struct slice argv[] = { slice_of(text, 5), SLICE("k"), SLICE(""), SLICE("0") };
    struct waiter *waiter = waiter_create(2, argv, 4);
    text[0] = 'x';
    cr_assert(slice_equal(waiter->argv[0], SLICE("BLPOP")));
    cr_assert(slice_equal(waiter->argv[2], SLICE("")));
    cr_assert(slice_equal(waiter->argv[3], SLICE("0")));
    cr_assert_eq(waiter->places[1].waiter, waiter);
    waiter_destroy(waiter);
}

Test(waiter, is_claimed_once)
{
    struct waiter *waiter = waiter_create(1, NULL, 0);
    cr_assert(waiter_waits(waiter));
    cr_assert(waiter_claim(waiter, WAITER_TIMED_OUT));
    cr_assert_not(waiter_claim(waiter, WAITER_SERVED));
    cr_assert_eq(waiter->state, WAITER_TIMED_OUT);
    waiter_destroy(waiter);
}

Test(waiter, is_found_by_the_number_of_its_client_while_it_waits)
{
    struct waiters waiters;
    struct waiter *all[1000];
    waiters_init(&waiters);
    for (size_t i = 0; i < 1000; i++) {
        all[i] = waiter_create(0, NULL, 0);
        all[i]->id = i * 3;
        waiters_add(&waiters, all[i]);
    }
    cr_assert_null(waiters_claim(&waiters, 1, WAITER_UNBLOCKED));
    cr_assert_eq(waiters_claim(&waiters, 999, WAITER_UNBLOCKED), all[333]);
    cr_assert_null(waiters_claim(&waiters, 999, WAITER_UNBLOCKED), "once");
    cr_assert(waiter_claim(all[7], WAITER_SERVED));
    cr_assert_null(waiters_claim(&waiters, 21, WAITER_UNBLOCKED), "somebody was quicker");
    waiters_remove(&waiters, all[8]);
    cr_assert_null(waiters_claim(&waiters, 24, WAITER_UNBLOCKED), "it is gone");
    for (size_t i = 0; i < 1000; i++) {
        if (i != 8) waiters_remove(&waiters, all[i]);
        waiter_destroy(all[i]);
    }
    waiters_clear(&waiters);
}

/* All who may end it, at once. */
#define ROUNDS 2000

struct contest {
    struct waiter *waiters[ROUNDS];
    pthread_barrier_t start;
};

struct contestant {
    struct contest *contest;
    enum waiter_state how;
    size_t claimed;
};

static void *contend(void *context)
{
    struct contestant *contestant = context;
    pthread_barrier_wait(&contestant->contest->start);
    for (size_t i = 0; i < ROUNDS; i++)
        contestant->claimed += waiter_claim(contestant->contest->waiters[i], contestant->how);
    return NULL;
}

Test(waiter, is_ended_by_one_of_those_who_try_at_the_same_time)
{
    static struct contest contest;
    struct contestant all[] = { { &contest, WAITER_SERVED, 0 },
                                { &contest, WAITER_TIMED_OUT, 0 },
                                { &contest, WAITER_UNBLOCKED, 0 },
                                { &contest, WAITER_LEFT, 0 } };
    pthread_t threads[4];
    size_t claimed = 0, as_claimed[4] = { 0 };
    pthread_barrier_init(&contest.start, NULL, 4);
    for (size_t i = 0; i < ROUNDS; i++) contest.waiters[i] = waiter_create(0, NULL, 0);
    for (int i = 0; i < 4; i++) pthread_create(&threads[i], NULL, contend, &all[i]);
    for (int i = 0; i < 4; i++) pthread_join(threads[i], NULL);

    for (size_t i = 0; i < ROUNDS; i++)
        for (int c = 0; c < 4; c++) as_claimed[c] += contest.waiters[i]->state == all[c].how;
    for (int c = 0; c < 4; c++) {
        cr_assert_eq(as_claimed[c], all[c].claimed);
        claimed += all[c].claimed;
    }
    cr_assert_eq(claimed, ROUNDS);
    for (size_t i = 0; i < ROUNDS; i++) waiter_destroy(contest.waiters[i]);
    pthread_barrier_destroy(&contest.start);
}
