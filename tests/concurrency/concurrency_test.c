/*
 * A few seconds of each exercise, with two loops and with four. The program `concurrency` plays them for
 * longer.
 */
#include <criterion/criterion.h>

#include "tests/concurrency/exercises.h"

#define USUAL_MS 1500

static void play(const struct exercise *exercise)
{
    static const char *const loops[] = { "2", "4" };
    for (size_t i = 0; i < 2; i++) {
        struct crew_result result = crew_run(exercise, loops[i], i + 1, USUAL_MS);
        cr_log_info("%s with %s loops: %llu replies", exercise->name, loops[i],
                    (unsigned long long)result.done);
        cr_expect_not(result.failed, "with %s loops: %s", loops[i], result.failure);
    }
}

TestSuite(concurrency, .timeout = 300);

Test(concurrency, queues_lose_nothing_and_double_nothing)
{
    play(&exercise_queues);
}

Test(concurrency, groups_lose_no_entry_and_give_none_twice)
{
    play(&exercise_groups);
}

Test(concurrency, no_update_under_watch_is_lost)
{
    play(&exercise_counters);
}

Test(concurrency, nobody_sees_half_of_a_transaction)
{
    play(&exercise_halves);
}

Test(concurrency, scripts_transactions_and_commands_see_each_other_whole_or_not_at_all)
{
    play(&exercise_ledgers);
}

Test(concurrency, functions_change_between_programs_and_never_within_one)
{
    play(&exercise_programs);
}

Test(concurrency, messages_of_a_publisher_come_in_its_order_and_before_a_pong)
{
    play(&exercise_channels);
}

Test(concurrency, invalidations_come_before_the_pong)
{
    play(&exercise_invalidations);
}

Test(concurrency, nothing_older_than_an_acknowledged_invalidation_is_told_as_fresh)
{
    play(&exercise_leases);
}

Test(concurrency, everybody_is_answered_whatever_takes_the_whole_keyspace)
{
    play(&exercise_everything);
}
