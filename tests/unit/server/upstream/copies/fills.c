#include "server/upstream/copies/fills.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct fills fills;

static struct key key_named(const char *name)
{
    struct slice slice = slice_of_cstr(name);
    return (struct key){ .name = slice, .hash = key_hash(7, slice) };
}

static struct fill *add(const char *name, unsigned db)
{
    struct fill *fill = fills_add(&fills, key_named(name), db);
    fill->findable = true;
    return fill;
}

static void init(void)
{
    fills_init(&fills);
}

static void clear(void)
{
    fills_clear(&fills);
}

TestSuite(fills, .init = init, .fini = clear);

Test(fills, one_is_found_by_its_key_and_database)
{
    struct fill *fill = add("k", 1);
    cr_expect_eq(fills_find(&fills, key_named("k"), 1), fill);
    cr_expect_null(fills_find(&fills, key_named("k"), 0));
    cr_expect_null(fills_find(&fills, key_named("j"), 1));
    fills_remove(&fills, fill);
    cr_expect_null(fills_find(&fills, key_named("k"), 1));
}

Test(fills, a_change_discards_those_of_the_key_in_every_database)
{
    struct fill *a = add("k", 0), *b = add("k", 1), *other = add("j", 0);
    cr_expect_eq(fills_discard(&fills, key_named("k")), 2);
    cr_expect(a->discarded && b->discarded && !other->discarded);
    cr_expect_null(fills_find(&fills, key_named("k"), 0));
    cr_expect_eq(fills_discard(&fills, key_named("k")), 0);
    struct fill *later = add("k", 0);
    cr_expect_eq(fills_find(&fills, key_named("k"), 0), later);
    cr_expect_eq(fills_discard_all(&fills), 2);
    fills_remove(&fills, a);
    fills_remove(&fills, b);
    fills_remove(&fills, other);
    fills_remove(&fills, later);
}

Test(fills, the_filter_never_says_no_wrongly)
{
    enum { COUNT = 5000 };
    static struct fill *all[COUNT];
    char name[16];
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "k%d", i);
        all[i] = add(name, 0);
    }
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "k%d", i);
        cr_assert(fills_may_hold(&fills, key_named(name).hash));
        cr_assert_eq(fills_find(&fills, key_named(name), 0), all[i]);
    }
    for (int i = 0; i < COUNT; i++) fills_remove(&fills, all[i]);
    for (int i = 0; i < COUNT; i++) {
        snprintf(name, sizeof name, "k%d", i);
        cr_assert_not(fills_may_hold(&fills, key_named(name).hash));
    }
    fills_hold(&fills, key_named("w").hash);
    cr_expect(fills_may_hold(&fills, key_named("w").hash));
    fills_release(&fills, key_named("w").hash);
}
