/*
 * What is wrong with a queue, by hand.
 */
#include <criterion/criterion.h>

#include "tests/scenarios/history/queue.h"

Test(queue, an_element_is_handed_out_once)
{
    struct queue queue = { 0 };
    queue_pushed(&queue, 7, 1);
    queue_pop_sent(&queue);
    queue_pop_sent(&queue);
    cr_expect_null(queue_popped(&queue, 7, 2));
    cr_expect_not_null(queue_popped(&queue, 7, 3));
}

Test(queue, what_was_taken_is_not_there_any_more)
{
    struct queue queue = { 0 };
    queue_pushed(&queue, 7, 1);
    cr_expect_null(queue_found(&queue, 7, 2));
    queue_pop_sent(&queue);
    queue_popped(&queue, 7, 4);
    cr_expect_null(queue_found(&queue, 7, 3), "the look was sent before");
    cr_expect_not_null(queue_found(&queue, 7, 5));
}

Test(queue, what_nobody_has_is_there)
{
    struct queue queue = { 0 };
    queue_pushed(&queue, 7, 1);
    queue_pop_sent(&queue);
    cr_expect_null(queue_looked(&queue, 2), "somebody may be about to have it");
    queue_popped(&queue, 0, 3);
    cr_expect_null(queue_looked(&queue, 2), "somebody may have had it");
    cr_expect_not_null(queue_looked(&queue, 4));
    cr_expect_null(queue_found(&queue, 7, 4));
    cr_expect_null(queue_looked(&queue, 4));
}
