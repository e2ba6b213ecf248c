#include "server/events/tracking/whereabouts.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define SESSIONS 3000

Test(whereabouts, of_a_session_are_known_while_it_is_there)
{
    static unsigned loops[SESSIONS + 1]; /* one more than the loop's index; 0: it is not there */
    struct random random = { seed_draw() };
    struct whereabouts *whereabouts = whereabouts_create();
    for (size_t step = 0; step < 200000; step++) {
        uint64_t session = 1 + random_below(&random, step % 40000 < 20000 ? SESSIONS : 20);
        unsigned loop = 77;
        cr_assert_eq(whereabouts_find(whereabouts, session, &loop), loops[session] != 0);
        if (loops[session] != 0) cr_assert_eq(loop, loops[session] - 1);
        if (loops[session] == 0) {
            loops[session] = 1 + (unsigned)random_below(&random, 4);
            whereabouts_add(whereabouts, session, loops[session] - 1);
        } else {
            loops[session] = 0;
            whereabouts_remove(whereabouts, session);
        }
        whereabouts_remove(whereabouts, SESSIONS + 1);
    }
    unsigned loop;
    cr_assert_not(whereabouts_find(whereabouts, 0, &loop));
    whereabouts_destroy(&whereabouts);
}
