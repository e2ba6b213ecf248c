#include "proto/http/fields/http_accept.h"

#include <criterion/criterion.h>

static int weight(struct slice list)
{
    return http_accept_weight(list, SLICE("text/x"), SLICE("1.0"));
}

Test(http_accept, a_type_has_the_weight_that_it_is_given)
{
    cr_expect_eq(weight(SLICE("text/x")), 1000);
    cr_expect_eq(weight(SLICE("text/y, TEXT/X ; q=0.25")), 250);
    cr_expect_eq(weight(SLICE("text/x;q=0")), 0);
    cr_expect_eq(weight(SLICE("text/x;q=0.1,text/x;q=0.75")), 750);
    cr_expect_eq(weight(SLICE("text/x;q=high")), 0);
    cr_expect_eq(weight(SLICE("text/x;q=9")), 1000);
    cr_expect_eq(weight(SLICE("*/*, text/xx, text/")), -1);
    cr_expect_eq(weight(SLICE("")), -1);
}

Test(http_accept, another_version_is_another_type)
{
    cr_expect_eq(weight(SLICE("text/x;version=1.0;q=0.5")), 500);
    cr_expect_eq(weight(SLICE("text/x; version=\"1.0\"; charset=utf-8")), 1000);
    cr_expect_eq(weight(SLICE("text/x;version=2.0,text/x;version=1.0;q=0.3")), 300);
    cr_expect_eq(weight(SLICE("text/x;version=0.9")), -1);
}
