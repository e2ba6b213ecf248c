#include "server/events/tracking/trackers.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

Test(trackers, that_left_are_not_found_by_their_number)
{
    struct trackers *trackers = trackers_create(true);
    struct tracker *first = trackers_enter(trackers, 7, 1);
    struct tracker *second = trackers_enter(trackers, 8, 0);
    uint32_t number = first->number;
    cr_assert_eq(trackers_find(trackers, number), first);
    cr_assert_eq(trackers_next(trackers, NULL), first);
    cr_assert_eq(trackers_next(trackers, first), second);
    cr_assert_null(trackers_next(trackers, second));
    trackers_leave(trackers, &first);
    cr_assert_null(first);
    for (uint64_t i = 0; i < 100000; i++) {
        struct tracker *other = trackers_enter(trackers, 9 + i, 0);
        cr_assert_null(trackers_find(trackers, number));
        cr_assert_neq(other->number, number);
        trackers_leave(trackers, &other);
    }
    cr_assert_eq(trackers_next(trackers, NULL), second);
    trackers_check(trackers);
    trackers_leave(trackers, &second);
    trackers_destroy(&trackers);
}

Test(trackers, want_the_keys_of_their_prefixes_while_they_are_on)
{
    static const struct slice fruit[] = { { "apple:", 6 }, { "pear:", 5 } };
    struct trackers *trackers = trackers_create(false);
    struct tracker *tracker = trackers_enter(trackers, 1, 0);
    cr_assert_not(trackers_want(trackers, SLICE("pear:1")));
    trackers_turn_on(trackers, tracker,
                     &(struct tracker_wish){
                         .modes = TRACKER_BCAST, .redirect = 5, .prefixes = fruit, .prefix_count = 2 });
    trackers_turn_on(trackers, tracker,
                     &(struct tracker_wish){ .modes = TRACKER_BCAST, .prefixes = fruit, .prefix_count = 1 });
    trackers_check(trackers);
    cr_assert(trackers_want(trackers, SLICE("pear:1")));
    cr_assert_not(trackers_want(trackers, SLICE("plum:1")));
    cr_assert_eq(tracker->redirect, 0);
    cr_assert_eq(tracker->prefix_count, 2);
    cr_assert_eq(trackers_on(trackers), 1);
    cr_assert_eq(trackers_prefixes(trackers), 2);
    trackers_turn_off(trackers, tracker);
    cr_assert_eq(trackers_on(trackers), 0);
    cr_assert_not(trackers_want(trackers, SLICE("pear:1")));
    trackers_check(trackers);
    trackers_leave(trackers, &tracker);
    trackers_destroy(&trackers);
}

#define CLIENTS 3000

Test(trackers, come_and_go_in_any_order)
{
    struct random random = { seed_draw() };
    struct trackers *trackers = trackers_create(true);
    static struct tracker *clients[CLIENTS];
    for (size_t step = 0; step < 50000; step++) {
        struct tracker **client = &clients[random_below(&random, CLIENTS)];
        struct slice prefix = slice_of("abcdefghij", 1 + random_below(&random, 9));
        struct tracker_wish wish = { .modes = TRACKER_BCAST, .prefixes = &prefix, .prefix_count = 1 };
        if (*client == NULL)
            *client = trackers_enter(trackers, step, 0);
        else if (random_chance(&random, 30))
            trackers_leave(trackers, client);
        else if (random_chance(&random, 20))
            trackers_turn_off(trackers, *client);
        else
            trackers_turn_on(trackers, *client, &wish);
        if (step % 1000 == 0) trackers_check(trackers);
    }
    for (size_t i = 0; i < CLIENTS; i++)
        if (clients[i] != NULL) trackers_leave(trackers, &clients[i]);
    trackers_check(trackers);
    cr_assert_eq(trackers_prefixes(trackers), 0);
    trackers_destroy(&trackers);
}
