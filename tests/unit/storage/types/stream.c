#include "storage/types/stream.h"

#include <criterion/criterion.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "proto/base/random.h"
#include "storage/memory/block.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/types/moves.h"
#include "tests/unit/storage/types/texts.h"

#define TEXTS     512
#define PAIRS_MAX 3
#define STEPS     (PACE_SANITIZED ? 10000 : 200000)

struct model_entry {
    struct stream_id id;
    size_t pairs;
    size_t words[2 * PAIRS_MAX]; /* numbers of texts */
};

/* A stream beside an array of its entries. */
struct fixture {
    struct value stream;
    struct value_limits limits;
    struct random random;
    struct slice *texts;
    struct model_entry *entries;
    size_t len, most;
    struct stream_id last;
    struct stream_id read; /* by who goes on where he was */
    struct stream_bookmark bookmark;
};

static void fixture_open(struct fixture *f, size_t most)
{
    *f = (struct fixture){ .limits = value_limits_default, .most = most };
    f->stream = value_make(&stream_type, &f->limits, 1);
    f->random.state = seed_draw();
    f->texts = texts_make(TEXTS);
    f->entries = alloc_zeroed((most + 1) * sizeof *f->entries);
}

static void fixture_close(struct fixture *f)
{
    value_clear(&f->stream);
    alloc_free(f->entries);
    texts_free(f->texts, TEXTS);
}

/* Most have names that recur, some have their own. */
static size_t any_word(struct fixture *f, size_t at, bool usual)
{
    return at % 2 == 0 && usual ? at / 2 : random_below(&f->random, TEXTS);
}

static struct stream_id next_id(struct fixture *f)
{
    static const uint64_t steps[] = { 0, 0, 0, 1, 1, 2, 14, 15, 16, 1000, 100000, UINT64_C(1) << 40 };
    struct stream_id id = f->last;
    uint64_t ms = steps[random_below(&f->random, sizeof steps / sizeof *steps)];
    if (ms == 0) {
        id.seq += 1 + (random_chance(&f->random, 10) ? random_below(&f->random, 1000) : 0);
    } else {
        id.ms += ms;
        id.seq = random_chance(&f->random, 10) ? random_next(&f->random) >> 1 : 0;
    }
    return id;
}

static void add(struct fixture *f)
{
    if (f->len == f->most) return;
    struct model_entry *entry = &f->entries[f->len++];
    struct slice words[2 * PAIRS_MAX];
    bool usual = random_chance(&f->random, 80);
    entry->id = f->last = next_id(f);
    entry->pairs = 1 + random_below(&f->random, PAIRS_MAX);
    for (size_t i = 0; i < 2 * entry->pairs; i++) {
        entry->words[i] = any_word(f, i, usual);
        words[i] = f->texts[entry->words[i]];
    }
    stream_add(&f->stream, &(struct stream_new){ entry->id, words, entry->pairs });
}

static void take_out(struct fixture *f, size_t index, size_t count)
{
    f->len -= count;
    memmove(f->entries + index, f->entries + index + count, (f->len - index) * sizeof *f->entries);
}

static void remove_one(struct fixture *f)
{
    if (f->len == 0) return;
    size_t index = random_chance(&f->random, 30) ? f->len - 1 : random_below(&f->random, f->len);
    struct stream_id id = f->entries[index].id;
    cr_assert(stream_has(&f->stream, id));
    cr_assert(stream_remove(&f->stream, id));
    cr_assert(!stream_remove(&f->stream, id));
    take_out(f, index, 1);
}

static void trim(struct fixture *f)
{
    size_t left = f->len - random_below(&f->random, f->len / 4 + 2) % (f->len + 1);
    struct stream_trim trim = { .by_id = random_chance(&f->random, 50), .max_len = left };
    if (f->len == 0) return;
    if (trim.by_id) trim.min_id = left == 0 ? STREAM_ID_MAX : f->entries[f->len - left].id;
    trim.whole_blocks = random_chance(&f->random, 50);
    size_t removed = stream_trim(&f->stream, &trim);
    cr_assert(trim.whole_blocks ? removed <= f->len - left : removed == f->len - left);
    take_out(f, 0, removed);
}

static void expect_entry(struct fixture *f, struct stream_entry *entry, size_t index)
{
    const struct model_entry *expected = &f->entries[index];
    char digits[NUMBER_I64_MAX];
    cr_assert(stream_id_compare(entry->id, expected->id) == 0);
    cr_assert_eq(entry->pairs, expected->pairs);
    for (size_t i = 0; i < entry->pairs; i++) {
        struct atom field, text;
        stream_entry_next(entry, &field, &text);
        cr_assert(slice_equal(atom_text(&field, digits), f->texts[expected->words[2 * i]]));
        cr_assert(slice_equal(atom_text(&text, digits), f->texts[expected->words[2 * i + 1]]));
    }
}

static size_t index_from(const struct fixture *f, struct stream_id id)
{
    size_t index = 0;
    while (index < f->len && stream_id_compare(f->entries[index].id, id) < 0) index++;
    return index;
}

static void expect_up(struct fixture *f, struct stream_id from, size_t most)
{
    struct stream_walk walk = stream_walk(&f->stream, from);
    struct stream_entry entry;
    size_t index = index_from(f, from), end = f->len - index > most ? index + most : f->len;
    for (; index < end; index++) {
        cr_assert(stream_next(&walk, &entry));
        expect_entry(f, &entry, index);
    }
    if (index == f->len) cr_assert(!stream_next(&walk, &entry));
}

static void expect_down(struct fixture *f, struct stream_id from, size_t most)
{
    struct stream_walk_back walk;
    struct stream_entry entry;
    stream_walk_back(&walk, &f->stream, from);
    size_t index = index_from(f, from), shown = 0;
    if (index < f->len && stream_id_compare(f->entries[index].id, from) == 0) index++;
    for (; index > 0 && shown < most; shown++) {
        cr_assert(stream_back(&walk, &entry));
        expect_entry(f, &entry, --index);
    }
    if (index == 0) cr_assert(!stream_back(&walk, &entry));
}

static struct stream_id any_id(struct fixture *f)
{
    if (f->len == 0 || random_chance(&f->random, 5)) return STREAM_ID_MIN;
    if (random_chance(&f->random, 5)) return STREAM_ID_MAX;
    struct stream_id id = f->entries[random_below(&f->random, f->len)].id;
    if (random_chance(&f->random, 20)) stream_id_next(&id);
    return id;
}

static void expect_equal(struct fixture *f)
{
    cr_assert_eq(value_len(&f->stream), f->len);
    expect_up(f, any_id(f), 20);
    expect_down(f, any_id(f), 50);
    struct stream_id first = f->len > 0 ? f->entries[0].id : STREAM_ID_MIN;
    struct stream_id last = f->len > 0 ? f->entries[f->len - 1].id : STREAM_ID_MIN;
    cr_assert(stream_id_compare(stream_first_id(&f->stream), first) == 0);
    cr_assert(stream_id_compare(stream_last_there(&f->stream), last) == 0);
}

/* Who goes on where he was, some entries at a time, sees what he would see from there. */
static void expect_on(struct fixture *f, size_t most)
{
    struct stream_entry entry;
    struct stream_id from = f->read;
    struct stream_walk walk = stream_walk_on(&f->stream, &f->bookmark, f->read);
    if (!stream_id_next(&from)) return;
    size_t index = index_from(f, from), count = 0;
    for (; index < f->len && count < most; count++, index++) {
        cr_assert(stream_next(&walk, &entry));
        f->read = entry.id;
        expect_entry(f, &entry, index);
    }
    if (count > 0) stream_walk_remember(&walk, f->read, &f->bookmark);
    if (count < most) cr_assert(!stream_next(&walk, &entry));
    if (count < most && random_chance(&f->random, 30)) f->read = any_id(f);
}

static void play(struct fixture *f, size_t steps, size_t phase)
{
    for (size_t i = 0; i < steps; i++) {
        if (random_chance(&f->random, i / phase % 2 == 0 ? 70 : 35))
            add(f);
        else if (random_chance(&f->random, 98))
            remove_one(f);
        else
            trim(f);
        expect_equal(f);
        if (random_chance(&f->random, 50)) expect_on(f, 1 + random_below(&f->random, 5));
        if (f->stream.root != NULL && (f->len < 100 || i % 500 == 0)) f->stream.type->check(&f->stream);
    }
}

Test(stream, is_as_an_array_while_it_is_one_block)
{
    struct fixture f;
    fixture_open(&f, 40);
    play(&f, STEPS / 2, 80);
    fixture_close(&f);
}

Test(stream, is_as_an_array_when_it_is_many_blocks)
{
    struct fixture f;
    fixture_open(&f, 3000);
    play(&f, STEPS / 4, 5000);
    fixture_close(&f);
}

Test(stream, is_as_an_array_whatever_a_block_may_hold)
{
    static const size_t entries[] = { 0, 1, 2, 7 }, bytes[] = { 0, 1, 300, 100000 };
    for (size_t i = 0; i < 16; i++) {
        struct fixture f;
        fixture_open(&f, 400);
        f.limits.stream_node_entries = entries[i % 4];
        f.limits.stream_node_bytes = bytes[i / 4];
        play(&f, STEPS / 100, 300);
        fixture_close(&f);
    }
}

static void fill(struct fixture *f, size_t len)
{
    while (f->len < len) add(f);
}

Test(stream, stays_when_it_runs_empty_and_remembers_its_last_id)
{
    struct fixture f;
    fixture_open(&f, 500);
    fill(&f, 500);
    struct stream_trim all = { .max_len = 0 };
    cr_assert_eq(stream_trim(&f.stream, &all), 500);
    cr_assert_eq(value_len(&f.stream), 0);
    cr_assert_eq(stream_id_compare(stream_root_of(&f.stream)->last, f.last), 0);
    f.len = 0;
    fill(&f, 10);
    expect_equal(&f);
    fixture_close(&f);
}

static struct stream_group *add_group(struct fixture *f)
{
    struct stream_group *group = stream_root_add_group(stream_root_of(&f->stream), SLICE("group"));
    struct stream_consumer *consumer = stream_group_join(group, SLICE("consumer"), 5);
    for (size_t i = 0; i < f->len; i += 2)
        stream_group_deliver(group, &(struct pending_entry){ f->entries[i].id, 7, 1, consumer->number });
    return group;
}

Test(stream, a_copy_is_equal_and_apart_with_its_groups)
{
    struct fixture f;
    fixture_open(&f, 2000);
    fill(&f, 2000);
    add_group(&f);
    struct value original = f.stream;
    f.stream.root = f.stream.type->copy(original.root);
    f.stream.type->check(&f.stream);
    expect_up(&f, STREAM_ID_MIN, f.len);
    struct stream_group *group = stream_root_group(stream_root_of(&f.stream), SLICE("group"));
    cr_assert_eq(stream_group_leave(group, stream_group_find(group, SLICE("consumer"))), 1000);
    remove_one(&f);
    f.stream.type->check(&f.stream);
    value_clear(&f.stream);
    original.type->check(&original);
    cr_assert_eq(value_len(&original), 2000);
    f.stream = original;
    fixture_close(&f);
}

Test(stream, compaction_is_offered_every_block_once_a_round)
{
    struct fixture f;
    fixture_open(&f, 4000);
    fill(&f, 4000);
    add_group(&f);
    size_t rounds = 0;
    struct moves moves = { 0 };
    uint64_t hand = 0;
    struct value_mover mover = { moves_take, &moves };
    do {
        f.stream.type->compact(f.stream.root, &hand, 7, &mover);
        f.stream.type->check(&f.stream);
        rounds++;
    } while (hand != 0);
    cr_assert(rounds > 10);
    cr_assert(moves.blocks > rounds * 6);
    expect_up(&f, STREAM_ID_MIN, f.len);
    expect_down(&f, STREAM_ID_MAX, f.len);
    fixture_close(&f);
}
