#include "proto/base/buffer.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

#define EXPECT_BYTES(buffer, text)                                                                           \
    cr_expect(slice_equal(buffer_slice(&(buffer)), SLICE(text)), "holds '%.*s', not '%s'",                   \
              (int)(buffer).len, (buffer).data, text)

Test(buffer, grows_at_its_end_and_keeps_what_it_held)
{
    struct buffer buffer = { 0 };

    for (int i = 0; i < 1000; i++) buffer_append(&buffer, "0123456789", 10);
    cr_assert_eq(buffer.len, 10000);
    for (size_t i = 0; i < buffer.len; i++) cr_assert_eq(buffer.data[i], (char)('0' + i % 10));
    buffer_clear(&buffer);
}

Test(buffer, reserves_what_is_asked_for_however_much)
{
    struct buffer buffer = { 0 };

    memset(buffer_reserve(&buffer, 100000), 'x', 100000);
    cr_expect_eq(buffer.len, 0, "reserving adds nothing");
    buffer_commit(&buffer, 100000);
    cr_expect_eq(buffer.len, 100000);
    buffer_clear(&buffer);
}

Test(buffer, doubles_so_that_appending_is_cheap)
{
    struct buffer buffer = { 0 };
    int growths = 0;

    for (int i = 0; i < 1 << 20; i++) {
        size_t before = buffer.cap;
        buffer_append(&buffer, "x", 1);
        growths += buffer.cap != before;
    }
    cr_expect_leq(growths, 20);
    buffer_clear(&buffer);
}

Test(buffer, is_taken_from_its_front)
{
    struct buffer buffer = { 0 };

    buffer_append(&buffer, "abcdef", 6);
    buffer_consume(&buffer, 0);
    EXPECT_BYTES(buffer, "abcdef");
    buffer_consume(&buffer, 4);
    EXPECT_BYTES(buffer, "ef");
    buffer_consume(&buffer, 2);
    EXPECT_BYTES(buffer, "");
    buffer_clear(&buffer);
}

Test(buffer, prints_text_of_any_length_without_a_terminator)
{
    struct buffer buffer = { 0 };

    buffer_printf(&buffer, "%s-%d", "a", 7);
    EXPECT_BYTES(buffer, "a-7");
    buffer_printf(&buffer, "%0*d", 5000, 1);
    cr_expect_eq(buffer.len, 5003);
    cr_expect_eq(buffer.data[5002], '1');
    buffer_clear(&buffer);
}

Test(buffer, is_empty_and_usable_after_clearing)
{
    struct buffer buffer = { 0 };

    buffer_append(&buffer, "x", 1);
    buffer_clear(&buffer);
    cr_expect_null(buffer.data);
    cr_expect_eq(buffer.cap, 0);
    buffer_append(&buffer, "y", 1);
    EXPECT_BYTES(buffer, "y");
    buffer_clear(&buffer);
}

/* C3: what was there when it became full stays; what comes then is dropped, and takes no more memory. */
Test(buffer, with_a_limit_becomes_full_and_keeps_what_it_held)
{
    struct buffer buffer = { .limit = 1000 };

    while (!buffer_is_full(&buffer)) buffer_append(&buffer, "0123456789", 10);
    size_t kept = buffer.full - 1, cap = buffer.cap;
    cr_expect_leq(kept, cap);
    cr_expect_leq(cap, 3 * buffer.limit);
    for (int i = 0; i < 100000; i++) buffer_append(&buffer, "dropped...", 10);
    cr_expect(buffer_is_full(&buffer));
    cr_expect_eq(buffer.full - 1, kept);
    cr_expect_eq(buffer.cap, cap);
    for (size_t i = 0; i < kept; i++) cr_assert_eq(buffer.data[i], (char)('0' + i % 10));
    buffer_clear(&buffer);
}

Test(buffer, with_a_limit_becomes_full_at_once_by_what_is_too_large)
{
    struct buffer buffer = { .limit = 1000 };
    static const char large[5000];

    buffer_append(&buffer, "abc", 3);
    buffer_append(&buffer, large, sizeof large);
    cr_expect(buffer_is_full(&buffer));
    cr_expect_eq(buffer.full - 1, 3);
    cr_expect_arr_eq(buffer.data, "abc", 3);
    buffer_clear(&buffer);
}

Test(buffer, is_no_longer_full_when_it_is_set_back_to_what_it_held_before)
{
    struct buffer buffer = { 0 };

    buffer_append(&buffer, "abcdef", 6);
    buffer_fill(&buffer);
    buffer_append(&buffer, "gh", 2);
    buffer_truncate(&buffer, 6);
    cr_expect_not(buffer_is_full(&buffer));
    EXPECT_BYTES(buffer, "abcdef");
    buffer_fill(&buffer);
    buffer_fill(&buffer);
    buffer_truncate(&buffer, 7);
    cr_expect(buffer_is_full(&buffer), "what is kept ends before");
    buffer_clear(&buffer);
}

Test(buffer, without_a_limit_is_never_full)
{
    struct buffer buffer = { 0 };
    memset(buffer_reserve(&buffer, 1 << 20), 'x', 1 << 20);
    buffer_commit(&buffer, 1 << 20);
    cr_expect_not(buffer_is_full(&buffer));
    buffer_clear(&buffer);
}

Test(buffer, refuses_to_give_more_than_it_holds, .signal = SIGABRT)
{
    struct buffer buffer = { 0 };
    buffer_consume(&buffer, 1);
}

Test(alloc, nothing_is_something_to_free)
{
    void *nothing = alloc_bytes(0);
    cr_expect_not_null(nothing);
    alloc_free(nothing);
}

Test(alloc, a_text_is_copied_and_terminated)
{
    char *copy = alloc_cstr("abcdef", 3);
    cr_expect_str_eq(copy, "abc");
    alloc_free(copy);
}

Test(alloc, zeroed_memory_is_zero_and_resizing_keeps_it)
{
    char *memory = alloc_zeroed(10);
    memory = alloc_resize(memory, 1000);
    for (int i = 0; i < 10; i++) cr_expect_eq(memory[i], 0);
    alloc_free(memory);
}

Test(contract, a_broken_promise_aborts_in_every_build, .signal = SIGABRT)
{
    INVARIANT(1 + 1 == 3);
}
