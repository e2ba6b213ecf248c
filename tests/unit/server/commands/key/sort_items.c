#include "server/commands/key/sort_items.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define ITEMS_MAX 300

/* Which item it was is in the address of its text. */
static char texts[ITEMS_MAX][4];
static struct sort_item items[ITEMS_MAX], wanted[ITEMS_MAX];

static struct atom draw_atom(struct random *random, size_t i)
{
    char *text = texts[i];
    size_t len = random_below(random, 4);
    for (size_t at = 0; at < len; at++) text[at] = (char)random_below(random, 3);
    return random_chance(random, 30) ? atom_of_integer((int64_t)random_below(random, 20) - 10)
                                     : atom_of_text(slice_of(text, len));
}

static void draw_items(struct random *random, size_t len, const struct sort_order *order)
{
    for (size_t i = 0; i < len; i++) {
        struct atom element = draw_atom(random, i), weight = draw_atom(random, i);
        items[i] = (struct sort_item){ .element = sort_text_of(&element) };
        if (!order->alpha) items[i].score = (double)random_below(random, 10);
        if (order->alpha && order->weighted)
            items[i].weight = random_chance(random, 20) ? sort_text_nothing() : sort_text_of(&weight);
    }
}

static struct sort_order draw_order(struct random *random)
{
    return (struct sort_order){ .alpha = random_chance(random, 50),
                                .weighted = random_chance(random, 50),
                                .whole = random_chance(random, 50),
                                .descending = random_chance(random, 50) };
}

/* Two at a time are what sort_items() is for two. */
static bool is_before(const struct sort_item *a, const struct sort_item *b, const struct sort_order *order)
{
    struct sort_item two[2] = { *a, *b };
    sort_items(two, 2, order);
    return two[0].element.data == a->element.data && two[0].element.number == a->element.number &&
           two[0].weight.data == a->weight.data && two[0].weight.number == a->weight.number;
}

static void sort_wanted(size_t len, const struct sort_order *order)
{
    memcpy(wanted, items, len * sizeof *items);
    for (size_t i = 1; i < len; i++) {
        struct sort_item moved = wanted[i];
        size_t at = i;
        for (; at > 0 && !is_before(&wanted[at - 1], &moved, order); at--) wanted[at] = wanted[at - 1];
        wanted[at] = moved;
    }
}

Test(sort_items, all_are_in_order_and_equal_ones_as_they_were)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < 300; round++) {
        size_t len = random_below(&random, ITEMS_MAX);
        struct sort_order order = draw_order(&random);
        draw_items(&random, len, &order);
        sort_wanted(len, &order);
        sort_items(items, len, &order);
        cr_assert(memcmp(items, wanted, len * sizeof *items) == 0);
    }
}

/* Equal ones may be others than in the whole order, but no unequal ones. */
static bool is_equal(const struct sort_item *a, const struct sort_item *b, const struct sort_order *order)
{
    return is_before(a, b, order) && is_before(b, a, order);
}

Test(sort_items, a_part_is_what_is_there_in_the_whole_order)
{
    struct random random = { seed_draw() };
    for (int round = 0; round < 1000; round++) {
        size_t len = 1 + random_below(&random, ITEMS_MAX - 1);
        size_t from = random_below(&random, len), count = random_below(&random, len - from + 1);
        struct sort_order order = draw_order(&random);
        draw_items(&random, len, &order);
        sort_wanted(len, &order);
        sort_items_part(items, len, from, count, &order);
        for (size_t i = from; i < from + count; i++)
            cr_assert(is_equal(&items[i], &wanted[i], &order), "item %zu of %zu from %zu on", i, len, from);
    }
}

Test(sort_items, texts_end_at_a_zero_byte_unless_they_are_stored)
{
    struct atom a = atom_of_text(SLICE("x\0b")), b = atom_of_text(SLICE("x\0a"));
    struct sort_item two[2] = { { .element = sort_text_of(&a) }, { .element = sort_text_of(&b) } };
    sort_items(two, 2, &(struct sort_order){ .alpha = true });
    cr_expect_eq(two[0].element.data, a.text.data);
    sort_items(two, 2, &(struct sort_order){ .alpha = true, .whole = true });
    cr_expect_eq(two[0].element.data, b.text.data);
}
