#include "storage/types/streams/group.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"

#define IDS       1000
#define CONSUMERS 8
#define STEPS     (PACE_SANITIZED ? 20000 : 300000)

/* A group beside a row of what is pending of ids 0-0, 0-3, 0-6 ... */
struct fixture {
    struct stream_group *group;
    struct random random;
    struct pending_entry entries[IDS];
    bool pending[IDS];
    int owners[IDS];
    bool joined[CONSUMERS];
};

static struct stream_id id_of(size_t i)
{
    return (struct stream_id){ i / 10, 3 * (i % 10) };
}

static struct slice name_of(size_t consumer)
{
    static const char *const names[CONSUMERS] = { "", "a", "aa", "b", "ab", "consumer", "c", "z" };
    return slice_of_cstr(names[consumer]);
}

static struct stream_consumer *joined(struct fixture *f, size_t consumer)
{
    struct stream_consumer *known = stream_group_find(f->group, name_of(consumer));
    cr_assert_eq(known != NULL, f->joined[consumer]);
    f->joined[consumer] = true;
    return known != NULL ? known : stream_group_join(f->group, name_of(consumer), 1);
}

static void deliver(struct fixture *f, size_t i)
{
    static const uint64_t counts[] = { 1, 2, 3, 65534, 65535, 65536, INT64_MAX };
    size_t consumer = random_below(&f->random, CONSUMERS);
    f->entries[i] =
        (struct pending_entry){ id_of(i), (int64_t)(random_next(&f->random) >> 16),
                                counts[random_below(&f->random, 7)], joined(f, consumer)->number };
    f->owners[i] = (int)consumer;
    f->pending[i] = true;
    stream_group_deliver(f->group, &f->entries[i]);
}

static void leave(struct fixture *f, size_t consumer)
{
    size_t expected = 0;
    if (!f->joined[consumer]) return;
    for (size_t i = 0; i < IDS; i++) {
        if (!f->pending[i] || f->owners[i] != (int)consumer) continue;
        f->pending[i] = false;
        expected++;
    }
    struct stream_consumer *known = stream_group_find(f->group, name_of(consumer));
    cr_assert_eq(known->pending, expected);
    cr_assert_eq(stream_group_leave(f->group, known), expected);
    f->joined[consumer] = false;
}

static void expect_same(const struct pending_entry *a, const struct pending_entry *b)
{
    cr_assert(stream_id_compare(a->id, b->id) == 0);
    cr_assert(a->delivered_ms == b->delivered_ms && a->deliveries == b->deliveries &&
              a->consumer == b->consumer);
}

static void expect_walk(struct fixture *f, size_t from)
{
    struct pending_walk walk = pending_walk(&f->group->pending, id_of(from));
    struct pending_entry entry;
    for (size_t i = from, shown = 0; i < IDS && shown < 60; i++) {
        if (!f->pending[i]) continue;
        cr_assert(pending_next(&walk, &entry));
        expect_same(&entry, &f->entries[i]);
        shown++;
        if (shown == 60) return;
    }
    cr_assert(!pending_next(&walk, &entry));
}

static void expect_last(struct fixture *f)
{
    struct pending_entry entry;
    size_t i = IDS;
    while (i > 0 && !f->pending[i - 1]) i--;
    cr_assert_eq(pending_last(&f->group->pending, &entry), i > 0);
    if (i > 0) expect_same(&entry, &f->entries[i - 1]);
}

static void step(struct fixture *f, size_t growth)
{
    size_t i = random_below(&f->random, IDS);
    if (random_chance(&f->random, (unsigned)growth)) {
        deliver(f, i);
    } else {
        cr_assert_eq(stream_group_ack(f->group, id_of(i)), f->pending[i]);
        f->pending[i] = false;
    }
    if (random_below(&f->random, 2000) == 0) leave(f, random_below(&f->random, CONSUMERS));
    struct pending_entry entry;
    i = random_below(&f->random, IDS);
    cr_assert_eq(pending_find(&f->group->pending, id_of(i), &entry), f->pending[i]);
    if (f->pending[i]) expect_same(&entry, &f->entries[i]);
}

Test(group, is_as_a_row_of_what_is_pending)
{
    struct fixture *f = ALLOC_NEW(struct fixture);
    f->random.state = seed_draw();
    f->group = stream_group_create(SLICE("group"));
    for (size_t i = 0; i < STEPS; i++) {
        step(f, i / 5000 % 2 == 0 ? 80 : 30);
        if (i % 20 == 0) expect_walk(f, random_below(&f->random, IDS));
        if (i % 20 == 0) expect_last(f);
        if (i % 500 == 0) stream_group_check(f->group);
    }
    struct stream_group *copy = stream_group_copy(f->group), *original = f->group;
    f->group = copy;
    stream_group_check(copy);
    expect_walk(f, 0);
    size_t few = 3, all = SIZE_MAX;
    while (stream_group_drain(original, &few)) few = 3;
    expect_walk(f, 0);
    while (stream_group_drain(copy, &all)) continue;
    alloc_free(f);
}

Test(group, a_pending_entry_takes_at_most_31_bytes)
{
    struct pending pending;
    struct pending_entry old;
    size_t count = 100000, all = SIZE_MAX;
    pending_init(&pending);
    for (size_t i = 0; i < count; i++)
        pending_put(&pending, &(struct pending_entry){ { 1000 + i, 0 }, 1, 1, 0 }, &old);
    printf("%.2f bytes a pending entry\n", (double)pending_bytes(&pending) / (double)count);
    cr_assert(pending_bytes(&pending) <= 31 * count);
    pending_drain(&pending, &all);
}
