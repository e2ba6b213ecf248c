/*
 * The judge, by hand: what it must find wrong, and what it must let pass because nobody can know.
 */
#include <criterion/criterion.h>

#include "tests/scenarios/history/history.h"
#include "tests/scenarios/history/token.h"

#define A 1
#define B 2

static struct history *key;
static struct visibility visibility;
static uint64_t tick;
static int64_t now_ms;

static struct moment now(void)
{
    return (struct moment){ ++tick, now_ms };
}

static void open_key(void)
{
    tick = 0;
    now_ms = 1000;
    visibility = (struct visibility){ .slack_ms = 5, .early_ms = 1 };
    key = history_create(70, "k", 0, now());
}

static void close_key(void)
{
    history_retire(&key);
}

TestSuite(history, .init = open_key, .fini = close_key);

static uint32_t sends(int place, struct write write)
{
    write.place = place;
    write.sent = now();
    return history_write(key, &write);
}

static void answered(uint32_t number)
{
    history_answer(key, number, now());
}

static uint32_t sets(int place)
{
    uint32_t number = sends(place, (struct write){ .kind = WRITE_SET });
    answered(number);
    return number;
}

static void barrier(int place)
{
    visibility.barrier[place] = now().tick;
}

static struct view asks(int place)
{
    return history_view(key, &visibility, place, now());
}

/* NULL: the reply is fine. */
static const char *replies(struct view view, uint32_t number)
{
    char value[TOKEN_BYTES];
    if (number == 0) return history_read_absent(key, &visibility, &view, now());
    token_write(value, (struct token){ key->id, number });
    return history_read_value(key, &visibility, &view, slice_of(value, sizeof value), now());
}

static const char *reads(int place, uint32_t number)
{
    return replies(asks(place), number);
}

Test(history, a_client_reads_what_was_written_through_its_instance)
{
    uint32_t first = sets(A), second = sets(A);
    cr_assert_not_null(reads(A, first));
    cr_assert_not_null(reads(A, 0));
    cr_assert_null(reads(A, second));
}

Test(history, what_others_wrote_must_be_seen_after_a_barrier_and_may_be_before)
{
    uint32_t first = sets(A), second = sets(PLACE_UPSTREAM);
    cr_assert_null(reads(A, first));
    barrier(A);
    cr_assert_not_null(reads(A, first));
    cr_assert_null(reads(A, second));
    cr_assert_null(reads(B, 0));
}

Test(history, a_silent_link_is_believed_for_so_long_only)
{
    visibility.bound_ms = 500;
    uint32_t first = sets(A);
    sets(PLACE_UPSTREAM);
    now_ms += 400;
    cr_assert_null(reads(A, first));
    now_ms += 200;
    cr_assert_not_null(reads(A, first));
}

Test(history, the_upstream_itself_shows_every_write_that_was_answered)
{
    uint32_t first = sets(A);
    cr_assert_null(reads(PLACE_UPSTREAM, first));
    sets(B);
    cr_assert_not_null(reads(PLACE_UPSTREAM, first));
}

Test(history, of_two_writes_at_the_same_time_either_may_be_the_last)
{
    uint32_t first = sends(A, (struct write){ .kind = WRITE_SET });
    uint32_t second = sends(A, (struct write){ .kind = WRITE_SET });
    answered(second);
    answered(first);
    struct view view = asks(A);
    cr_assert_null(replies(view, first));
    cr_assert_null(replies(view, second));
}

Test(history, a_place_that_has_shown_the_next_state_does_not_go_back)
{
    uint32_t first = sends(PLACE_UPSTREAM, (struct write){ .kind = WRITE_SET });
    uint32_t second = sends(PLACE_UPSTREAM, (struct write){ .kind = WRITE_SET });
    answered(first);
    answered(second);
    cr_assert_null(reads(A, first));
    cr_assert_null(reads(A, second));
    cr_assert_not_null(reads(A, first));
}

Test(history, what_the_upstream_was_seen_to_hold_is_the_order_of_simultaneous_writes)
{
    uint32_t first = sends(A, (struct write){ .kind = WRITE_SET });
    uint32_t second = sends(B, (struct write){ .kind = WRITE_SET });
    answered(first);
    answered(second);
    cr_assert_null(reads(A, first));
    cr_assert_null(reads(PLACE_UPSTREAM, second));
    cr_assert_null(reads(A, first));
    barrier(A);
    cr_assert_not_null(reads(A, first));
    cr_assert_null(reads(A, second));
}

Test(history, a_write_without_an_answer_may_or_may_not_have_happened)
{
    uint32_t first = sets(A);
    uint32_t lost = sends(A, (struct write){ .kind = WRITE_SET });
    history_lose(key, lost, now());
    barrier(A);
    cr_assert_null(reads(A, first));
    cr_assert_null(reads(A, lost));
    cr_assert_not_null(reads(A, first));
}

Test(history, what_was_refused_is_never_read)
{
    sets(A);
    uint32_t refused = sends(A, (struct write){ .kind = WRITE_SET });
    history_withdraw(key, refused);
    cr_assert_not_null(reads(A, refused));
}

Test(history, a_value_that_was_never_written_is_found)
{
    uint32_t number = sets(A);
    struct view view = asks(A);
    cr_assert_not_null(replies(view, number + 1));
    cr_assert_not_null(history_read_value(key, &visibility, &view, SLICE("what?"), now()));
    cr_assert_not_null(history_read_value(key, &visibility, &view, SLICE("000099.00000001;"), now()));
}

Test(history, a_missing_value_needs_a_reason)
{
    cr_assert_null(reads(A, 0));
    uint32_t number = sets(A);
    cr_assert_not_null(reads(A, 0));
    uint32_t removal = sends(PLACE_UPSTREAM, (struct write){ .kind = WRITE_GONE });
    cr_assert_null(reads(A, 0));
    answered(removal);
    barrier(A);
    cr_assert_not_null(reads(A, number));
}

Test(history, a_value_is_gone_at_its_deadline_and_not_before)
{
    uint32_t number = sends(A, (struct write){ .kind = WRITE_SET, .ttl_ms = 100 });
    answered(number);
    now_ms += 90;
    cr_assert_null(reads(A, number));
    cr_assert_not_null(reads(A, 0));
    now_ms += 20;
    cr_assert_null(reads(A, 0));
    cr_assert_not_null(reads(A, number));
}

Test(history, a_deadline_that_was_taken_away_counts_no_more)
{
    uint32_t number = sends(A, (struct write){ .kind = WRITE_SET, .ttl_ms = 100 });
    answered(number);
    answered(sends(A, (struct write){ .kind = WRITE_DEADLINE }));
    now_ms += 200;
    cr_assert_null(reads(A, number));
    struct view view = asks(A);
    cr_assert_null(history_read_deadline(key, &visibility, &view, -1, 1, now()));
    cr_assert_not_null(history_read_deadline(key, &visibility, &view, 50, 1, now()));
}

Test(history, the_time_left_is_that_of_the_deadline)
{
    answered(sends(A, (struct write){ .kind = WRITE_SET, .ttl_ms = 100 }));
    now_ms += 40;
    struct view view = asks(A);
    cr_assert_null(history_read_deadline(key, &visibility, &view, 60, 1, now()));
    cr_assert_not_null(history_read_deadline(key, &visibility, &view, 90, 1, now()));
    cr_assert_not_null(history_read_deadline(key, &visibility, &view, -1, 1, now()));
}

Test(history, what_is_appended_is_there_afterwards)
{
    char value[2 * TOKEN_BYTES];
    key->newest_last = true;
    uint32_t first = sets(A);
    uint32_t second = sends(A, (struct write){ .kind = WRITE_PART });
    answered(second);
    token_write(value, (struct token){ key->id, first });
    token_write(value + TOKEN_BYTES, (struct token){ key->id, second });
    struct view view = asks(A);
    cr_assert_null(history_read_value(key, &visibility, &view, slice_of(value, sizeof value), now()));
    cr_assert_not_null(history_read_value(key, &visibility, &view, slice_of(value, TOKEN_BYTES), now()));
}

Test(history, a_type_that_was_replaced_is_not_shown)
{
    sets(A);
    answered(sends(A, (struct write){ .kind = WRITE_SET, .type = TYPE_HASH }));
    struct view view = asks(A);
    cr_assert_null(history_read_present(key, &view, TYPE_HASH, 0));
    cr_assert_not_null(history_read_present(key, &view, TYPE_STRING, 0));
}

Test(history, a_counter_only_counts_up)
{
    uint32_t one = sends(A, (struct write){ .kind = WRITE_PART });
    struct view view = asks(PLACE_UPSTREAM);
    cr_assert_null(history_count(key, &view, one, 1, now()));
    view = asks(A);
    cr_assert_null(history_read_count(key, &view, 1, now()));
    cr_assert_not_null(history_read_count(key, &view, 0, now()));
    cr_assert_not_null(history_read_count(key, &view, 9, now()));
    uint32_t two = sends(B, (struct write){ .kind = WRITE_PART });
    view = asks(PLACE_UPSTREAM);
    cr_assert_not_null(history_count(key, &view, two, 1, now()));
}

Test(history, an_exchange_of_databases_is_seen_upstream_and_nowhere_else)
{
    uint32_t number = sets(A);
    answered(sends(PLACE_UPSTREAM, (struct write){ .kind = WRITE_MOVE }));
    cr_assert_null(reads(PLACE_UPSTREAM, 0));
    barrier(A);
    cr_assert_null(reads(A, number));
}

Test(history, what_no_read_may_return_is_forgotten_and_still_found_stale)
{
    uint32_t first = sets(A);
    for (int i = 0; i < 3 * HISTORY_WRITES; i++) {
        cr_assert(history_has_room(key, &visibility, now()));
        sets(A);
        barrier(A);
        barrier(B);
    }
    cr_assert_lt(key->len, HISTORY_WRITES / 2);
    cr_assert_not_null(reads(A, first));
}
