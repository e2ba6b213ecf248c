/*
 * Media types: names that are kept as long as an entry is of one.
 */
#include "storage/dress/media_types.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/random.h"
#include "storage/entry/dress.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_dress.h"
#include "storage/table/key_hash.h"

#define SEED  5
#define KEYS  12
#define TYPES 6

Test(media_types, one_that_nothing_uses_is_forgotten_and_a_full_table_refuses)
{
    struct media_types *types = media_types_create();
    char text[16];
    for (int i = 1; i <= MEDIA_TYPES_MAX; i++) {
        size_t len = (size_t)snprintf(text, sizeof text, "t/%d", i);
        cr_assert_eq(media_types_take(types, slice_of(text, len)), i);
    }
    cr_assert_eq(media_types_take(types, SLICE("new")), 0);
    uint16_t seven = media_types_take(types, SLICE("t/7"));
    media_types_release(types, 7);
    cr_assert_eq(media_types_take(types, SLICE("new")), 0);
    media_types_release(types, seven);
    cr_assert_eq(media_types_take(types, SLICE("new")), 7);
    cr_assert(slice_equal(media_types_name(types, 7), SLICE("new")));
    for (int i = 1; i <= MEDIA_TYPES_MAX; i++) media_types_release(types, (uint16_t)i);
    cr_assert_eq(media_types_len(types), 0);
    media_types_destroy(&types);
}

struct world {
    struct media_types *types;
    struct shard *shard;
    struct random random;
    int64_t now_ms;
    bool used[TYPES];
};

static struct key key_at(char *name, size_t at)
{
    struct slice text = slice_of(name, (size_t)snprintf(name, 16, "k%zu", at));
    return (struct key){ .name = text, .hash = key_hash(SEED, text) };
}

static void put(struct world *w, unsigned db, struct key key)
{
    char text[16];
    struct dress dress = { .soft_ms = w->now_ms + 1 + (int64_t)random_below(&w->random, 50),
                           .grace_ms = (uint32_t)random_below(&w->random, 20) };
    size_t len = (size_t)snprintf(text, sizeof text, "t/%d", (int)random_below(&w->random, TYPES));
    dress.type = media_types_take(w->types, slice_of(text, len));
    shard_put_dressed(w->shard, db, key, SLICE("v"), &dress, w->now_ms);
    media_types_release(w->types, dress.type);
}

static void redress(struct world *w, unsigned db, struct key key, struct entry *entry)
{
    struct dress dress = dress_read(entry);
    dress.born = dress.born != 0 ? 0 : 77;
    shard_redress(w->shard, db, key, entry, &dress);
}

static void empty(struct world *w)
{
    struct graveyard *graveyard = NULL;
    shard_empty(w->shard, (unsigned)random_below(&w->random, 2), &graveyard);
    while (graveyard_dig(&graveyard, 1)) {}
}

/* To another key where nothing is. */
static void pass_on(struct world *w, unsigned db, struct key key, struct entry *entry, bool moves)
{
    char name[16];
    struct key other = key_at(name, random_below(&w->random, KEYS));
    unsigned other_db = (unsigned)random_below(&w->random, 2);
    if (other_db == db && slice_equal(other.name, key.name)) return;
    struct entry *old = shard_find(w->shard, other_db, other, w->now_ms);
    if (old != NULL) return;
    if (!moves) {
        shard_put_copy(w->shard, other_db, other, entry, w->now_ms + 30);
        return;
    }
    struct shard_place from = { w->shard, db, key }, to = { w->shard, other_db, other };
    shard_move(&from, entry, &to);
}

static void do_something(struct world *w)
{
    char name[16];
    struct key key = key_at(name, random_below(&w->random, KEYS));
    unsigned db = (unsigned)random_below(&w->random, 2), choice = (unsigned)random_below(&w->random, 40);
    if (choice < 16) {
        put(w, db, key);
        return;
    }
    if (choice == 16) shard_swap(w->shard, 0, 1);
    if (choice == 17) empty(w);
    if (choice == 18) shard_sweep(w->shard, w->now_ms += (int64_t)random_below(&w->random, 30), 100);
    struct entry *entry = shard_find(w->shard, db, key, w->now_ms);
    if (choice < 19 || entry == NULL) return;
    if (choice < 22) shard_remove(w->shard, db, key, entry);
    if (choice >= 22 && choice < 25)
        shard_put_string(w->shard, db, key, entry, SLICE("w"), ENTRY_NO_DEADLINE);
    if (choice >= 25 && choice < 28) shard_set_deadline(w->shard, db, key, entry, w->now_ms + 40);
    if (choice >= 28 && choice < 32 && entry_is_dressed(entry)) redress(w, db, key, entry);
    if (choice >= 32) pass_on(w, db, key, entry, choice >= 36);
}

static void note_type(void *context, struct entry *entry)
{
    struct world *w = context;
    if (!entry_is_dressed(entry)) return;
    struct slice name = media_types_name(w->types, dress_type(entry));
    cr_assert(name.len == 3 && name.data[2] >= '0' && name.data[2] < '0' + TYPES);
    w->used[name.data[2] - '0'] = true;
}

static void check(struct world *w)
{
    size_t used = 0;
    for (int i = 0; i < TYPES; i++) w->used[i] = false;
    for (unsigned db = 0; db < 2; db++)
        for (uint64_t cursor = 0; (cursor = shard_each_known(w->shard, db, cursor, note_type, w)) != 0;) {}
    for (int i = 0; i < TYPES; i++) used += w->used[i];
    cr_assert_eq(media_types_len(w->types), used);
    shard_check(w->shard);
}

Test(media_types, those_are_kept_that_entries_are_of_whatever_happens_to_them)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct world w = { .types = media_types_create(), .random = { seed }, .now_ms = 1000 };
        w.shard = shard_create(
            &(struct shard_options){ .hash_seed = SEED, .databases = 2, .media_types = w.types });
        for (int i = 0; i < 1000; i++) {
            do_something(&w);
            check(&w);
        }
        shard_destroy(&w.shard);
        cr_assert_eq(media_types_len(w.types), 0, "seed %d", (int)seed);
        media_types_destroy(&w.types);
    }
}
