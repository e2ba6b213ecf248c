#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/random.h"
#include "storage/dump/dump_object.h"
#include "storage/dump/dump_payload.h"
#include "storage/dump/dump_type.h"
#include "storage/dump/encodings/length.h"
#include "storage/types/hash.h"
#include "storage/types/set.h"
#include "storage/types/stream.h"
#include "storage/types/zset.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/dump/payload_maker.h"

#define HASH_SEED 7
#define MANY      5000
#define TEXT_MAX  800

/* The text of this number: short, an integer, compressible, long enough to stand outside, or a mixture. */
static struct slice text_of(size_t number, char text[TEXT_MAX])
{
    static const char *const forms[] = { "%zu", "member:%zu", "%zu:%040d", "%zu:%0600d", "-%zu1" };
    int len = snprintf(text, TEXT_MAX, forms[number % 5], number, 0);
    return slice_of(text, (size_t)len);
}

/* Of `count` elements from 0 on; but the one at `at` is that of `instead`. */
struct sample {
    unsigned type; /* DUMP_SET, DUMP_HASH or DUMP_ZSET */
    size_t count, at, instead;
};

static struct buffer body_of(const struct sample *sample)
{
    struct buffer body = { 0 };
    char byte = (char)sample->type, text[TEXT_MAX];
    buffer_append(&body, &byte, 1);
    length_write(&body, sample->count);
    for (size_t i = 0; i < sample->count; i++) {
        size_t number = i == sample->at ? sample->instead : i;
        double score = (double)(sample->count - i);
        dump_text_write(&body, text_of(number, text), DUMP_COMPRESSED);
        if (sample->type == DUMP_HASH) dump_text_write(&body, text_of(number + 2, text), DUMP_COMPRESSED);
        if (sample->type == DUMP_ZSET) buffer_append(&body, &score, sizeof score);
    }
    return body;
}

static bool read(struct dump_object *object, struct slice body)
{
    struct buffer payload = payload_make(body, 9);
    *object = (struct dump_object){ .limits = &value_limits_default, .seed = HASH_SEED };
    bool good = dump_payload_read(object, buffer_slice(&payload));
    buffer_clear(&payload);
    return good;
}

static bool has(const struct value *value, size_t number)
{
    char text[TEXT_MAX], other[TEXT_MAX], scratch[NUMBER_I64_MAX];
    struct member member = member_of(text_of(number, text), HASH_SEED);
    struct atom found;
    double score;
    if (value->type == &set_type) return set_has(value, &member);
    if (value->type == &zset_type) return zset_score(value, &member, &score);
    return hash_find(value, &member, &found) &&
           slice_equal(atom_text(&found, scratch), text_of(number + 2, other));
}

static bool put(struct value *value, size_t number)
{
    char text[TEXT_MAX], other[TEXT_MAX];
    struct member member = member_of(text_of(number, text), HASH_SEED);
    if (value->type == &set_type) return set_add(value, &member);
    if (value->type == &zset_type) return zset_put(value, &member, 1) == ZSET_ADDED;
    return hash_put(value, &member, text_of(number + 2, other));
}

static bool drop(struct value *value, size_t number)
{
    char text[TEXT_MAX];
    struct member member = member_of(text_of(number, text), HASH_SEED);
    if (value->type == &set_type) return set_remove(value, &member);
    if (value->type == &zset_type) return zset_remove(value, &member);
    return hash_remove(value, &member);
}

static const unsigned types[] = { DUMP_SET, DUMP_HASH, DUMP_ZSET };
#define TYPES (sizeof types / sizeof *types)

Test(dump_large, collections_are_whole_and_can_be_written_to)
{
    for (size_t i = 0; i < TYPES; i++) {
        struct sample sample = { types[i], MANY, MANY, 0 };
        struct buffer body = body_of(&sample);
        struct dump_object object;
        cr_assert(read(&object, buffer_slice(&body)));
        struct value *value = &object.value;
        value->type->check(value);
        cr_expect_eq(value_len(value), MANY);
        for (size_t number = 0; number < MANY; number++) cr_expect(has(value, number), "%zu", number);
        for (size_t number = 0; number < MANY; number += 3) cr_expect(drop(value, number));
        for (size_t number = MANY; number < 2 * MANY; number++) cr_expect(put(value, number));
        for (size_t number = 0; number < 2 * MANY; number++)
            cr_expect_eq(has(value, number), number >= MANY || number % 3 != 0);
        value->type->check(value);
        dump_object_clear(&object);
        buffer_clear(&body);
    }
}

/* Also one that stands far from the other, or next to it. */
Test(dump_large, collections_with_an_element_twice_are_refused)
{
    struct random random = { seed_draw() };
    for (size_t i = 0; i < TYPES; i++) {
        for (size_t round = 0; round < 40; round++) {
            struct sample sample = { types[i], 600 + round, 1 + random_below(&random, 599), 0 };
            sample.instead = round % 2 == 0 ? sample.at - 1 : random_below(&random, sample.at);
            struct buffer body = body_of(&sample);
            struct dump_object object;
            bool good = read(&object, buffer_slice(&body));
            cr_expect(!good, "%zu at %zu of %zu", sample.instead, sample.at, sample.count);
            if (good) dump_object_clear(&object);
            buffer_clear(&body);
        }
    }
}

Test(dump_large, collections_that_are_cut_short_or_changed_are_refused_or_sound)
{
    struct random random = { seed_draw() };
    for (size_t i = 0; i < TYPES; i++) {
        struct sample sample = { types[i], 700, 700, 0 };
        struct buffer body = body_of(&sample);
        for (size_t round = 0; round < 300; round++) {
            struct dump_object object;
            cr_expect(!read(&object, slice_of(body.data, random_below(&random, body.len))));
            char *byte = &body.data[random_below(&random, body.len)], was = *byte;
            *byte = (char)random_next(&random);
            if (read(&object, buffer_slice(&body))) {
                if (object.value.type != NULL) object.value.type->check(&object.value);
                dump_object_clear(&object);
            }
            *byte = was;
        }
        buffer_clear(&body);
    }
}

/* Members by the order that they come in: rising, falling, at random, and in order but for some. */
static size_t place_of(unsigned order, size_t i, struct random *random)
{
    switch (order) {
    case 0: return i;
    case 1: return MANY - 1 - i;
    case 2: return (i * 7919) % MANY; /* a prime that does not divide it */
    default: return i % 1000 == 999 ? MANY + random_below(random, MANY) * MANY + i : i;
    }
}

static struct buffer zset_in_order(unsigned order, bool equal_scores, struct random *random)
{
    struct buffer body = { 0 };
    char byte = DUMP_ZSET, text[TEXT_MAX];
    buffer_append(&body, &byte, 1);
    length_write(&body, MANY);
    for (size_t i = 0; i < MANY; i++) {
        size_t place = place_of(order, i, random);
        size_t third = place / 3;
        double score = equal_scores ? -0.0 : (double)third;
        int len = snprintf(text, TEXT_MAX, "m%09zu", place);
        dump_text_write(&body, slice_of(text, (size_t)len), DUMP_PLAIN);
        buffer_append(&body, &score, sizeof score);
    }
    return body;
}

static void expect_order(const struct value *zset)
{
    struct zset_walk walk = zset_walk(zset, 0, ZSET_UP);
    struct atom member;
    double score, before = -1;
    char last[TEXT_MAX] = "";
    while (zset_next(&walk, &member, &score)) {
        char text[TEXT_MAX];
        snprintf(text, sizeof text, "%.*s", (int)member.text.len, member.text.data);
        cr_assert(before < score || (before == score && strcmp(last, text) < 0), "%s behind %s", text, last);
        before = score;
        memcpy(last, text, sizeof last);
    }
}

Test(dump_large, sorted_sets_may_come_in_any_order)
{
    struct random random = { seed_draw() };
    for (unsigned order = 0; order < 4; order++) {
        for (unsigned equal_scores = 0; equal_scores < 2; equal_scores++) {
            struct buffer body = zset_in_order(order, equal_scores, &random);
            struct dump_object object;
            cr_assert(read(&object, buffer_slice(&body)), "order %u", order);
            zset_type.check(&object.value);
            cr_expect_eq(value_len(&object.value), MANY);
            expect_order(&object.value);
            dump_object_clear(&object);
            buffer_clear(&body);
        }
    }
}

/* Entries of one to four fields, with names that recur and others; every fourth block loses some of them. */
static void grow(struct value *stream, struct random *random)
{
    static const char *const names[] = { "name", "17", "-4096", "a longer name than most of them", "" };
    for (uint64_t i = 1; i <= MANY; i++) {
        struct slice words[8];
        char texts[4][TEXT_MAX];
        size_t pairs = 1 + random_below(random, 4), kind = random_below(random, 12);
        for (size_t pair = 0; pair < pairs; pair++) {
            const char *name = names[kind < 9 ? pair : random_below(random, 5)];
            words[2 * pair] = slice_of(name, strlen(name));
            words[2 * pair + 1] = text_of(random_below(random, 100000), texts[pair]);
        }
        struct stream_id id = { i / 3 * (1 + i / 1000 * 1000000), i };
        stream_add(stream, &(struct stream_new){ .id = id, .words = words, .pairs = pairs });
        if (i / 100 % 4 == 0 && random_chance(random, 40)) stream_remove(stream, id);
    }
}

static void expect_same_entries(const struct value *stream, const struct value *other)
{
    struct stream_walk walk = stream_walk(stream, STREAM_ID_MIN), beside = stream_walk(other, STREAM_ID_MIN);
    struct stream_entry entry, same;
    while (stream_next(&walk, &entry)) {
        cr_assert(stream_next(&beside, &same));
        cr_assert_eq(stream_id_compare(entry.id, same.id), 0);
        cr_assert_eq(entry.pairs, same.pairs);
        for (size_t i = 0; i < entry.pairs; i++) {
            struct atom words[4];
            char texts[4][NUMBER_I64_MAX];
            stream_entry_next(&entry, &words[0], &words[1]);
            stream_entry_next(&same, &words[2], &words[3]);
            for (size_t j = 0; j < 2; j++)
                cr_assert(
                    slice_equal(atom_text(&words[j], texts[j]), atom_text(&words[j + 2], texts[j + 2])));
        }
    }
    cr_assert(!stream_next(&beside, &same));
}

Test(dump_large, streams_are_whole_and_can_be_written_to)
{
    struct random random = { seed_draw() };
    struct value stream = value_make(&stream_type, &value_limits_default, HASH_SEED);
    struct buffer payload = { 0 };
    struct dump_object object = { .limits = &value_limits_default, .seed = HASH_SEED };
    grow(&stream, &random);
    dump_payload_write(&payload, &stream, DUMP_COMPRESSED);
    cr_assert(dump_payload_read(&object, buffer_slice(&payload)));
    stream_type.check(&object.value);
    expect_same_entries(&stream, &object.value);

    struct slice words[] = { SLICE("name"), SLICE("value") };
    struct stream_new entry = { .id = { UINT64_MAX, 1 }, .words = words, .pairs = 1 };
    stream_add(&stream, &entry);
    stream_add(&object.value, &entry);
    struct stream_trim trim = { .max_len = 500 };
    cr_expect_eq(stream_trim(&object.value, &trim), stream_trim(&stream, &trim));
    stream_type.check(&object.value);
    expect_same_entries(&stream, &object.value);
    dump_object_clear(&object);
    value_clear(&stream);
    buffer_clear(&payload);
}
