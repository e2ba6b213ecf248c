#include "storage/shard/shard.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "storage/entry/entry_making.h"
#include "storage/shard/graveyard.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"
#include "tests/unit/storage/model.h"

static void run_model(size_t keys, size_t steps, size_t steps_between_checks)
{
    struct model model;
    model_init(&model, keys, seed_draw());
    for (size_t step = 0; step < steps; step++) {
        model_step(&model);
        if (step % steps_between_checks == 0) model_check(&model);
    }
    model_check(&model);
    model_clear(&model);
}

Test(shard, agrees_with_a_naive_model_after_every_step)
{
    run_model(40, PACE_SANITIZED ? 10000 : 100000, 1);
}

Test(shard, agrees_with_a_naive_model_of_some_keys)
{
    run_model(2000, PACE_SANITIZED ? 100000 : 1000000, 5000);
}

Test(shard, agrees_with_a_naive_model_of_many_keys)
{
    run_model(100000, PACE_SANITIZED ? 300000 : 3000000, 500000);
}

static struct shard *fresh_shard(void)
{
    struct shard_options options = { .hash_seed = 1, .databases = 2 };
    return shard_create(&options);
}

static struct key key_named(const char *name)
{
    struct slice slice = slice_of_cstr(name);
    return (struct key){ .name = slice, .hash = key_hash(1, slice) };
}

/* SET without options. */
static struct entry *set(struct shard *shard, const char *name, struct slice text)
{
    struct key key = key_named(name);
    return shard_put_string(shard, 0, key, shard_find(shard, 0, key, 0), text, ENTRY_NO_DEADLINE);
}

static struct slice run_of(char *out, size_t len)
{
    memset(out, 'x', len);
    return slice_of(out, len);
}

Test(shard, keeps_integers_short_texts_and_long_texts_apart)
{
    struct shard *shard = fresh_shard();
    char text[64];

    cr_assert_eq(entry_encoding(set(shard, "a", SLICE("-12"))), ENTRY_INT);
    cr_assert_eq(entry_encoding(set(shard, "a", SLICE("9223372036854775807"))), ENTRY_INT);
    cr_assert_eq(entry_encoding(set(shard, "a", SLICE("9223372036854775808"))), ENTRY_EMBSTR);
    cr_assert_eq(entry_encoding(set(shard, "a", SLICE("012"))), ENTRY_EMBSTR);
    cr_assert_eq(entry_encoding(set(shard, "a", run_of(text, 44))), ENTRY_EMBSTR);
    cr_assert_eq(entry_encoding(set(shard, "a", run_of(text, 45))), ENTRY_RAW);
    shard_check(shard);
    shard_destroy(&shard);
}

Test(shard, overwrites_in_place_when_the_size_stays)
{
    struct shard *shard = fresh_shard();
    char text[512];

    struct entry *small = set(shard, "k", SLICE("one"));
    cr_assert_eq(set(shard, "k", SLICE("two")), small);
    struct entry *large = set(shard, "k", run_of(text, 512));
    const char *block = entry_text_edit(large);
    cr_assert_eq(set(shard, "k", run_of(text, 510)), large);
    cr_assert_eq(entry_text_edit(large), block);
    shard_check(shard);
    shard_destroy(&shard);
}

/* `len` bytes of text, `before` bytes into memory of `size`; NULL when the shard did not take it. */
static struct entry *set_received(struct shard *shard, size_t before, size_t len, size_t size)
{
    struct key key = key_named("k");
    char *memory = alloc_bytes(size);
    struct entry_received received = { .memory = memory, .size = size };
    received.text = slice_of(memory + before, len);
    memset(memory + before, 'r', len);
    struct entry *old = shard_find(shard, 0, key, 0);
    struct entry *entry = shard_put_received(shard, 0, key, old, &received, ENTRY_NO_DEADLINE);
    if (entry == NULL) alloc_free(memory);
    return entry;
}

Test(shard, leaves_a_text_where_it_was_received)
{
    struct shard *shard = fresh_shard();
    cr_assert_null(set_received(shard, 40, 65534, 65600));      /* too short */
    cr_assert_null(set_received(shard, 7, 70000, 71000));       /* no room for its length */
    cr_assert_null(set_received(shard, 70000, 100000, 170100)); /* too far */
    cr_assert_null(set_received(shard, 40, 70000, 90000));      /* of another class */
    cr_assert_null(shard_find(shard, 0, key_named("k"), 0));

    for (int round = 0; round < 3; round++) {
        struct entry *entry = set_received(shard, 40 + (size_t)round, 70000, 70100);
        cr_assert_not_null(entry);
        cr_assert_eq(entry_text_len(entry), 70000);
        cr_assert_eq(entry_text_edit(entry)[69999], 'r');
        shard_check(shard);
    }
    struct key key = key_named("k");
    struct entry *entry = shard_resize_string(shard, 0, key, shard_find(shard, 0, key, 0), 81000);
    cr_assert_eq(entry_text_edit(entry)[69999], 'r');
    cr_assert_eq(entry_text_edit(entry)[80999], 0);
    shard_check(shard);
    cr_assert_not_null(set_received(shard, 500, 70000, 70500));
    set(shard, "k", slice_of(entry_text_edit(shard_find(shard, 0, key, 0)), 0));
    cr_assert_eq(entry_text_len(shard_find(shard, 0, key, 0)), 0);
    shard_check(shard);
    shard_destroy(&shard);
}

Test(shard, keeps_how_often_a_key_was_used_when_its_value_changes)
{
    struct shard *shard = fresh_shard();
    char text[300];

    entry_set_access(set(shard, "k", SLICE("v")), 77);
    cr_assert_eq(entry_access(set(shard, "k", run_of(text, 300))), 77);
    shard_destroy(&shard);
}

Test(shard, charges_a_512_byte_value_its_own_class_and_a_small_entry)
{
    struct shard *shard = fresh_shard();
    char text[512];

    struct entry *entry = set(shard, "0123456789abcdef", run_of(text, 512));
    cr_assert_eq(entry_real_size(entry), 512 + 32);
    struct key key = key_named("0123456789abcdef");
    entry = shard_set_deadline(shard, 0, key, entry, 1000);
    cr_assert_eq(entry_real_size(entry), 512 + 32);
    shard_destroy(&shard);
}

Test(shard, appends_without_copying_each_time)
{
    struct shard *shard = fresh_shard();
    struct key key = key_named("log");
    struct entry *entry = set(shard, "log", SLICE(""));
    size_t moves = 0;
    const char *before = NULL;

    for (size_t len = 1; len <= 200000; len++) {
        entry = shard_resize_string(shard, 0, key, entry, len);
        char *text = entry_text_edit(entry);
        text[len - 1] = (char)('a' + len % 26);
        moves += text != before;
        before = text;
    }
    cr_assert_lt(moves, 100);
    for (size_t i = 0; i < 200000; i++) cr_assert_eq(entry_text_edit(entry)[i], (char)('a' + (i + 1) % 26));
    shard_check(shard);
    shard_destroy(&shard);
}

Test(shard, emptying_leaves_nothing_and_the_dead_are_buried_in_steps)
{
    struct shard *shard = fresh_shard();
    char name[32];
    for (int i = 0; i < 10000; i++) {
        snprintf(name, sizeof name, "key %d", i);
        struct key key = key_named(name);
        shard_put_string(shard, 0, key, NULL, SLICE("v"), i % 2 == 0 ? ENTRY_NO_DEADLINE : 100000 + i);
    }

    struct graveyard *graveyard = NULL;
    shard_empty(shard, 0, &graveyard);
    cr_assert_eq(shard_len(shard, 0), 0);
    cr_assert_eq(shard_deadlines(shard, 0), 0);
    cr_assert_eq(shard_stats(shard).bytes, 0);
    cr_assert_eq(shard_next_due_ms(shard), INT64_MAX);

    size_t steps = 0, before = graveyard_len(graveyard);
    cr_assert_eq(before, 10000);
    for (; graveyard_dig(&graveyard, 8); steps++) {
        cr_assert_leq(before - graveyard_len(graveyard), 8 * 40);
        before = graveyard_len(graveyard);
    }
    cr_assert_gt(steps, 100);
    cr_assert_null(graveyard);
    shard_destroy(&shard);
}

/* C12 */
Test(shard, a_long_text_moves_without_being_copied)
{
    struct shard *shard = fresh_shard(), *other = fresh_shard();
    char *text = alloc_bytes(3 << 20);
    memset(text, 't', 3 << 20);
    struct shard_place from = { shard, 0, key_named("a") };
    struct shard_place to[] = { { shard, 0, key_named("another, longer name than before") },
                                { shard, 1, key_named("a") },
                                { other, 0, key_named("b") } };
    struct entry *entry = set(shard, "a", slice_of(text, 3 << 20));
    entry = shard_set_deadline(shard, 0, from.key, entry, 5000);
    const char *block = entry_text_edit(entry);
    size_t bytes = shard_stats(shard).entry_bytes;
    for (size_t i = 0; i < 3; i++) {
        entry = shard_move(&from, entry, &to[i]);
        cr_assert_eq(entry_text_edit(entry), block);
        cr_assert_eq(entry_text_edit(entry)[(3 << 20) - 1], 't');
        cr_assert_null(shard_find(from.shard, from.db, from.key, 1));
        cr_assert_eq(shard_find(to[i].shard, to[i].db, to[i].key, 1), entry);
        cr_assert_eq(shard_deadline_ms(to[i].shard, to[i].db, to[i].key, entry), 5000);
        cr_assert_lt(llabs((long long)(shard_stats(to[i].shard).entry_bytes - bytes)), 200);
        shard_check(shard);
        shard_check(other);
        from = to[i];
    }
    cr_assert_eq(shard_stats(shard).entry_bytes, 0);
    alloc_free(text);
    shard_destroy(&shard);
    shard_destroy(&other);
}

/* C12 */
Test(shard, short_texts_and_numbers_move_as_well)
{
    struct shard *shard = fresh_shard();
    static const char *const texts[] = { "", "42", "text",
                                         "a text that is longer than what stands in the entry of an embstr" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct shard_place from = { shard, 0, key_named("a") }, to = { shard, 0, key_named("b") };
        struct entry *entry = shard_move(&from, set(shard, "a", slice_of_cstr(texts[i])), &to);
        char scratch[NUMBER_I64_MAX];
        cr_assert(slice_equal(entry_text(entry, scratch), slice_of_cstr(texts[i])));
        shard_check(shard);
        shard_remove(shard, 0, to.key, entry);
        cr_assert_eq(shard_len(shard, 0), 0);
    }
    shard_destroy(&shard);
}

Test(shard, copies_keep_everything_but_the_name)
{
    struct shard *shard = fresh_shard();
    struct entry *entry = set(shard, "a", SLICE("42"));
    entry = shard_set_deadline(shard, 0, key_named("a"), entry, 5000);
    struct entry *copy = shard_put_copy(shard, 1, key_named("another name"), entry, 5000);

    int64_t value = 0;
    cr_assert(entry_integer(copy, &value) && value == 42);
    cr_assert_eq(entry_encoding(copy), ENTRY_INT);
    cr_assert_eq(shard_deadline_ms(shard, 1, key_named("another name"), copy), 5000);
    cr_assert(slice_equal(entry_key(copy), SLICE("another name")));
    shard_check(shard);
    shard_destroy(&shard);
}
