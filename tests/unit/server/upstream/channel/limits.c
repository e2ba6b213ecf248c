#include "server/upstream/channel/limits.h"

#include <criterion/criterion.h>

/* A10 */
Test(limits, of_replies_are_those_of_class_normal)
{
    cr_expect_eq(
        limits_read_output(SLICE("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60")), 0);
    cr_expect_eq(limits_read_output(SLICE("slave 1 1 60 normal 1048576 0 0 pubsub 1 1 60")), 1048576);
    cr_expect_eq(limits_read_output(SLICE("normal 1048576 1000 60")), 1000);
    cr_expect_eq(limits_read_output(SLICE("normal 0 1000 60")), 1000);
    cr_expect_eq(limits_read_output(SLICE("normal x")), 0);
    cr_expect_eq(limits_read_output(SLICE("")), 0);
}
