#include "storage/types/list.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "proto/base/random.h"
#include "storage/memory/block.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/types/moves.h"
#include "tests/unit/storage/types/texts.h"

#define TEXTS 4096
#define STEPS (PACE_SANITIZED ? 30000 : 1000000)

/* A list beside an array of the numbers of its texts. */
struct fixture {
    struct value list;
    struct random random;
    size_t *numbers;
    size_t len, most;
    struct slice *texts;
};

static void fixture_open(struct fixture *f, size_t most)
{
    *f = (struct fixture){ .list = value_make(&list_type, &value_limits_default, 1), .most = most };
    f->random.state = seed_draw();
    f->texts = texts_make(TEXTS);
    f->numbers = alloc_zeroed(most * sizeof *f->numbers);
}

static void fixture_close(struct fixture *f)
{
    value_clear(&f->list);
    alloc_free(f->numbers);
    texts_free(f->texts, TEXTS);
}

static void insert(struct fixture *f, size_t index, size_t number)
{
    struct slice text = f->texts[number];
    list_expect(&f->list, 1, text.len);
    if (index == f->len)
        list_push(&f->list, LIST_TAIL, text);
    else if (index == 0)
        list_push(&f->list, LIST_HEAD, text);
    else
        list_insert(&f->list, index, text);
    memmove(f->numbers + index + 1, f->numbers + index, (f->len - index) * sizeof *f->numbers);
    f->numbers[index] = number;
    f->len++;
}

static void remove_range(struct fixture *f, size_t index, size_t count)
{
    list_remove(&f->list, index, count);
    f->len -= count;
    memmove(f->numbers + index, f->numbers + index + count, (f->len - index) * sizeof *f->numbers);
}

static void set(struct fixture *f, size_t index, size_t number)
{
    struct slice text = f->texts[number];
    list_expect(&f->list, 1, text.len);
    list_set(&f->list, index, text);
    f->numbers[index] = number;
}

static void expect_text(struct fixture *f, const struct atom *atom, size_t number)
{
    char digits[NUMBER_I64_MAX];
    cr_assert(slice_equal(atom_text(atom, digits), f->texts[number]), "text %zu", number);
}

static void expect_walk(struct fixture *f, size_t index, size_t most)
{
    struct atom atom;
    struct list_walk walk = list_walk(&f->list, index, LIST_TAIL);
    size_t at = index;
    for (; at < f->len && at - index < most; at++) {
        cr_assert(list_next(&walk, &atom));
        expect_text(f, &atom, f->numbers[at]);
    }
    if (at == f->len) cr_assert(!list_next(&walk, &atom));
}

static void expect_walk_back(struct fixture *f, size_t index, size_t most)
{
    struct atom atom;
    struct list_walk walk = list_walk(&f->list, index, LIST_HEAD);
    size_t shown = 0;
    for (; shown <= index && shown < most; shown++) {
        cr_assert(list_next(&walk, &atom));
        expect_text(f, &atom, f->numbers[index - shown]);
    }
    if (shown > index) cr_assert(!list_next(&walk, &atom));
}

static void expect_equal(struct fixture *f)
{
    cr_assert_eq(value_len(&f->list), f->len);
    if (f->len == 0) return;
    size_t index = random_below(&f->random, f->len);
    struct atom atom = list_at(&f->list, index);
    expect_text(f, &atom, f->numbers[index]);
    expect_walk(f, index, 20);
    expect_walk_back(f, index, 20);
}

static size_t any_number(struct fixture *f)
{
    return random_below(&f->random, TEXTS);
}

static void push_or_insert(struct fixture *f)
{
    if (f->len == f->most) return;
    size_t index = random_chance(&f->random, 40)   ? 0
                   : random_chance(&f->random, 60) ? f->len
                                                   : random_below(&f->random, f->len + 1);
    insert(f, index, any_number(f));
}

static void remove_some(struct fixture *f)
{
    if (f->len == 0) return;
    if (random_chance(&f->random, 2)) {
        size_t index = random_below(&f->random, f->len);
        remove_range(f, index, random_below(&f->random, f->len - index + 1));
    } else if (random_chance(&f->random, 30)) {
        remove_range(f, random_below(&f->random, f->len), 1);
    } else {
        remove_range(f, random_chance(&f->random, 50) ? 0 : f->len - 1, 1);
    }
}

static void step(struct fixture *f, unsigned growth)
{
    if (random_chance(&f->random, growth))
        push_or_insert(f);
    else if (random_chance(&f->random, 20) && f->len > 0)
        set(f, random_below(&f->random, f->len), any_number(f));
    else
        remove_some(f);
}

static void play(struct fixture *f, size_t steps, size_t phase)
{
    for (size_t i = 0; i < steps; i++) {
        step(f, i / phase % 2 == 0 ? 70 : 35);
        expect_equal(f);
        if (f->len < 200 || i % 1000 == 0) f->list.type->check(&f->list);
    }
}

Test(list, is_as_an_array_while_it_is_small)
{
    struct fixture f;
    fixture_open(&f, 60);
    play(&f, STEPS / 2, 100);
    fixture_close(&f);
}

Test(list, is_as_an_array_around_the_size_where_it_becomes_large)
{
    struct fixture f;
    fixture_open(&f, 300);
    for (size_t round = 0; round < (PACE_SANITIZED ? 20 : 500); round++) {
        play(&f, 1000, 500);
        value_clear(&f.list);
        f.len = 0;
    }
    fixture_close(&f);
}

Test(list, is_as_an_array_when_it_is_large)
{
    struct fixture f;
    fixture_open(&f, 20000);
    play(&f, STEPS, 10000);
    fixture_close(&f);
}

static void fill(struct fixture *f, size_t len)
{
    while (f->len < len) insert(f, f->len, any_number(f));
}

static void make_at_once(struct fixture *f, size_t len)
{
    struct list_fill fill;
    list_fill_init(&fill, &f->list);
    for (; f->len < len; f->len++) {
        f->numbers[f->len] = any_number(f);
        struct atom element = atom_of_text(f->texts[f->numbers[f->len]]);
        list_fill_add(&fill, &element);
    }
    list_fill_end(&fill);
}

Test(list, made_of_many_elements_at_once_is_as_an_array_and_can_be_written_to)
{
    static const size_t lens[] = { 0, 1, 2, 20, 60, 100, 150, 5000 };
    for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
        struct fixture f;
        fixture_open(&f, 8000);
        make_at_once(&f, lens[i]);
        f.list.type->check(&f.list);
        expect_walk(&f, 0, f.len);
        play(&f, STEPS / 200, 1000);
        fixture_close(&f);
    }
}

Test(list, made_at_once_takes_no_more_than_when_it_is_pushed)
{
    struct fixture pushed, filled;
    fixture_open(&pushed, 20000);
    fixture_open(&filled, 20000);
    make_at_once(&filled, 20000);
    while (pushed.len < 20000) insert(&pushed, pushed.len, filled.numbers[pushed.len]);
    size_t bytes = list_type.bytes(filled.list.root), bytes_pushed = list_type.bytes(pushed.list.root);
    cr_expect(bytes <= bytes_pushed + bytes_pushed / 100, "%zu, %zu", bytes, bytes_pushed);
    cr_expect_str_eq(list_type.encoding(&filled.list), list_type.encoding(&pushed.list));
    fixture_close(&pushed);
    fixture_close(&filled);
}

Test(list, a_copy_is_equal_and_apart)
{
    struct fixture f;
    fixture_open(&f, 6000);
    fill(&f, 6000);
    struct value original = f.list;
    f.list.root = f.list.type->copy(original.root);
    f.list.packed = NULL;
    f.list.packed_len = 0;
    f.list.type->check(&f.list);
    cr_assert_str_eq(f.list.type->encoding(&f.list), "quicklist");
    expect_walk(&f, 0, f.len);
    remove_range(&f, 0, f.len);
    value_clear(&f.list);
    cr_assert_eq(value_len(&original), 6000);
    original.type->check(&original);
    f.list = original;
    f.len = 0;
    fixture_close(&f);
}

Test(list, compaction_is_offered_every_block_once_a_round)
{
    struct fixture f;
    fixture_open(&f, 6000);
    fill(&f, 6000);
    size_t rounds = 0;
    struct moves moves = { 0 };
    uint64_t hand = 0;
    struct value_mover mover = { moves_take, &moves };
    do {
        f.list.type->compact(f.list.root, &hand, 7, &mover);
        f.list.type->check(&f.list);
        rounds++;
    } while (hand != 0);
    cr_assert(rounds > 10);
    cr_assert(moves.blocks > rounds * 6);
    expect_walk(&f, 0, f.len);
    expect_walk_back(&f, f.len - 1, f.len);
    fixture_close(&f);
}

Test(list, is_freed_in_steps)
{
    struct fixture f;
    fixture_open(&f, 6000);
    fill(&f, 6000);
    size_t steps = 1;
    while (f.list.type->drain(f.list.root, 5)) steps++;
    cr_assert(steps > 10);
    f.list.root = NULL;
    fixture_close(&f);
}

static void expect_name(struct fixture *f, const char *name)
{
    cr_assert_str_eq(f->list.type->encoding(&f->list), name);
}

static void push_text(struct fixture *f, struct slice text)
{
    list_expect(&f->list, 1, text.len);
    list_push(&f->list, LIST_TAIL, text);
}

Test(list, is_named_by_its_elements_where_the_limit_counts_them)
{
    struct fixture f;
    struct value_limits limits = value_limits_default;
    limits.list_size = 4;
    fixture_open(&f, 10);
    f.list.limits = &limits;
    for (int i = 0; i < 4; i++) push_text(&f, SLICE("a"));
    expect_name(&f, "listpack");
    push_text(&f, SLICE("a"));
    expect_name(&f, "quicklist");
    list_remove(&f.list, 0, 2);
    expect_name(&f, "quicklist");
    list_remove(&f.list, 0, 1);
    expect_name(&f, "listpack");
    fixture_close(&f);
}

/* 7 bytes of a listpack, and 102 for each element of 99. */
Test(list, is_named_by_its_bytes_where_the_limit_counts_them)
{
    struct fixture f;
    char text[100] = { 0 };
    fixture_open(&f, 10);
    for (int i = 0; i < 80; i++) push_text(&f, slice_of(text, 99)); /* 7 + 79 * 102 + 99 is 8164 */
    expect_name(&f, "listpack");
    push_text(&f, slice_of(text, 26)); /* 8167 + 26 */
    expect_name(&f, "quicklist");
    while (value_len(&f.list) > 41) list_remove(&f.list, 0, 1); /* 7 + 40 * 102 + 28 is 4115 */
    expect_name(&f, "quicklist");
    list_remove(&f.list, 0, 1);
    expect_name(&f, "listpack");
    fixture_close(&f);
}

Test(list, a_large_element_makes_it_a_quicklist_and_a_small_one_in_its_place_a_listpack)
{
    struct fixture f;
    static char text[9000];
    fixture_open(&f, 10);
    push_text(&f, SLICE("a"));
    push_text(&f, slice_of(text, sizeof text));
    expect_name(&f, "quicklist");
    f.list.type->check(&f.list);
    list_expect(&f.list, 1, 1);
    list_set(&f.list, 1, SLICE("b"));
    expect_name(&f, "listpack");
    fixture_close(&f);
}

Test(list, of_16_bytes_an_element_takes_less_than_18_for_each)
{
    struct fixture f;
    char text[24];
    fixture_open(&f, 10);
    for (int i = 0; i < 100000; i++) {
        snprintf(text, sizeof text, "element:%08d", i);
        list_push(&f.list, i % 2 == 0 ? LIST_HEAD : LIST_TAIL, slice_of(text, 16));
    }
    f.list.type->check(&f.list);
    size_t bytes = f.list.type->bytes(f.list.root);
    cr_assert(bytes < 18 * 100000, "%zu", bytes);
    fixture_close(&f);
}
