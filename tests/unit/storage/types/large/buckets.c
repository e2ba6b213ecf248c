/* The large form of sets and hashes: what is true of it beyond what is true of any. */
#include "storage/types/large/buckets.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "proto/base/random.h"
#include "storage/memory/block.h"
#include "storage/types/hash.h"
#include "storage/types/set.h"
#include "tests/support/seed.h"

#define HASH_SEED 99
#define LONG_LEN  700

static struct value make_set(void)
{
    return value_make(&set_type, &value_limits_default, HASH_SEED);
}

static void add(struct value *set, size_t number)
{
    char text[32];
    struct member member = member_of(slice_of(text, (size_t)sprintf(text, "m%zu", number)), HASH_SEED);
    set_add(set, &member);
}

static void take(struct value *set, size_t number)
{
    char text[32];
    struct member member = member_of(slice_of(text, (size_t)sprintf(text, "m%zu", number)), HASH_SEED);
    set_remove(set, &member);
}

static size_t decimal(const struct atom *member)
{
    size_t number = 0;
    for (size_t i = 1; i < member->text.len; i++) number = number * 10 + (size_t)(member->text.data[i] - '0');
    return number;
}

static void mark(void *context, const struct atom *member)
{
    bool *seen = context;
    seen[decimal(member)] = true;
}

/* Members below `kept` stay; the others come or go between the calls. */
static void scan_while(size_t kept, size_t others, bool growing)
{
    struct random random = { seed_draw() };
    struct value set = make_set();
    bool *seen = calloc(kept + others, sizeof *seen);
    for (size_t i = 0; i < kept; i++) add(&set, i);
    if (!growing)
        for (size_t i = kept; i < kept + others; i++) add(&set, i);
    size_t changed = kept;
    uint64_t cursor = 0;
    do {
        cursor = set_scan(&set, cursor, mark, seen);
        for (size_t i = random_below(&random, 40); i > 0 && changed < kept + others; i--) {
            if (growing)
                add(&set, changed++);
            else
                take(&set, changed++);
        }
    } while (cursor != 0);
    for (size_t i = 0; i < kept; i++) cr_assert(seen[i], "member %zu was not shown", i);
    set_type.check(&set);
    value_clear(&set);
    free(seen);
}

Test(buckets, a_scan_shows_what_is_there_throughout)
{
    scan_while(1000, 0, true);
    scan_while(20000, 0, true);
}

Test(buckets, a_scan_shows_what_is_there_while_they_grow)
{
    for (int i = 0; i < 10; i++) scan_while(700, 30000, true);
}

Test(buckets, a_scan_shows_what_is_there_while_they_shrink)
{
    for (int i = 0; i < 10; i++) scan_while(700, 30000, false);
}

static void count(void *context, const struct atom *member)
{
    (void)member;
    ++*(size_t *)context;
}

Test(buckets, a_scan_shows_nothing_twice_while_nothing_changes)
{
    struct value set = make_set();
    for (size_t i = 0; i < 10000; i++) add(&set, i);
    size_t shown = 0, calls = 0;
    uint64_t cursor = 0;
    do {
        cursor = set_scan(&set, cursor, count, &shown);
        calls++;
    } while (cursor != 0);
    cr_assert_eq(shown, 10000);
    cr_assert_gt(calls, 10000 / 60);
    value_clear(&set);
}

static uint64_t draw(void *state)
{
    return random_next(state);
}

/* Draws from `members` of them, each of which is expected as often as any: the sum of squares is near the
 * number of degrees of freedom, of which the standard deviation is the root of twice that. */
static void expect_uniform(size_t members, size_t removed)
{
    struct random random = { 12345 };
    struct value set = make_set();
    for (size_t i = 0; i < members + removed; i++) add(&set, i);
    for (size_t i = members; i < members + removed; i++) take(&set, i);
    size_t *times = calloc(members, sizeof *times);
    size_t draws = 100 * members;
    for (size_t i = 0; i < draws; i++) {
        struct atom member = set_at_random(&set, draw, &random).member;
        times[decimal(&member)]++;
    }
    double expected = (double)draws / (double)members, squares = 0;
    for (size_t i = 0; i < members; i++) {
        double off = (double)times[i] - expected;
        squares += off * off / expected;
    }
    double freedom = (double)members - 1, off = squares - freedom;
    cr_assert(off * off < 4 * 4 * 2 * freedom, "chi-square of %zu: %f", members, squares);
    value_clear(&set);
    free(times);
}

Test(buckets, every_member_is_as_likely_to_be_drawn)
{
    expect_uniform(100, 0);
    expect_uniform(3000, 0);
    expect_uniform(1000, 9000);
    expect_uniform(10, 3000);
}

/* Half of the members are taken, some hundred times over: each as often as any. What is taken has no second
 * chance, so times vary less than when it is drawn, by the half. */
Test(buckets, every_member_is_as_likely_to_be_taken)
{
    enum { MEMBERS = 1200, ROUNDS = 400 };
    struct random random = { 4711 };
    struct value set = make_set();
    size_t times[MEMBERS] = { 0 };
    for (size_t i = 0; i < MEMBERS; i++) add(&set, i);
    for (int round = 0; round < ROUNDS; round++) {
        struct value copy = make_set();
        set_add_all(&copy, &set);
        for (int i = 0; i < MEMBERS / 2; i++) {
            struct set_place place = set_at_random(&copy, draw, &random);
            times[decimal(&place.member)]++;
            set_remove_at(&copy, &place);
        }
        value_clear(&copy);
    }
    double expected = ROUNDS / 2.0, squares = 0, freedom = MEMBERS - 1;
    for (size_t i = 0; i < MEMBERS; i++) {
        double off = (double)times[i] - expected;
        squares += off * off / (expected / 2);
    }
    cr_assert((squares - freedom) * (squares - freedom) < 4 * 4 * 2 * freedom, "chi-square: %f", squares);
    value_clear(&set);
}

/* Fields of which every tenth is long, and so is the value of every seventh. */
static struct slice field_of(char *text, size_t number)
{
    return slice_of(text, (size_t)sprintf(text, "f%0*zu", number % 10 == 0 ? LONG_LEN : 1, number));
}

static struct slice value_of(char *text, size_t number)
{
    return slice_of(text, (size_t)sprintf(text, "%0*zu", number % 7 == 0 ? LONG_LEN : 3, number));
}

static struct value make_hash(size_t fields)
{
    struct value hash = value_make(&hash_type, &value_limits_default, HASH_SEED);
    for (size_t i = 0; i < fields; i++) {
        char name[LONG_LEN + 32], text[LONG_LEN + 32];
        struct member field = member_of(field_of(name, i), HASH_SEED);
        hash_put(&hash, &field, value_of(text, i));
    }
    return hash;
}

static void expect_all(const struct value *hash, size_t fields)
{
    hash_type.check(hash);
    cr_assert_eq(value_len(hash), fields);
    for (size_t i = 0; i < fields; i++) {
        char name[LONG_LEN + 32], text[LONG_LEN + 32], scratch[NUMBER_I64_MAX];
        struct member field = member_of(field_of(name, i), HASH_SEED);
        struct atom value;
        cr_assert(hash_find(hash, &field, &value));
        cr_assert(slice_equal(atom_text(&value, scratch), value_of(text, i)));
    }
}

Test(buckets, a_copy_is_equal_and_apart)
{
    struct value hash = make_hash(5000), copy = hash;
    copy.packed = NULL;
    copy.packed_len = 0;
    copy.root = hash_type.copy(hash.root);
    cr_assert_eq(hash_type.bytes(copy.root), hash_type.bytes(hash.root));
    value_clear(&hash);
    expect_all(&copy, 5000);
    value_clear(&copy);
}

struct moves {
    size_t offered, moved;
};

static void *move(void *context, void *block, size_t size)
{
    struct moves *moves = context;
    if (moves->offered++ % 3 != 0) return block;
    moves->moved++;
    void *moved = memcpy(block_alloc(size), block, size);
    block_free(block, size);
    return moved;
}

Test(buckets, compaction_moves_every_block_that_it_is_told_to)
{
    struct value hash = make_hash(5000);
    struct moves moves = { 0 };
    const struct value_mover mover = { move, &moves };
    uint64_t hand = 0;
    size_t steps = 0, bytes = hash_type.bytes(hash.root);
    do {
        size_t before = moves.offered;
        hash_type.compact(hash.root, &hand, 32, &mover);
        cr_assert_leq(moves.offered - before, 32 + 64);
        steps++;
    } while (hand != 0);
    cr_assert_gt(steps, 20);
    cr_assert_gt(moves.offered, 500 + 714 + 5000 / 40);
    cr_assert_eq(hash_type.bytes(hash.root), bytes);
    expect_all(&hash, 5000);
    value_clear(&hash);
}

Test(buckets, are_freed_in_steps)
{
    struct value hash = make_hash(5000);
    size_t steps = 1, bytes = hash_type.bytes(hash.root);
    for (; hash_type.drain(hash.root, 50); steps++) {
        cr_assert_lt(hash_type.bytes(hash.root), bytes);
        bytes = hash_type.bytes(hash.root);
    }
    cr_assert_gt(steps, 30);
    hash.root = NULL;
    value_clear(&hash);
}

Test(buckets, take_as_little_as_was_promised)
{
    struct value set = make_set();
    size_t members = 50000;
    for (size_t i = 0; i < members; i++) {
        char text[32];
        struct member member = member_of(slice_of(text, (size_t)sprintf(text, "member %09zu", i)), HASH_SEED);
        set_add(&set, &member);
    }
    cr_assert_lt(set_type.bytes(set.root), members * (16 + 7));
    for (size_t i = 100; i < members; i++) {
        char text[32];
        struct member member = member_of(slice_of(text, (size_t)sprintf(text, "member %09zu", i)), HASH_SEED);
        set_remove(&set, &member);
    }
    cr_assert_lt(set_type.bytes(set.root), 100 * 50 + 4096);
    value_clear(&set);
}

Test(buckets, room_that_was_kept_for_what_did_not_come_is_small)
{
    struct value set = make_set();
    set_reserve(&set, 1000000);
    for (size_t i = 0; i < 1000; i++) add(&set, i);
    set_type.check(&set);
    cr_assert_lt(set_type.bytes(set.root), 1000 * 40);
    value_clear(&set);
    set = make_set();
    set_reserve(&set, 30000);
    for (size_t i = 0; i < 30000; i++) add(&set, i);
    set_type.check(&set);
    cr_assert_lt(set_type.bytes(set.root), 30000 * 20);
    value_clear(&set);
}
