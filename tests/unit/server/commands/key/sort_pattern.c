#include "server/commands/key/sort_pattern.h"

#include <criterion/criterion.h>

static void expect_parts(struct slice text, struct slice before, struct slice behind, struct slice field)
{
    struct sort_pattern pattern = sort_pattern_of(text);
    cr_expect_eq(pattern.kind, field.len > 0 ? SORT_PATTERN_FIELD : SORT_PATTERN_STRING, "%s", text.data);
    cr_expect(slice_equal(pattern.before, before), "%s", text.data);
    cr_expect(slice_equal(pattern.behind, behind), "%s", text.data);
    cr_expect(slice_equal(pattern.field, field), "%s", text.data);
    cr_expect(sort_pattern_varies(&pattern));
}

Test(sort_pattern, the_first_star_is_the_element_and_an_arrow_behind_it_leads_to_a_field)
{
    struct slice none = SLICE("");
    expect_parts(SLICE("*"), none, none, none);
    expect_parts(SLICE("a*b*c"), SLICE("a"), SLICE("b*c"), none);
    expect_parts(SLICE("a*b->f"), SLICE("a"), SLICE("b"), SLICE("f"));
    expect_parts(SLICE("a*->f->g"), SLICE("a"), none, SLICE("f->g"));
    expect_parts(SLICE("a->*"), SLICE("a->"), none, none);
    expect_parts(SLICE("a*->"), SLICE("a"), SLICE("->"), none);
    expect_parts(SLICE("a*->>"), SLICE("a"), none, SLICE(">"));
}

Test(sort_pattern, what_is_behind_a_zero_byte_is_kept_but_not_searched)
{
    struct slice none = SLICE("");
    expect_parts(SLICE("a*b\0->f"), SLICE("a"), SLICE("b\0->f"), none);
    expect_parts(SLICE("a*->f\0g"), SLICE("a"), none, SLICE("f\0g"));
    expect_parts(SLICE("a*->\0"), SLICE("a"), SLICE("->\0"), none);
    cr_expect_eq(sort_pattern_of(SLICE("a\0*")).kind, SORT_PATTERN_CONSTANT);
    cr_expect_eq(sort_pattern_of(SLICE("#\0*")).kind, SORT_PATTERN_ELEMENT);
}

Test(sort_pattern, without_a_star_nothing_is_found_but_by_the_sign_for_the_element)
{
    cr_expect_eq(sort_pattern_of(SLICE("#")).kind, SORT_PATTERN_ELEMENT);
    cr_expect_eq(sort_pattern_of(SLICE("##")).kind, SORT_PATTERN_CONSTANT);
    cr_expect_eq(sort_pattern_of(SLICE("")).kind, SORT_PATTERN_CONSTANT);
    cr_expect_eq(sort_pattern_of(SLICE("a->f")).kind, SORT_PATTERN_CONSTANT);
}
