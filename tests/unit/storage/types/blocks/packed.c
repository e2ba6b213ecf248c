#include "storage/types/blocks/packed.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "tests/support/seed.h"

#define RECORDS_MAX 200
#define BYTES_MAX   40000

/* The naive one: records in an array, each with memory of its own. */
struct naive {
    struct {
        char *bytes;
        size_t len;
        bool mark;
        uint8_t tag;
    } records[RECORDS_MAX];
    size_t count;
};

static void naive_splice(struct naive *naive, size_t index, size_t removed, const struct packed_new *record)
{
    for (size_t i = index; i < index + removed; i++) free(naive->records[i].bytes);
    size_t come = record != NULL;
    memmove(&naive->records[index + come], &naive->records[index + removed],
            (naive->count - index - removed) * sizeof naive->records[0]);
    naive->count = naive->count - removed + come;
    if (record == NULL) return;

    size_t len = record->parts[0].len + record->parts[1].len + record->parts[2].len;
    char *bytes = malloc(len + 1), *at = bytes;
    for (int i = 0; i < 3; i++) {
        if (record->parts[i].len > 0) memcpy(at, record->parts[i].data, record->parts[i].len);
        at += record->parts[i].len;
    }
    naive->records[index].bytes = bytes;
    naive->records[index].len = len;
    naive->records[index].mark = record->mark;
    naive->records[index].tag = record->tag;
}

static void naive_clear(struct naive *naive)
{
    naive_splice(naive, 0, naive->count, NULL);
}

/* A block in memory of exactly its size, at any address. */
struct place {
    char *memory;
    char *block;
    size_t len;
};

static struct place place_make(struct random *random, size_t len)
{
    size_t shift = random_below(random, 16);
    char *memory = malloc(shift + len);
    return (struct place){ memory, memory + shift, len };
}

static void expect_record(struct packed_record got, const struct naive *naive, size_t index)
{
    cr_assert_eq(got.bytes.len, naive->records[index].len);
    cr_assert_eq(got.mark, naive->records[index].mark);
    cr_assert(memcmp(got.bytes.data, naive->records[index].bytes, got.bytes.len) == 0);
}

static void expect_same(const struct place *place, const struct naive *naive, bool tagged)
{
    packed_check(place->block, place->len);
    cr_assert_eq(packed_count(place->block), naive->count);
    cr_assert_eq(packed_name(place->block), 5);
    struct packed_record record;
    struct packed_walk walk = packed_walk(place->block, 0);
    for (size_t i = 0; i < naive->count; i++) {
        cr_assert(packed_next(&walk, &record));
        expect_record(record, naive, i);
        if (tagged) cr_assert_eq(packed_tag(place->block, i), naive->records[i].tag);
    }
    cr_assert_not(packed_next(&walk, &record));
    for (size_t i = naive->count; i-- > 0;) {
        cr_assert(packed_back(&walk, &record));
        expect_record(record, naive, i);
    }
    cr_assert_not(packed_back(&walk, &record));
}

static void expect_found(const struct place *place, const struct naive *naive, struct random *random)
{
    uint8_t tag = (uint8_t)random_below(random, 16);
    size_t from = random_below(random, naive->count + 1), expected = from;
    while (expected < naive->count && naive->records[expected].tag != tag) expected++;
    cr_assert_eq(packed_find(place->block, tag, from), expected);
    if (naive->count == 0) return;
    size_t index = random_below(random, naive->count);
    expect_record(packed_at(place->block, index), naive, index);
}

static size_t random_len(struct random *random)
{
    size_t chance = random_below(random, 400);
    if (chance == 0) return random_below(random, BYTES_MAX);
    return chance < 10 ? random_below(random, 300) : random_below(random, 30);
}

static struct packed_new random_record(struct random *random, const char *bytes)
{
    struct packed_new record = { .mark = random_chance(random, 30),
                                 .tag = (uint8_t)random_below(random, 16) };
    for (size_t i = 0; i < 1 + random_below(random, 3); i++)
        record.parts[i] = slice_of(bytes + random_below(random, BYTES_MAX), random_len(random));
    return record;
}

static void apply(struct place *place, const struct packed_edit *edit, struct random *random)
{
    bool in_place = random_chance(random, 50);
    struct place new = place_make(random, edit->size);
    if (in_place) {
        size_t larger = edit->size > edit->old_size ? edit->size : edit->old_size;
        struct place room = place_make(random, larger);
        memcpy(room.block, place->block, place->len);
        packed_apply(edit, room.block, room.block);
        memcpy(new.block, room.block, edit->size);
        free(room.memory);
    } else {
        packed_apply(edit, new.block, place->block);
    }
    free(place->memory);
    *place = new;
}

static void change(struct place *place, struct naive *naive, struct random *random, const char *bytes)
{
    struct packed_new record = random_record(random, bytes);
    size_t index = random_below(random, naive->count + 1);
    size_t choice = random_below(random, 10);
    struct packed_edit edit;
    if (choice < 5 && naive->count < RECORDS_MAX - 1) {
        edit = packed_insert(place->block, index, &record);
        naive_splice(naive, index, 0, &record);
    } else if (choice < 8 && index < naive->count) {
        edit = packed_replace(place->block, index, &record);
        naive_splice(naive, index, 1, &record);
    } else {
        size_t most = choice == 9 ? 1 + random_below(random, 8) : 1;
        size_t removed = most < naive->count - index ? most : naive->count - index;
        edit = packed_remove(place->block, index, removed);
        naive_splice(naive, index, removed, NULL);
    }
    cr_assert_eq(edit.old_size, place->len);
    apply(place, &edit, random);
}

/* Cut it, and put it together again in one of two ways. */
static void cut_and_join(struct place *place, const struct naive *naive, struct random *random)
{
    size_t at = random_below(random, naive->count + 1);
    uint16_t rest[RECORDS_MAX];
    for (size_t i = at; i < naive->count; i++) rest[i - at] = (uint16_t)i;

    struct place low = place_make(random, packed_range_size(place->block, 0, at));
    packed_range(low.block, place->block, 0, at);
    packed_check(low.block, low.len);
    struct place high = place_make(random, packed_pick_size(place->block, rest, naive->count - at));
    packed_pick(high.block, place->block, rest, naive->count - at);
    packed_check(high.block, high.len);
    cr_assert_eq(packed_range_size(place->block, at, naive->count - at), high.len);

    free(place->memory);
    *place = place_make(random, packed_join_size(low.block, high.block));
    packed_join(place->block, low.block, high.block);
    free(low.memory);
    free(high.memory);
}

static void compare_with_naive(unsigned form)
{
    struct random random = { seed_draw() };
    char *bytes = malloc(2 * BYTES_MAX);
    for (size_t i = 0; i < 2 * (size_t)BYTES_MAX; i++) bytes[i] = (char)random_next(&random);
    struct naive naive = { .count = 0 };
    struct place place = place_make(&random, PACKED_HEAD);
    memcpy(place.block, packed_empty(form), PACKED_HEAD);
    packed_set_name(place.block, 5);

    for (int step = 0; step < 20000; step++) {
        change(&place, &naive, &random, bytes);
        if (step % 50 == 0) cut_and_join(&place, &naive, &random);
        if (step % 10 == 0) expect_same(&place, &naive, form & PACKED_TAGGED);
        if (form & PACKED_TAGGED) expect_found(&place, &naive, &random);
        if (step % 5000 == 0) {
            struct packed_edit edit = packed_remove(place.block, 0, naive.count);
            naive_clear(&naive);
            apply(&place, &edit, &random);
        }
    }
    naive_clear(&naive);
    free(place.memory);
    free(bytes);
}

Test(packed, is_as_an_array_of_records_would_be)
{
    compare_with_naive(0);
}

Test(packed, is_as_an_array_of_records_with_tags_would_be)
{
    compare_with_naive(PACKED_TAGGED);
}

Test(packed, what_it_takes_beside_the_records_is_two_bytes_or_one)
{
    char block[256], other[256];
    struct packed_new record = { .parts = { SLICE("member of 16 b..") }, .tag = 7 };
    const char *from = packed_empty(PACKED_TAGGED);
    struct packed_edit edit = packed_insert(from, 0, &record);
    packed_apply(&edit, block, from);
    edit = packed_insert(block, 1, &record);
    cr_assert_eq(edit.size, PACKED_HEAD + 2 * (2 + 16));

    from = packed_empty(0);
    edit = packed_insert(from, 0, &record);
    packed_apply(&edit, other, from);
    edit = packed_insert(other, 1, &record);
    cr_assert_eq(edit.size, PACKED_HEAD + 2 * (1 + 16));
}
