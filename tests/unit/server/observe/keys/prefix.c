#include "server/observe/keys/prefix.h"

#include <criterion/criterion.h>
#include <string.h>

static void expect_prefix(const char *delimiter, unsigned depth, const char *name, const char *prefix)
{
    struct prefix_rule rule = prefix_rule_make(slice_of_cstr(delimiter), depth);
    struct slice found = prefix_of(&rule, slice_of_cstr(name));
    cr_expect(slice_equal(found, slice_of_cstr(prefix)), "%s at %u of '%s' gives '%.*s'", name, depth,
              delimiter, (int)found.len, found.data);
}

Test(prefix, it_ends_before_the_first_delimiter)
{
    expect_prefix(":", 1, "user:1:name", "user");
    expect_prefix(":", 1, ":1", "");
    expect_prefix(":", 1, "user", "");
    expect_prefix(":", 1, "", "");
    expect_prefix(":", 1, "user:", "user");
    expect_prefix("", 1, "user:1", "");
}

Test(prefix, it_goes_as_deep_as_the_rule_and_the_name)
{
    expect_prefix(":", 2, "user:1:name", "user:1");
    expect_prefix(":", 3, "user:1:name", "user:1");
    expect_prefix(":", 3, "a:b:c:d:e", "a:b:c");
    expect_prefix(":", 2, "user:1", "user");
}

Test(prefix, a_delimiter_may_have_several_bytes)
{
    expect_prefix("::", 1, "a:b::c", "a:b");
    expect_prefix("::", 1, "a:b:", "");
    expect_prefix("::", 2, "a:::b::c", "a:::b");
}

Test(prefix, of_a_long_one_the_beginning_counts)
{
    char name[3 * PREFIX_NAME_MAX];
    memset(name, 'x', sizeof name);
    name[sizeof name - 2] = ':';
    struct prefix_rule rule = prefix_rule_make(SLICE(":"), 1);
    cr_expect_eq(prefix_of(&rule, slice_of(name, sizeof name)).len, PREFIX_NAME_MAX);
}
