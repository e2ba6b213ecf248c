#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "server/events/blocking/line.h"
#include "tests/support/seed.h"

/* Nobody looks into a waiter here: numbers will do. */
static struct waiter *waiter_numbered(size_t number)
{
    return (struct waiter *)(uintptr_t)(number * 16 + 16);
}

static struct key key_named(const char *name)
{
    struct slice slice = slice_of_cstr(name);
    return (struct key){ .name = slice, .hash = key_hash(1, slice) };
}

static struct line_place place_of(size_t waiter)
{
    return (struct line_place){ .waiter = waiter_numbered(waiter) };
}

Test(line, is_made_with_its_first_place_and_goes_with_its_last)
{
    struct lines lines = { 0 };
    struct line_place first = place_of(1), second = place_of(2);
    cr_assert_null(lines_find(&lines, 0, key_named("k")));
    cr_assert(lines_join(&lines, 0, key_named("k"), &first));
    cr_assert(lines_join(&lines, 0, key_named("k"), &second));
    struct line *line = lines_find(&lines, 0, key_named("k"));
    cr_assert_eq(TAILQ_FIRST(&line->places), &first);
    cr_assert_null(lines_find(&lines, 1, key_named("k")), "each database has its own");
    lines_leave(&lines, &first);
    cr_assert_eq(TAILQ_FIRST(&line->places), &second);
    lines_leave(&lines, &second);
    cr_assert_null(lines_find(&lines, 0, key_named("k")));
    lines_clear(&lines);
}

Test(line, has_one_place_for_a_key_that_is_named_twice)
{
    struct lines lines = { 0 };
    struct line_place first = place_of(1), again = place_of(1);
    cr_assert(lines_join(&lines, 0, key_named("k"), &first));
    cr_assert_not(lines_join(&lines, 0, key_named("k"), &again));
    cr_assert_null(again.line);
    lines_leave(&lines, &first);
    lines_check(&lines);
    lines_clear(&lines);
}

Test(line, stays_while_it_is_to_be_served)
{
    struct lines lines = { 0 };
    struct line_place place = place_of(1);
    lines_join(&lines, 0, key_named("k"), &place);
    struct line *line = place.line;
    line->ready = true;
    lines_leave(&lines, &place);
    cr_assert_eq(lines_find(&lines, 0, key_named("k")), line);
    lines_settle(&lines, line);
    cr_assert_null(lines_find(&lines, 0, key_named("k")));
    lines_clear(&lines);
}

Test(line, tells_which_other_shards_a_write_to_its_key_needs)
{
    struct lines lines = { 0 };
    struct line_place plain = place_of(1), to_3 = place_of(2), to_5 = place_of(3), too_3 = place_of(4);
    to_3.shards = too_3.shards = 1 << 3;
    to_5.shards = 1 << 5;
    lines_join(&lines, 0, key_named("k"), &plain);
    cr_assert_eq(lines_reach_of(&lines, key_named("k")), 0);
    lines_join(&lines, 0, key_named("k"), &to_3);
    lines_join(&lines, 0, key_named("k"), &too_3);
    lines_join(&lines, 7, key_named("k"), &to_5);
    cr_assert_eq(lines_reach_of(&lines, key_named("k")), 1 << 3 | 1 << 5, "in any database");
    cr_assert_eq(lines_reach_of(&lines, key_named("other")), 0);
    cr_assert_eq(lines.reach.shards, 1 << 3 | 1 << 5);
    lines_leave(&lines, &to_3);
    lines_leave(&lines, &to_5);
    cr_assert_eq(lines_reach_of(&lines, key_named("k")), 1 << 3);
    lines_leave(&lines, &too_3);
    cr_assert_eq(lines_reach_of(&lines, key_named("k")), 0);
    cr_assert_eq(lines.reach.shards, 0);
    lines_leave(&lines, &plain);
    lines_clear(&lines);
}

/* Against a naive model: all places in the order in which they came. */
#define WAITERS 200
#define KEYS    40
#define EACH    3 /* keys that a waiter waits for at most */

struct model_place {
    struct line_place place;
    size_t waiter;
    unsigned key;
    unsigned db;
    uint64_t turn; /* 0: it is in no line */
};

struct model {
    struct lines lines;
    struct model_place places[WAITERS * EACH];
    uint64_t turns;
    struct random random;
};

static struct key key_numbered(unsigned number)
{
    static char names[KEYS][16];
    snprintf(names[number], sizeof(names[number]), "key:%u", number);
    return key_named(names[number]);
}

static bool is_there(const struct model *model, const struct model_place *wanted)
{
    for (size_t i = 0; i < WAITERS * EACH; i++) {
        const struct model_place *place = &model->places[i];
        if (place->turn != 0 && place->waiter == wanted->waiter && place->key == wanted->key &&
            place->db == wanted->db)
            return true;
    }
    return false;
}

static void join(struct model *model, struct model_place *place)
{
    place->key = (unsigned)random_below(&model->random, KEYS);
    place->db = (unsigned)random_below(&model->random, 2);
    if (is_there(model, place))
        return; /* a command names its keys at once, so twice means one after the other */
    place->place = place_of(place->waiter);
    place->place.shards =
        random_chance(&model->random, 30) ? UINT64_C(1) << random_below(&model->random, 64) : 0;
    cr_assert(lines_join(&model->lines, place->db, key_numbered(place->key), &place->place));
    place->turn = ++model->turns;
}

static void leave(struct model *model, struct model_place *place)
{
    lines_leave(&model->lines, &place->place);
    place->turn = 0;
}

static const struct model_place *next_of(const struct model *model, unsigned db, unsigned key, uint64_t turn)
{
    const struct model_place *next = NULL;
    for (size_t i = 0; i < WAITERS * EACH; i++) {
        const struct model_place *place = &model->places[i];
        bool fits = place->turn > turn && place->key == key && place->db == db;
        if (fits && (next == NULL || place->turn < next->turn)) next = place;
    }
    return next;
}

static void compare(const struct model *model, unsigned db, unsigned key)
{
    const struct line *line = lines_find(&model->lines, db, key_numbered(key));
    const struct line_place *place = line != NULL ? TAILQ_FIRST(&line->places) : NULL;
    const struct model_place *expected = next_of(model, db, key, 0);
    cr_assert_eq(line == NULL, expected == NULL);
    for (; expected != NULL; expected = next_of(model, db, key, expected->turn)) {
        cr_assert_eq(place, &expected->place);
        place = TAILQ_NEXT(place, others);
    }
    cr_assert_null(place);
}

Test(line, keeps_the_order_of_arrival_of_each_key, .timeout = 60)
{
    static struct model model;
    model.random.state = seed_draw();
    for (size_t i = 0; i < WAITERS * EACH; i++) model.places[i].waiter = i / EACH;
    for (int step = 0; step < 30000; step++) {
        struct model_place *place = &model.places[random_below(&model.random, WAITERS * EACH)];
        /* Now full, now nearly empty. */
        bool may_join = random_chance(&model.random, step / 3000 % 2 == 0 ? 70 : 20);
        if (place->turn != 0)
            leave(&model, place);
        else if (may_join)
            join(&model, place);
        if (step % 16 != 0) continue;
        lines_check(&model.lines);
        compare(&model, (unsigned)random_below(&model.random, 2),
                (unsigned)random_below(&model.random, KEYS));
    }
    for (size_t i = 0; i < WAITERS * EACH; i++)
        if (model.places[i].turn != 0) leave(&model, &model.places[i]);
    lines_clear(&model.lines);
}
