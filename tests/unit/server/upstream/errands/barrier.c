/*
 * What waits behind a PING, when it comes and when it never does.
 */
#include "server/upstream/errands/barrier.h"

#include <criterion/criterion.h>
#include <stdatomic.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/upstream/tier_state.h"
#include "tests/unit/server/upstream/scripted.h"

static struct scripted *s;

static void open_scripted(void)
{
    s = scripted_open(NULL);
}

static void close_scripted(void)
{
    scripted_close(&s);
}

TestSuite(barrier, .init = open_scripted, .fini = close_scripted);

struct waiting {
    struct barrier_waiter waiter;
    int losses;
    int passes;
    bool fresh_at_loss;
    bool lost_first;
};

static void note_loss(struct barrier_waiter *waiter)
{
    struct waiting *waiting = (struct waiting *)waiter;
    waiting->losses++;
    waiting->fresh_at_loss = atomic_load(&scripted_tier(s)->link.fresh_until_ms) > 0;
    waiting->lost_first = waiting->passes == 0;
}

static void note_pass(struct barrier_waiter *waiter)
{
    ((struct waiting *)waiter)->passes++;
}

static struct waiting wait_here(void)
{
    struct tier *tier = scripted_tier(s);
    return (struct waiting){
        .waiter = { .home = &tier->server->loops[0], .pass = note_pass, .lost = note_loss },
    };
}

Test(barrier, that_is_passed_loses_nothing)
{
    struct waiting waiting = wait_here();
    barrier_wait(scripted_tier(s), &waiting.waiter);
    advance(s, 1);
    cr_assert_eq(waiting.passes, 0);
    answer(s, "PING", "+PONG\r\n");
    cr_assert_eq(waiting.passes, 1);
    cr_assert_eq(waiting.losses, 0);
}

/* A6: nothing is answered from copies when somebody is told, and what was outdated is dropped before. */
Test(barrier, that_is_lost_is_not_one_that_was_passed)
{
    struct waiting waiting = wait_here();
    barrier_wait(scripted_tier(s), &waiting.waiter);
    advance(s, 1);
    cr_assert(atomic_load(&scripted_tier(s)->link.fresh_until_ms) > 0);
    lose(s);
    cr_assert_eq(waiting.passes, 1);
    cr_assert_eq(waiting.losses, 1);
    cr_assert(waiting.lost_first);
    cr_assert_not(waiting.fresh_at_loss);
}

/* A7 */
Test(barrier, that_is_begun_without_a_link_is_lost)
{
    struct waiting waiting = wait_here();
    lose(s);
    barrier_wait(scripted_tier(s), &waiting.waiter);
    advance(s, 1);
    cr_assert_eq(waiting.passes, 1);
    cr_assert_eq(waiting.losses, 1);
}

/* A8: the first answer may overtake the news of a write that was acknowledged before. */
Test(barrier, is_answered_twice_by_an_upstream_with_threads)
{
    atomic_store(&scripted_tier(s)->limits.threaded, true);
    struct waiting waiting = wait_here();
    barrier_wait(scripted_tier(s), &waiting.waiter);
    advance(s, 1);
    answer(s, "PING", "+PONG\r\n");
    cr_assert_eq(waiting.passes, 0);
    answer(s, "PING", "+PONG\r\n");
    cr_assert_eq(waiting.passes, 1);
    cr_assert_eq(waiting.losses, 0);
    expect_quiet(s);
}

/* A8: that swaps were asked for is not asked again, only whether the answer is behind the news. */
Test(barrier, that_asks_for_swaps_is_behind_one_ping_more_with_threads)
{
    atomic_store(&scripted_tier(s)->limits.threaded, true);
    struct waiting waiting = wait_here();
    waiting.waiter.may_swap = true;
    barrier_wait(scripted_tier(s), &waiting.waiter);
    advance(s, 1);
    answer(s, "LATENCY HISTOGRAM swapdb config|resetstat latency|histogram", "%0\r\n");
    cr_assert_eq(waiting.passes, 0);
    answer(s, "PING", "+PONG\r\n");
    cr_assert_eq(waiting.passes, 1);
}

/* A8 */
Test(barrier, that_is_lost_between_its_two_answers_is_lost)
{
    atomic_store(&scripted_tier(s)->limits.threaded, true);
    struct waiting waiting = wait_here();
    barrier_wait(scripted_tier(s), &waiting.waiter);
    advance(s, 1);
    answer(s, "PING", "+PONG\r\n");
    lose(s);
    cr_assert_eq(waiting.passes, 1);
    cr_assert_eq(waiting.losses, 1);
}
