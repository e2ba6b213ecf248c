#include "server/commands/zset/zset_bounds.h"

#include <criterion/criterion.h>
#include <math.h>

static void expect_score(struct slice text, double score, bool open)
{
    struct zset_edge edge;
    cr_assert(zset_edge_read_score(&edge, text), "%.*s", (int)text.len, text.data);
    cr_expect_eq(edge.score, score, "%.*s reads %g", (int)text.len, text.data, edge.score);
    cr_expect_eq(edge.open, open, "%.*s", (int)text.len, text.data);
}

Test(zset_bounds, a_score_is_read_as_generously_as_by_redis)
{
    expect_score(SLICE("1.5"), 1.5, false);
    expect_score(SLICE("(1.5"), 1.5, true);
    expect_score(SLICE("-inf"), -INFINITY, false);
    expect_score(SLICE("(+Infinity"), INFINITY, true);
    expect_score(SLICE("1e400"), INFINITY, false);
    expect_score(SLICE("0x10"), 16, false);
    expect_score(SLICE(" 7"), 7, false);
    expect_score(SLICE(""), 0, false);
    expect_score(SLICE("("), 0, true);
    expect_score(SLICE("3\0x"), 3, false);
}

Test(zset_bounds, what_is_no_score_bounds_nothing)
{
    struct zset_edge edge;
    const char *const texts[] = { "x", "1 ", "((1", "[1", "nan", "(nan", "1,5" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_not(zset_edge_read_score(&edge, slice_of_cstr(texts[i])), "%s", texts[i]);
}

Test(zset_bounds, a_member_is_included_left_out_or_beyond_all)
{
    struct zset_edge edge;
    cr_assert(zset_edge_read_member(&edge, SLICE("[a\0b")));
    cr_expect(slice_equal(edge.member, SLICE("a\0b")) && !edge.open && edge.endless == 0);
    cr_assert(zset_edge_read_member(&edge, SLICE("(")));
    cr_expect(edge.member.len == 0 && edge.open && edge.endless == 0);
    cr_assert(zset_edge_read_member(&edge, SLICE("-")));
    cr_expect_eq(edge.endless, -1);
    cr_assert(zset_edge_read_member(&edge, SLICE("+\0what")));
    cr_expect_eq(edge.endless, 1);
}

Test(zset_bounds, what_is_no_member_bounds_nothing)
{
    struct zset_edge edge;
    const char *const texts[] = { "", "a", "+x", "--", "1" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        cr_expect_not(zset_edge_read_member(&edge, slice_of_cstr(texts[i])), "%s", texts[i]);
}
