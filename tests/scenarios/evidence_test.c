/*
 * What replies say of which parts of a value are known, by hand.
 */
#include <criterion/criterion.h>

#include "tests/scenarios/operations/evidence.h"

#define A 1

static struct history *key;
static struct visibility visibility;
static uint64_t tick;

static struct moment now(void)
{
    return (struct moment){ ++tick, 1000 };
}

static void open_key(void)
{
    tick = 0;
    visibility = (struct visibility){ .slack_ms = 5 };
    key = history_create(70, "k", 0, now());
}

static void close_key(void)
{
    history_retire(&key);
}

TestSuite(evidence, .init = open_key, .fini = close_key);

static uint32_t sends(int place, struct write write)
{
    write.place = place;
    write.sent = now();
    write.type = TYPE_SET;
    return history_write(key, &write);
}

static uint32_t writes(int place, struct write write)
{
    uint32_t number = sends(place, write);
    history_answer(key, number, now());
    return number;
}

static struct view asks(int place)
{
    return history_view(key, &visibility, place, now());
}

static bool has_len(const struct write *write, const struct wanted *wanted)
{
    return write->bytes == wanted->found;
}

static bool may_have_len(struct view view, int64_t len)
{
    struct wanted wanted = { .history = key, .found = len };
    return evidence_fits(&view, &wanted, has_len);
}

static bool must_show(struct view view, uint32_t number)
{
    return evidence_must_show(key, &visibility, &view, number, now());
}

Test(evidence, a_length_is_that_of_a_write_that_may_be_the_last)
{
    writes(A, (struct write){ .kind = WRITE_SET, .bytes = 3 });
    writes(A, (struct write){ .kind = WRITE_SET, .bytes = 4 });
    sends(A, (struct write){ .kind = WRITE_SET, .bytes = 5 });
    cr_assert_not(may_have_len(asks(A), 3));
    cr_assert(may_have_len(asks(A), 4));
    cr_assert(may_have_len(asks(A), 5));
    cr_assert_not(may_have_len(asks(A), 6));
}

Test(evidence, a_member_is_there_until_all_are_removed)
{
    uint32_t first = writes(A, (struct write){ .kind = WRITE_PART });
    uint32_t second = writes(A, (struct write){ .kind = WRITE_PART });
    struct view view = asks(A);
    cr_assert(must_show(view, first));
    cr_assert(must_show(view, second));
    cr_assert_null(evidence_of_member(key, &view, first));
    cr_assert_not_null(evidence_of_member(key, &view, second + 1));
    writes(A, (struct write){ .kind = WRITE_GONE });
    view = asks(A);
    cr_assert_not(must_show(view, first));
    cr_assert_not_null(evidence_of_member(key, &view, first));
}

Test(evidence, a_member_that_may_have_been_removed_may_be_there_or_not)
{
    uint32_t removal = sends(A, (struct write){ .kind = WRITE_GONE });
    uint32_t number = writes(A, (struct write){ .kind = WRITE_PART });
    history_answer(key, removal, now());
    struct view view = asks(A);
    cr_assert_not(must_show(view, number));
    cr_assert_null(evidence_of_member(key, &view, number));
}

Test(evidence, what_others_have_added_must_be_there_after_a_barrier)
{
    uint32_t number = writes(PLACE_UPSTREAM, (struct write){ .kind = WRITE_PART });
    cr_assert_not(must_show(asks(A), number));
    visibility.barrier[A] = now().tick;
    cr_assert(must_show(asks(A), number));
    cr_assert(must_show(asks(PLACE_UPSTREAM), number));
}

Test(evidence, a_member_goes_with_the_time_of_its_key)
{
    uint32_t number = writes(A, (struct write){ .kind = WRITE_PART });
    writes(A, (struct write){ .kind = WRITE_DEADLINE, .at_ms = 1000 });
    cr_assert_not(must_show(asks(A), number));
}

Test(evidence, what_was_moved_may_have_brought_a_deadline)
{
    writes(A, (struct write){ .kind = WRITE_MOVE });
    uint32_t number = writes(A, (struct write){ .kind = WRITE_PART });
    cr_assert_not(must_show(asks(A), number));
}
