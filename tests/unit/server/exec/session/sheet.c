#include "server/exec/session/sheet.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"

static uint32_t write(struct sheet *sheet, const char *text)
{
    size_t len = strlen(text);
    memcpy(sheet_reserve(sheet, len), text, len);
    return sheet_add(sheet, len);
}

static void extend(struct sheet *sheet, const char *text)
{
    size_t len = strlen(text);
    memcpy(sheet_reserve(sheet, len), text, len);
    sheet_extend(sheet, len);
}

Test(sheet, pieces_that_follow_each_other_are_one_stretch)
{
    struct sheet sheet = { 0 };
    struct sheet_claims all = { 0 }, some = { 0 };
    const char *const texts[] = { "one ", "two ", "three " };
    for (size_t i = 0; i < 3; i++) {
        uint32_t piece = write(&sheet, texts[i]);
        sheet_claim(&sheet, &all, piece);
        if (i != 1) sheet_claim(&sheet, &some, piece);
    }
    struct slice stretch;
    cr_assert_eq(sheet_claimed(&sheet, &all), 14);
    cr_assert_eq(sheet_claimed(&sheet, &some), 10);
    cr_assert(sheet_take(&sheet, &all, &stretch) && slice_equal(stretch, SLICE("one two three ")));
    cr_assert_not(sheet_take(&sheet, &all, &stretch));
    cr_assert(sheet_take(&sheet, &some, &stretch) && slice_equal(stretch, SLICE("one ")));
    cr_assert(sheet_take(&sheet, &some, &stretch) && slice_equal(stretch, SLICE("three ")));
    cr_assert_not(sheet_take(&sheet, &some, &stretch));
    sheet_clear(&sheet);
}

Test(sheet, what_is_added_to_an_open_piece_goes_to_all_who_have_a_claim_to_it)
{
    struct sheet sheet = { 0 };
    struct sheet_claims one = { 0 }, other = { 0 };
    uint32_t piece = write(&sheet, "a");
    sheet_claim(&sheet, &one, piece);
    sheet_claim(&sheet, &other, piece);
    sheet_open(&sheet, &piece, NULL);
    cr_assert(sheet_is_open(&sheet, &piece, NULL));
    extend(&sheet, "b");
    struct slice stretch;
    cr_assert(sheet_take(&sheet, &one, &stretch) && slice_equal(stretch, SLICE("ab")));
    cr_assert(sheet_take(&sheet, &other, &stretch) && slice_equal(stretch, SLICE("ab")));
    sheet_clear(&sheet);
}

Test(sheet, a_piece_is_open_until_the_next_one_and_for_its_own_readers_only)
{
    struct sheet sheet = { 0 };
    int readers, others;
    write(&sheet, "a");
    sheet_open(&sheet, &readers, NULL);
    cr_assert_not(sheet_is_open(&sheet, &others, NULL));
    write(&sheet, "b");
    cr_assert_not(sheet_is_open(&sheet, &readers, NULL));
    sheet_open(&sheet, &readers, NULL);
    sheet_close(&sheet);
    cr_assert_not(sheet_is_open(&sheet, &readers, NULL));
    sheet_clear(&sheet);
}

Test(sheet, an_empty_one_begins_anew_and_gives_much_memory_back)
{
    struct sheet sheet = { 0 };
    struct sheet_claims claims = { 0 };
    for (size_t i = 0; i < 100000; i++) sheet_claim(&sheet, &claims, write(&sheet, "0123456789abcdef"));
    cr_assert(sheet_is_long(&sheet));
    sheet_empty(&sheet);
    cr_assert_not(sheet_is_long(&sheet));
    cr_assert_eq(sheet.text.cap, 0);
    cr_assert_eq(write(&sheet, "a"), 0);
    sheet_clear(&sheet);
}

#define READERS 5
#define STEPS   3000
#define SEED    20251130

/* Readers, each with what it should be sent. */
struct reader {
    struct sheet_claims claims;
    struct buffer expected;
};

static void publish(struct sheet *sheet, struct reader *readers, unsigned to, const char *text)
{
    uint32_t piece = write(sheet, text);
    for (unsigned i = 0; i < READERS; i++) {
        if (!(to >> i & 1)) continue;
        sheet_claim(sheet, &readers[i].claims, piece);
        buffer_append(&readers[i].expected, text, strlen(text));
    }
}

static void read_all(struct sheet *sheet, struct reader *reader)
{
    struct buffer got = { 0 };
    struct slice stretch;
    cr_assert_eq(sheet_claimed(sheet, &reader->claims), reader->expected.len);
    while (sheet_take(sheet, &reader->claims, &stretch)) buffer_append(&got, stretch.data, stretch.len);
    cr_assert(slice_equal(buffer_slice(&got), buffer_slice(&reader->expected)));
    reader->claims = (struct sheet_claims){ 0 };
    reader->expected.len = 0;
    buffer_clear(&got);
}

Test(sheet, random_readers_get_what_was_for_them_in_its_order)
{
    struct random random = { .state = SEED };
    struct sheet sheet = { 0 };
    struct reader readers[READERS] = { 0 };
    for (unsigned step = 0; step < STEPS; step++) {
        char text[16];
        snprintf(text, sizeof text, "%u,", step);
        publish(&sheet, readers, (unsigned)random_below(&random, 1 << READERS), text);
        if (random_below(&random, 8) == 0) read_all(&sheet, &readers[random_below(&random, READERS)]);
        if (random_below(&random, 50) > 0) continue;
        for (unsigned i = 0; i < READERS; i++) read_all(&sheet, &readers[i]);
        sheet_empty(&sheet);
    }
    for (unsigned i = 0; i < READERS; i++) buffer_clear(&readers[i].expected);
    sheet_clear(&sheet);
}
