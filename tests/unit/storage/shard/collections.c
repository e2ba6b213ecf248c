/*
 * Collections in a shard: whatever is done to them, the charge is what is there, and what leaves is freed or
 * buried on the budget's account.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/random.h"
#include "storage/evict/budget.h"
#include "storage/evict/policy.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_edit.h"
#include "storage/types/hash.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/zset.h"
#include "tests/support/pace.h"
#include "tests/support/seed.h"

#define SEED       77
#define KEYS       24
#define GRAVES_MAX 64

struct world {
    struct shard *shard;
    struct budget budget;
    struct random random;
    struct graveyard *graves[GRAVES_MAX];
    size_t grave_count;
    int64_t now_ms;
};

static void dig_a_little(struct world *w)
{
    if (w->grave_count > 0 && !graveyard_dig(&w->graves[w->grave_count - 1], 2)) w->grave_count--;
}

static void keep_grave(void *context, struct graveyard *graveyard)
{
    struct world *w = context;
    while (w->grave_count == GRAVES_MAX) dig_a_little(w);
    w->graves[w->grave_count++] = graveyard;
}

static void world_open(struct world *w)
{
    *w = (struct world){ .random = { seed_draw() }, .now_ms = 1000000 };
    budget_init(&w->budget, true);
    budget_set_limit(&w->budget, (size_t)64 << 20);
    budget_set_rules(&w->budget, &(struct budget_rules){ .policy = &evict_adaptive });
    w->shard = shard_create(&(struct shard_options){ .hash_seed = SEED,
                                                     .databases = 2,
                                                     .budget = &w->budget,
                                                     .burials = { .bury = keep_grave, .context = w } });
}

static void world_close(struct world *w)
{
    shard_check(w->shard);
    shard_destroy(&w->shard);
    while (w->grave_count > 0) dig_a_little(w);
    cr_assert_eq(budget_buried(&w->budget), 0);
}

static struct shard_place place_named(struct world *w, char *name, unsigned number)
{
    struct slice text = slice_of(name, (size_t)snprintf(name, 32, "key:%u", number));
    return (struct shard_place){ w->shard, 0, { .name = text, .hash = key_hash(SEED, text) } };
}

static struct slice draw_text(struct world *w, char *text, unsigned different)
{
    unsigned number = random_below(&w->random, different);
    if (random_below(&w->random, 3) == 0) return slice_of(text, (size_t)snprintf(text, 1024, "%u", number));
    size_t len = random_below(&w->random, 50) == 0 ? 700 : number % 40;
    memset(text, 'a' + (int)(number % 26), len);
    int digits = snprintf(text + len, 16, "-%u", number);
    return slice_of(text, len + (size_t)digits);
}

static void change_list(struct world *w, struct value *list, struct slice text)
{
    size_t len = value_len(list);
    enum list_side side = random_below(&w->random, 2) ? LIST_HEAD : LIST_TAIL;
    switch (random_below(&w->random, 6)) {
    case 0:
        if (len > 0) list_remove(list, side == LIST_HEAD ? 0 : len - 1, 1);
        break;
    case 1: list_insert(list, random_below(&w->random, (unsigned)len + 1), text); break;
    case 2:
        if (len > 0) list_set(list, random_below(&w->random, (unsigned)len), text);
        break;
    default: list_push(list, side, text);
    }
}

static void change_set(struct world *w, struct value *set, const struct member *member)
{
    if (random_below(&w->random, 3) == 0)
        set_remove(set, member);
    else
        set_add(set, member);
}

static void change_hash(struct world *w, struct value *hash, const struct member *field)
{
    char text[1024];
    int64_t deadline_ms = w->now_ms + (int64_t)random_below(&w->random, 200);
    switch (random_below(&w->random, 6)) {
    case 0:
    case 1: hash_remove(hash, field); break;
    case 2: hash_put_until(hash, field, draw_text(w, text, 1000), deadline_ms); break;
    default: hash_put(hash, field, draw_text(w, text, 1000));
    }
}

static void change_zset(struct world *w, struct value *zset, const struct member *member)
{
    if (random_below(&w->random, 3) == 0)
        zset_remove(zset, member);
    else
        zset_put(zset, member, (double)random_below(&w->random, 500) / 4);
}

static const struct value_type *const types[] = { &list_type, &set_type, &hash_type, &zset_type };

static void change_once(struct world *w, struct value *value)
{
    char text[1024];
    struct slice drawn = draw_text(w, text, 3000);
    struct member member = member_of(drawn, SEED);
    if (value->type == &list_type) change_list(w, value, drawn);
    if (value->type == &set_type) change_set(w, value, &member);
    if (value->type == &hash_type) change_hash(w, value, &member);
    if (value->type == &zset_type) change_zset(w, value, &member);
}

static void change_value(struct world *w, const struct shard_place *place, unsigned number)
{
    struct entry *entry = shard_use(w->shard, 0, place->key, w->now_ms);
    const struct value_type *type = entry != NULL ? entry_value_type(entry) : types[number % 4];
    if (type == NULL) return;
    struct shard_edit edit;
    shard_edit(&edit, place, entry, type, &value_limits_default);
    /* Some grow large, some stay small. */
    unsigned times = random_below(&w->random, number % 6 == 0 ? 400 : 6);
    for (; times > 0; times--) change_once(w, &edit.value);
    bool empty = value_len(&edit.value) == 0;
    entry = shard_commit(&edit);
    cr_assert_eq(entry == NULL, empty);
    cr_assert_eq(shard_find(w->shard, 0, place->key, w->now_ms), entry);
}

static void rename_or_copy(struct world *w, const struct shard_place *from, bool move)
{
    char name[32];
    struct entry *entry = shard_find(w->shard, 0, from->key, w->now_ms);
    struct shard_place to = place_named(w, name, random_below(&w->random, KEYS));
    if (entry == NULL || slice_equal(from->key.name, to.key.name)) return;
    struct entry *old = shard_find(w->shard, 0, to.key, w->now_ms);
    if (old != NULL) shard_remove(w->shard, 0, to.key, old);
    if (move)
        shard_move(from, entry, &to);
    else
        shard_put_copy(w->shard, 0, to.key, entry, ENTRY_NO_DEADLINE);
}

static void step(struct world *w)
{
    char name[32];
    unsigned number = random_below(&w->random, KEYS);
    struct shard_place place = place_named(w, name, number);
    struct entry *entry = shard_find(w->shard, 0, place.key, w->now_ms);
    switch (random_below(&w->random, 40)) {
    case 0:
        if (entry != NULL) shard_remove(w->shard, 0, place.key, entry);
        break;
    case 1: shard_put_string(w->shard, 0, place.key, entry, SLICE("text"), ENTRY_NO_DEADLINE); break;
    case 2: rename_or_copy(w, &place, true); break;
    case 3: rename_or_copy(w, &place, false); break;
    case 4: w->now_ms += 50; break;
    case 5:
        if (entry != NULL) shard_set_deadline(w->shard, 0, place.key, entry, w->now_ms + 100);
        break;
    case 6:
        if (entry != NULL) shard_set_deadline(w->shard, 0, place.key, entry, INT64_MAX - 5);
        break;
    case 7: shard_evict(w->shard, 100, w->now_ms); break;
    case 8: shard_sweep(w->shard, w->now_ms, 100); break;
    case 9: dig_a_little(w); break;
    case 10:
    case 11: shard_compact(w->shard, COMPACTION_URGENT); break;
    default: change_value(w, &place, number);
    }
}

Test(collections, are_charged_what_they_take_after_every_step, .timeout = 600)
{
    struct world w;
    world_open(&w);
    for (int i = 0; i < (PACE_SANITIZED ? 2000 : 20000); i++) {
        step(&w);
        if (i % 20 == 0 || i < 500) shard_check(w.shard);
    }
    world_close(&w);
}

static void fill_list(struct world *w, const struct shard_place *place, unsigned elements)
{
    struct shard_edit edit;
    shard_edit(&edit, place, shard_find(w->shard, 0, place->key, w->now_ms), &list_type,
               &value_limits_default);
    for (unsigned i = 0; i < elements; i++) list_push(&edit.value, LIST_TAIL, SLICE("an element of a list"));
    shard_commit(&edit);
}

Test(collections, a_large_one_is_buried_whole_and_stays_on_the_account_until_it_is_free)
{
    struct world w;
    char name[32];
    world_open(&w);
    struct shard_place place = place_named(&w, name, 1);
    fill_list(&w, &place, 20000);
    size_t used = budget_used(&w.budget);
    shard_remove(w.shard, 0, place.key, shard_find(w.shard, 0, place.key, w.now_ms));
    cr_assert_eq(w.grave_count, 1);
    cr_assert_gt(budget_buried(&w.budget), 20000 * 20);
    cr_assert_geq(used, budget_used(&w.budget) + budget_buried(&w.budget));
    cr_assert(graveyard_dig(&w.graves[0], 1), "not all of it at once");
    world_close(&w);
}

Test(collections, a_large_one_is_renamed_without_being_touched)
{
    struct world w;
    char name[32], other_name[32];
    world_open(&w);
    struct shard_place from = place_named(&w, name, 1), to = place_named(&w, other_name, 2);
    fill_list(&w, &from, 20000);
    struct entry *entry = shard_find(w.shard, 0, from.key, w.now_ms);
    const void *root = entry_root(entry);
    entry = shard_move(&from, entry, &to);
    cr_assert_eq(entry_root(entry), root);
    cr_assert_eq(w.grave_count, 0);
    cr_assert_null(shard_find(w.shard, 0, from.key, w.now_ms));
    world_close(&w);
}

Test(collections, an_edit_that_leaves_nothing_removes_the_key)
{
    struct world w;
    char name[32];
    world_open(&w);
    struct shard_place place = place_named(&w, name, 1);
    struct shard_edit edit;
    shard_edit(&edit, &place, NULL, &list_type, &value_limits_default);
    cr_assert_null(shard_commit(&edit));
    fill_list(&w, &place, 1);
    cr_assert_eq(shard_len(w.shard, 0), 1);
    shard_edit(&edit, &place, shard_find(w.shard, 0, place.key, w.now_ms), &list_type, &value_limits_default);
    list_remove(&edit.value, 0, 1);
    cr_assert_null(shard_commit(&edit));
    cr_assert_eq(shard_len(w.shard, 0), 0);
    world_close(&w);
}
