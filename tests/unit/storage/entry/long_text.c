/* C11: a value is sent from where it stands, after its shard's lock was let go. */
#include "storage/entry/long_text.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "storage/entry/entry_making.h"
#include "storage/memory/block.h"

#define LEN ((size_t)200000)

static char text[2 * LEN];

static struct entry *make(char with, size_t len)
{
    memset(text, with, len);
    return entry_make_string(NULL, SLICE("k"), slice_of(text, len), 0);
}

static void expect_all(struct slice found, char byte, size_t len)
{
    cr_assert_eq(found.len, len);
    for (size_t i = 0; i < len; i++) cr_assert_eq(found.data[i], byte, "byte %zu", i);
}

static struct pin pin_of(const struct entry *entry)
{
    struct pin pin;
    cr_assert(pin_take(&pin, entry));
    return pin;
}

Test(long_text, a_short_one_cannot_be_pinned)
{
    struct entry *entry = make('a', 65534);
    struct pin pin;
    cr_assert_not(pin_take(&pin, entry));
    entry_free(entry);
    entry = make('a', 65535);
    pin = pin_of(entry);
    pin_drop(&pin);
    entry_free(entry);
}

Test(long_text, outlives_its_entry_while_it_is_pinned)
{
    struct entry *entry = make('a', LEN);
    struct pin first = pin_of(entry), second = pin_of(entry);
    cr_assert_eq(long_text_orphaned(), 0);
    entry_free(entry);
    cr_assert_eq(long_text_orphaned(), block_real_size(long_text_block_size(LEN)));
    pin_drop(&first);
    expect_all(second.text, 'a', LEN);
    pin_drop(&second);
    cr_assert_eq(long_text_orphaned(), 0);
}

Test(long_text, is_written_over_in_place_only_when_it_is_not_pinned)
{
    struct entry *entry = make('a', LEN);
    struct pin pin = pin_of(entry);
    memset(text, 'b', LEN);
    struct entry *other = entry_make_string(entry, SLICE("k"), slice_of(text, LEN), 0);
    cr_assert_neq(other, entry);
    entry_free(entry);
    expect_all(pin.text, 'a', LEN);
    pin_drop(&pin);
    memset(text, 'c', LEN);
    cr_assert_eq(entry_make_string(other, SLICE("k"), slice_of(text, LEN), 0), other);
    expect_all(entry_text(other, NULL), 'c', LEN);
    entry_free(other);
}

Test(long_text, that_is_pinned_is_copied_before_it_changes)
{
    for (size_t len = LEN - 10; len <= LEN + 10; len += 10) { /* shorter, in place, longer */
        struct entry *entry = make('a', LEN);
        struct pin pin = pin_of(entry);
        entry = entry_resize_text(entry, len);
        memset(entry_text_edit(entry), 'b', len);
        expect_all(pin.text, 'a', LEN);
        pin_drop(&pin);
        expect_all(entry_text(entry, NULL), 'b', len);
        entry_free(entry);
    }
}

Test(long_text, becomes_a_short_one_beside_its_pin)
{
    struct entry *entry = make('a', LEN);
    struct pin pin = pin_of(entry);
    entry = entry_resize_text(entry, 1000);
    expect_all(entry_text(entry, NULL), 'a', 1000);
    expect_all(pin.text, 'a', LEN);
    pin_drop(&pin);
    entry = entry_resize_text(entry, LEN);
    cr_assert_eq(entry_text(entry, NULL).data[1000], '\0');
    entry_free(entry);
}

Test(long_text, that_was_received_stays_where_it_is_and_can_be_pinned)
{
    char *memory = alloc_bytes(LEN + 64);
    memset(memory, 'r', LEN + 64);
    struct entry_received received = { .text = slice_of(memory + 37, LEN),
                                       .memory = memory,
                                       .size = LEN + 64 };
    struct entry *entry = entry_make_received(SLICE("k"), &received, 0);
    cr_assert_not_null(entry);
    struct pin pin = pin_of(entry);
    cr_assert_eq(pin.text.data, memory + 37);
    entry = entry_resize_text(entry, LEN + 1);
    expect_all(pin.text, 'r', LEN);
    pin_drop(&pin);
    entry_free(entry);

    memory = alloc_bytes(LEN + 64);
    received =
        (struct entry_received){ .text = slice_of(memory + 15, LEN), .memory = memory, .size = LEN + 64 };
    cr_assert_null(entry_make_received(SLICE("k"), &received, 0), "no room for the header");
    alloc_free(memory);
}

static void *drop_later(void *context)
{
    struct pin *pins = context;
    for (size_t i = 0; i < 1000; i++) {
        cr_assert_eq(pins[i].text.data[LEN - 1], 'a');
        pin_drop(&pins[i]);
    }
    return NULL;
}

Test(long_text, is_freed_by_whoever_drops_it_last)
{
    static struct pin pins[2][1000];
    struct entry *entry = make('a', LEN);
    for (size_t i = 0; i < 1000; i++) {
        pins[0][i] = pin_of(entry);
        pins[1][i] = pin_of(entry);
    }
    pthread_t threads[2];
    for (size_t t = 0; t < 2; t++) pthread_create(&threads[t], NULL, drop_later, pins[t]);
    entry_free(entry);
    for (size_t t = 0; t < 2; t++) pthread_join(threads[t], NULL);
    cr_assert_eq(long_text_orphaned(), 0);
}
