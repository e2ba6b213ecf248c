#include "storage/evict/ring.h"

#include <criterion/criterion.h>

#include "proto/base/random.h"

Test(ring, gives_back_in_the_order_of_pushing)
{
    struct ring ring = { 0 };
    struct random random = { 3 };
    uint32_t pushed = 0, popped = 0, hash;
    for (int i = 0; i < 100000; i++) {
        if (random_chance(&random, i < 50000 ? 60 : 40)) {
            ring_push(&ring, pushed++);
        } else if (popped < pushed) {
            uint32_t ahead = (uint32_t)random_below(&random, 8);
            if (ring_peek(&ring, ahead, &hash)) cr_assert_eq(hash, popped + ahead);
            cr_assert(ring_pop(&ring, &hash));
            cr_assert_eq(hash, popped++);
        }
        cr_assert_eq(ring.len, pushed - popped);
        cr_assert_leq(ring.bytes, ring.len * 5 + 1024);
    }
    ring_clear(&ring);
    cr_assert(!ring_pop(&ring, &hash));
    cr_assert_eq(ring.bytes, 0);
}
