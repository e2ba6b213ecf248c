#include "storage/types/zset.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/memory/block.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/types/moves.h"
#include "tests/unit/storage/types/texts.h"

#define STEPS (PACE_SANITIZED ? 30000 : 1000000)
#define SEED  77

/* A sorted set beside a sorted array of scores and numbers of texts. */
struct item {
    double score;
    size_t number;
};
struct fixture {
    struct value zset;
    struct random random;
    struct slice *texts;
    size_t count;       /* of texts */
    struct item *items; /* by rank */
    size_t len;
    unsigned scores; /* different ones are about so many */
};

static void fixture_open(struct fixture *f, size_t count)
{
    *f = (struct fixture){ .zset = value_make(&zset_type, &value_limits_default, SEED), .count = count };
    f->random.state = seed_draw();
    f->texts = texts_make(count);
    f->items = alloc_zeroed((count + 1) * sizeof *f->items);
    f->scores = 100;
}

static void fixture_close(struct fixture *f)
{
    value_clear(&f->zset);
    alloc_free(f->items);
    texts_free(f->texts, f->count);
}

static int compare_texts(struct slice a, struct slice b)
{
    int order = memcmp(a.data, b.data, a.len < b.len ? a.len : b.len);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static int compare(struct fixture *f, const struct item *a, const struct item *b)
{
    if (a->score != b->score) return a->score < b->score ? -1 : 1;
    return compare_texts(f->texts[a->number], f->texts[b->number]);
}

static size_t place_of(struct fixture *f, const struct item *item)
{
    size_t low = 0, high = f->len;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare(f, &f->items[middle], item) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The length if it is not there. */
static size_t rank_of(struct fixture *f, size_t number)
{
    size_t rank = 0;
    while (rank < f->len && f->items[rank].number != number) rank++;
    return rank;
}

static void model_remove(struct fixture *f, size_t rank, size_t count)
{
    f->len -= count;
    memmove(f->items + rank, f->items + rank + count, (f->len - rank) * sizeof *f->items);
}

static enum zset_put model_put(struct fixture *f, size_t number, double score)
{
    size_t rank = rank_of(f, number);
    bool is_there = rank < f->len;
    if (is_there && f->items[rank].score == score) return ZSET_SAME;
    if (is_there) model_remove(f, rank, 1);
    struct item item = { score, number };
    size_t place = place_of(f, &item);
    memmove(f->items + place + 1, f->items + place, (f->len - place) * sizeof *f->items);
    f->items[place] = item;
    f->len++;
    return is_there ? ZSET_MOVED : ZSET_ADDED;
}

static struct member member_at(struct fixture *f, size_t number)
{
    return member_of(f->texts[number], SEED);
}

static size_t any_number(struct fixture *f)
{
    return random_below(&f->random, f->count);
}

static double any_score(struct fixture *f)
{
    int64_t half = f->scores / 2;
    double whole = (double)((int64_t)random_below(&f->random, f->scores) - half);
    switch (random_below(&f->random, 12)) {
    case 0: return INFINITY;
    case 1: return -INFINITY;
    case 2: return -0.0;
    case 3: return whole / 3;
    case 4: return whole / 4;
    case 5: return whole * 1e17;
    case 6: return whole * 1e13;
    case 7: return whole * 1e300;
    default: return whole;
    }
}

static void expect_item(struct fixture *f, const struct atom *member, double score, size_t rank)
{
    char digits[NUMBER_I64_MAX];
    cr_assert(slice_equal(atom_text(member, digits), f->texts[f->items[rank].number]));
    cr_assert_eq(score, f->items[rank].score);
    cr_assert(score != 0 || !signbit(score));
}

static void expect_walk(struct fixture *f, size_t rank, enum zset_direction direction, size_t most)
{
    struct atom member;
    double score = 0;
    struct zset_walk walk = zset_walk(&f->zset, rank, direction);
    for (size_t shown = 0; shown < most; shown++) {
        bool ends = rank >= f->len;
        cr_assert_eq(zset_next(&walk, &member, &score), !ends);
        if (ends) return;
        expect_item(f, &member, score, rank);
        rank = direction == ZSET_UP ? rank + 1 : rank - 1;
    }
}

static void expect_member(struct fixture *f, size_t number)
{
    struct member member = member_at(f, number);
    size_t rank = rank_of(f, number), told;
    double score, same;
    bool is_there = rank < f->len;
    cr_assert_eq(zset_score(&f->zset, &member, &score), is_there);
    cr_assert_eq(zset_rank(&f->zset, &member, &told, &same), is_there);
    if (!is_there) return;
    cr_assert_eq(told, rank);
    cr_assert_eq(score, f->items[rank].score);
    cr_assert_eq(same, score);
}

static void expect_bounds(struct fixture *f, double score)
{
    size_t below = 0, within = 0;
    while (below < f->len && f->items[below].score < score) below++;
    for (within = below; within < f->len && f->items[within].score == score;) within++;
    cr_assert_eq(zset_rank_of_score(&f->zset, score, false), below);
    cr_assert_eq(zset_rank_of_score(&f->zset, score, true), within);
}

static void expect_equal(struct fixture *f)
{
    cr_assert_eq(value_len(&f->zset), f->len);
    expect_member(f, any_number(f));
    expect_bounds(f, any_score(f));
    size_t rank = random_below(&f->random, f->len + 2);
    expect_walk(f, rank, ZSET_UP, 10);
    expect_walk(f, rank, ZSET_DOWN, 10);
}

static void put(struct fixture *f, size_t number, double score)
{
    struct member member = member_at(f, number);
    enum zset_put expected = model_put(f, number, score);
    cr_assert_eq(zset_put(&f->zset, &member, score), expected);
}

static void remove_member(struct fixture *f, size_t number)
{
    struct member member = member_at(f, number);
    size_t rank = rank_of(f, number);
    cr_assert_eq(zset_remove(&f->zset, &member), rank < f->len);
    if (rank < f->len) model_remove(f, rank, 1);
}

static void remove_range(struct fixture *f)
{
    size_t rank = random_below(&f->random, f->len + 1), most = f->len - rank;
    size_t count = random_below(&f->random, most + 1);
    if (random_chance(&f->random, 50) && count > 1) count = 1;
    zset_remove_ranks(&f->zset, rank, count);
    model_remove(f, rank, count);
}

/* Some from either end, one by one. */
static void remove_tips(struct fixture *f)
{
    bool last = random_chance(&f->random, 50);
    for (size_t left = random_below(&f->random, 60); left > 0 && f->len > 0; left--) {
        struct zset_tip tip;
        struct atom member;
        double score;
        size_t rank = last ? f->len - 1 : 0;
        zset_peek(&f->zset, last ? ZSET_DOWN : ZSET_UP, &tip, &member, &score);
        expect_item(f, &member, score, rank);
        zset_remove_tip(&f->zset, &tip);
        model_remove(f, rank, 1);
    }
}

static void step(struct fixture *f, unsigned growth)
{
    if (random_chance(&f->random, growth))
        put(f, any_number(f), any_score(f));
    else if (random_chance(&f->random, 1))
        remove_tips(f);
    else if (random_chance(&f->random, 5))
        remove_range(f);
    else
        remove_member(f, f->len > 0 && random_chance(&f->random, 70)
                             ? f->items[random_below(&f->random, f->len)].number
                             : any_number(f));
}

static void play(struct fixture *f, size_t steps, size_t phase)
{
    for (size_t i = 0; i < steps; i++) {
        step(f, i / phase % 2 == 0 ? 80 : 40);
        expect_equal(f);
        if (f->len < 100 || i % 300 == 0) f->zset.type->check(&f->zset);
    }
}

Test(zset, is_as_a_sorted_array_while_it_is_small)
{
    struct fixture f;
    fixture_open(&f, 60);
    play(&f, STEPS / 2, 200);
    fixture_close(&f);
}

Test(zset, is_as_a_sorted_array_around_the_size_where_it_becomes_large)
{
    struct fixture f;
    fixture_open(&f, 800);
    for (size_t round = 0; round < (PACE_SANITIZED ? 10 : 100); round++) {
        play(&f, 3000, 1500);
        value_clear(&f.zset);
        f.len = 0;
    }
    fixture_close(&f);
}

Test(zset, is_as_a_sorted_array_when_it_is_large)
{
    struct fixture f;
    fixture_open(&f, 10000);
    f.scores = 100000;
    play(&f, STEPS / 5, 40000);
    fixture_close(&f);
}

Test(zset, is_as_a_sorted_array_when_many_scores_are_equal)
{
    struct fixture f;
    fixture_open(&f, 5000);
    f.scores = 2;
    play(&f, STEPS / 5, 20000);
    fixture_close(&f);
}

Test(zset, that_shrinks_gives_its_memory_back)
{
    struct fixture f;
    fixture_open(&f, 20000);
    for (size_t number = 0; number < f.count; number++) put(&f, number, any_score(&f));
    while (f.len > 100) remove_member(&f, f.items[random_below(&f.random, f.len)].number);
    f.zset.type->check(&f.zset);
    cr_assert(f.zset.type->bytes(f.zset.root) < 40000, "%zu", f.zset.type->bytes(f.zset.root));
    play(&f, 2000, 500);
    fixture_close(&f);
}

static void expect_rank_of_text(struct fixture *f, struct slice text)
{
    size_t below = 0, within;
    while (below < f->len && compare_texts(f->texts[f->items[below].number], text) < 0) below++;
    within = below + (below < f->len && slice_equal(f->texts[f->items[below].number], text));
    cr_assert_eq(zset_rank_of_member(&f->zset, text, false), below);
    cr_assert_eq(zset_rank_of_member(&f->zset, text, true), within);
}

Test(zset, of_one_score_is_searched_by_members)
{
    struct fixture f;
    for (size_t count = 40; count <= 4000; count *= 10) {
        fixture_open(&f, count);
        for (size_t i = 0; i < count / 2; i++) put(&f, any_number(&f), 7);
        for (size_t number = 0; number < count; number++) expect_rank_of_text(&f, f.texts[number]);
        expect_rank_of_text(&f, SLICE(""));
        expect_rank_of_text(&f, SLICE("\xff"));
        fixture_close(&f);
    }
}

static size_t number_of(struct fixture *f, struct slice text)
{
    size_t number = 0;
    while (number < f->count && !slice_equal(f->texts[number], text)) number++;
    return number;
}

struct seen {
    struct fixture *fixture;
    unsigned *times;
};

static void see(void *context, const struct atom *member, double score)
{
    struct seen *seen = context;
    char digits[NUMBER_I64_MAX];
    size_t number = number_of(seen->fixture, atom_text(member, digits));
    cr_assert(number < seen->fixture->count);
    cr_assert_eq(score, seen->fixture->items[rank_of(seen->fixture, number)].score);
    seen->times[number]++;
}

/* The first `kept` members stay, with scores that change; the others come and go. */
static void change_others(struct fixture *f, size_t kept, unsigned growth)
{
    for (unsigned i = 0; i < 60; i++) {
        size_t number = random_below(&f->random, f->count);
        if (number < kept || random_chance(&f->random, growth))
            put(f, number, any_score(f));
        else
            remove_member(f, number);
    }
}

Test(zset, a_scan_shows_what_is_there_throughout)
{
    struct fixture f;
    fixture_open(&f, 3000);
    f.zset.limits = &(struct value_limits){ 0 };
    size_t kept = 300;
    unsigned *times = alloc_bytes(f.count * sizeof *times);
    for (size_t number = 0; number < 2000; number++) put(&f, number, any_score(&f));
    for (unsigned round = 0; round < (PACE_SANITIZED ? 4 : 20); round++) {
        memset(times, 0, f.count * sizeof *times);
        uint64_t cursor = 0;
        do {
            cursor = zset_scan(&f.zset, cursor, see, &(struct seen){ &f, times });
            change_others(&f, kept, round % 2 == 0 ? 80 : 20);
        } while (cursor != 0);
        for (size_t number = 0; number < kept; number++) cr_assert(times[number] > 0, "text %zu", number);
        f.zset.type->check(&f.zset);
    }
    alloc_free(times);
    fixture_close(&f);
}

Test(zset, a_scan_without_changes_shows_each_member_once)
{
    struct fixture f;
    for (size_t count = 100; count <= 2500; count *= 5) {
        fixture_open(&f, count);
        unsigned *times = alloc_zeroed(count * sizeof *times);
        for (size_t number = 0; number < count; number++) put(&f, number, any_score(&f));
        uint64_t cursor = 0;
        do cursor = zset_scan(&f.zset, cursor, see, &(struct seen){ &f, times });
        while (cursor != 0);
        for (size_t number = 0; number < count; number++) cr_assert_eq(times[number], 1);
        alloc_free(times);
        fixture_close(&f);
    }
}

static void fill(struct fixture *f)
{
    for (size_t number = 0; number < f->count; number++) put(f, number, any_score(f));
}

Test(zset, a_copy_is_equal_and_apart)
{
    struct fixture f;
    fixture_open(&f, 5000);
    fill(&f);
    for (size_t i = 0; i < 2000; i++) remove_member(&f, any_number(&f));
    struct value original = f.zset;
    f.zset.root = original.type->copy(original.root);
    f.zset.packed = NULL;
    f.zset.packed_len = 0;
    f.zset.type->check(&f.zset);
    cr_assert(f.zset.type->bytes(f.zset.root) <= original.type->bytes(original.root));
    expect_walk(&f, 0, ZSET_UP, f.len + 1);
    play(&f, 1000, 300);
    value_clear(&f.zset);
    original.type->check(&original);
    value_clear(&original);
    fixture_close(&f);
}

Test(zset, compaction_is_offered_every_block_once_a_round)
{
    struct fixture f;
    fixture_open(&f, 5000);
    fill(&f);
    size_t rounds = 0;
    struct moves moves = { 0 };
    uint64_t hand = 0;
    struct value_mover mover = { moves_take, &moves };
    do {
        f.zset.type->compact(f.zset.root, &hand, 7, &mover);
        if (rounds++ % 5 == 0) f.zset.type->check(&f.zset);
    } while (hand != 0);
    f.zset.type->check(&f.zset);
    cr_assert(rounds > 20);
    /* All but the root and the two tables. */
    cr_assert(moves.bytes > f.zset.type->bytes(f.zset.root) / 10 * 9);
    expect_walk(&f, 0, ZSET_UP, f.len + 1);
    fixture_close(&f);
}

Test(zset, is_freed_in_steps)
{
    struct fixture f;
    fixture_open(&f, 5000);
    fill(&f);
    size_t steps = 1;
    while (f.zset.type->drain(f.zset.root, 5)) steps++;
    cr_assert(steps > 20);
    f.zset.root = NULL;
    fixture_close(&f);
}

static void expect_name(struct fixture *f, const char *name)
{
    cr_assert_str_eq(f->zset.type->encoding(&f->zset), name);
}

static void put_text(struct fixture *f, struct slice text)
{
    struct member member = member_of(text, SEED);
    zset_put(&f->zset, &member, 1);
}

Test(zset, is_a_skiplist_from_one_member_beyond_the_limit_on_and_never_a_listpack_again)
{
    struct fixture f;
    char text[16];
    fixture_open(&f, 1);
    for (int i = 0; i < 128; i++) put_text(&f, slice_of(text, (size_t)snprintf(text, sizeof text, "m%d", i)));
    expect_name(&f, "listpack");
    put_text(&f, SLICE("m0"));
    expect_name(&f, "listpack");
    put_text(&f, SLICE("another"));
    expect_name(&f, "skiplist");
    zset_remove_ranks(&f.zset, 1, 128);
    expect_name(&f, "skiplist");
    fixture_close(&f);
}

Test(zset, is_a_skiplist_when_a_member_is_long_or_many_are_announced)
{
    struct fixture f;
    char text[65] = { 0 };
    fixture_open(&f, 1);
    put_text(&f, slice_of(text, 64));
    zset_reserve(&f.zset, 128);
    expect_name(&f, "listpack");
    put_text(&f, slice_of(text, 65));
    expect_name(&f, "skiplist");
    value_clear(&f.zset);
    zset_reserve(&f.zset, 129);
    expect_name(&f, "skiplist");
    fixture_close(&f);
}

Test(zset, keeps_its_name_when_it_becomes_large)
{
    struct fixture f;
    struct value_limits limits = value_limits_default;
    limits.zset_entries = 2000;
    limits.zset_value = 10000;
    fixture_open(&f, 2001);
    f.zset.limits = &limits;
    for (size_t number = 0; number < 2000; number++) put(&f, number, any_score(&f));
    cr_assert_not_null(f.zset.root);
    expect_name(&f, "listpack");
    put(&f, 2000, 1);
    expect_name(&f, "skiplist");
    fixture_close(&f);
}

Test(zset, of_16_bytes_a_member_takes_less_than_38_for_each_with_any_score)
{
    struct fixture f;
    char text[24];
    fixture_open(&f, 1);
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "member:%09d", i * 7919 % 100000);
        struct member member = member_of(slice_of(text, 16), SEED);
        zset_put(&f.zset, &member, (double)random_next(&f.random) / 3);
    }
    size_t bytes = f.zset.type->bytes(f.zset.root);
    cr_assert(bytes < 38 * 100000, "%zu", bytes);
    fixture_close(&f);
}
