/* Hashes whose fields have deadlines, as a shard keeps, expires and charges them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_change.h"
#include "storage/shard/shard_edit.h"
#include "storage/types/hash.h"
#include "storage/types/hash_deadlines.h"
#include "tests/support/seed.h"

#define SEED       5
#define START_MS   INT64_C(1700000000000)
#define KEYS       6
#define FIELDS_MAX 1500
#define ABSENT     (-1)

struct world {
    struct shard *shard;
    struct random random;
    int64_t now_ms;
    int64_t keys[KEYS];               /* deadlines; ENTRY_NO_DEADLINE: none */
    int64_t fields[KEYS][FIELDS_MAX]; /* the same; 0: none */
    size_t widths[KEYS];              /* different fields that each may have */
    size_t hexpired, expired, emptied;
};

static void on_change(void *context, unsigned shard, const struct change *change)
{
    struct world *w = context;
    (void)shard;
    cr_assert_eq(memcmp(change->key.name.data, "key:", 4), 0);
    w->hexpired += change->which == EVENT_HEXPIRED;
    w->expired += change->which == EVENT_EXPIRED;
    w->emptied += change->which == EVENT_DEL;
}

static void world_open(struct world *w)
{
    static const size_t widths[KEYS] = { 1, 4, 40, 400, 700, FIELDS_MAX };
    w->random = (struct random){ seed_draw() };
    w->now_ms = START_MS;
    w->shard = shard_create(&(struct shard_options){ .hash_seed = SEED, .databases = 1 });
    shard_listen(w->shard, &(struct change_listener){ .changed = on_change, .context = w });
    *shard_listened(w->shard) = 1;
    for (size_t k = 0; k < KEYS; k++) {
        w->widths[k] = widths[k];
        w->keys[k] = ENTRY_NO_DEADLINE;
        for (size_t f = 0; f < FIELDS_MAX; f++) w->fields[k][f] = ABSENT;
    }
}

static struct shard_place place_of(const struct world *w, char *name, size_t key)
{
    struct slice text = slice_of(name, (size_t)snprintf(name, 32, "key:%zu", key));
    return (struct shard_place){ w->shard, 0, { .name = text, .hash = key_hash(SEED, text) } };
}

static bool is_live(const struct world *w, size_t key, size_t field)
{
    int64_t deadline_ms = w->fields[key][field];
    return deadline_ms == HASH_NO_DEADLINE || deadline_ms >= w->now_ms;
}

static void forget(struct world *w, size_t key)
{
    w->keys[key] = ENTRY_NO_DEADLINE;
    for (size_t f = 0; f < FIELDS_MAX; f++) w->fields[key][f] = ABSENT;
}

/* What is past is past. */
static size_t settle(struct world *w, size_t key)
{
    size_t live = 0;
    if (w->keys[key] != ENTRY_NO_DEADLINE && w->keys[key] < w->now_ms) forget(w, key);
    for (size_t f = 0; f < w->widths[key]; f++) live += is_live(w, key, f);
    if (live == 0) forget(w, key);
    return live;
}

static struct entry *find(const struct world *w, const struct shard_place *place)
{
    return shard_find(w->shard, 0, place->key, w->now_ms);
}

static void change_field(struct world *w, struct value *hash, size_t key)
{
    size_t f = random_below(&w->random, w->widths[key]);
    char name[32];
    struct slice text = slice_of(name, (size_t)snprintf(name, sizeof name, "f%zu", f));
    struct member field = member_of(text, SEED);
    int64_t far_ms = random_chance(&w->random, 5) ? INT64_C(8000000000) : 0;
    int64_t deadline_ms = w->now_ms + far_ms + (int64_t)random_below(&w->random, 3000);
    if (random_chance(&w->random, 30)) deadline_ms = HASH_NO_DEADLINE;
    bool live = is_live(w, key, f);
    if (random_chance(&w->random, 20)) {
        cr_assert_eq(hash_remove(hash, &field), live);
        w->fields[key][f] = ABSENT;
    } else if (random_chance(&w->random, 30)) {
        cr_assert_eq(hash_set_deadline(hash, &field, deadline_ms), live);
        if (live) w->fields[key][f] = deadline_ms;
    } else {
        cr_assert_eq(hash_put_until(hash, &field, text, deadline_ms), !live);
        w->fields[key][f] = deadline_ms;
    }
}

static void change(struct world *w, size_t key)
{
    char name[32];
    struct shard_place place = place_of(w, name, key);
    struct shard_edit edit;
    size_t live = settle(w, key);
    shard_edit(&edit, &place, find(w, &place), &hash_type, &value_limits_default);
    cr_assert_eq(value_len(&edit.value), live);
    for (size_t i = 1 + random_below(&w->random, w->widths[key]); i > 0; i--)
        change_field(w, &edit.value, key);
    live = 0;
    for (size_t f = 0; f < w->widths[key]; f++) live += is_live(w, key, f);
    cr_assert_eq(shard_commit(&edit) != NULL, live > 0);
    if (live == 0) forget(w, key);
}

static void set_deadline(struct world *w, size_t key)
{
    char name[32];
    struct shard_place place = place_of(w, name, key);
    struct entry *entry = find(w, &place);
    if (entry == NULL) return;
    w->keys[key] = w->now_ms + (int64_t)random_below(&w->random, 4000);
    if (random_chance(&w->random, 50)) w->keys[key] = ENTRY_NO_DEADLINE;
    shard_set_deadline(w->shard, 0, place.key, entry, w->keys[key]);
}

static void move(struct world *w, size_t from, size_t to)
{
    char name[32], other[32];
    struct shard_place source = place_of(w, name, from), target = place_of(w, other, to);
    if (w->widths[from] > w->widths[to] || from == to) return;
    struct entry *old = find(w, &target), *entry = find(w, &source);
    if (entry == NULL) return;
    if (old != NULL) shard_remove(w->shard, 0, target.key, old);
    forget(w, to);
    memcpy(w->fields[to], w->fields[from], sizeof w->fields[to]);
    w->keys[to] = w->keys[from];
    if (random_chance(&w->random, 50)) {
        shard_put_copy(w->shard, 0, target.key, entry, w->keys[to]);
    } else {
        shard_move(&source, entry, &target);
        forget(w, from);
    }
}

static void overwrite(struct world *w, size_t key)
{
    char name[32];
    struct shard_place place = place_of(w, name, key);
    struct entry *entry =
        shard_put_string(w->shard, 0, place.key, find(w, &place), SLICE("text"), ENTRY_NO_DEADLINE);
    forget(w, key);
    w->now_ms += 5000;
    while (shard_sweep(w->shard, w->now_ms, 1000)) continue;
    entry = find(w, &place);
    cr_assert_not_null(entry);
    shard_remove(w->shard, 0, place.key, entry);
}

static void expect_same(struct world *w, size_t key)
{
    char name[32];
    struct shard_place place = place_of(w, name, key);
    size_t live = settle(w, key);
    const struct entry *entry = find(w, &place);
    if (live == 0 && w->widths[key] > 64 && entry != NULL) return; /* the rest is the sweep's */
    cr_assert_eq(entry != NULL, live > 0);
    if (entry == NULL) return;
    cr_assert_eq(shard_deadline_ms(w->shard, 0, place.key, entry), w->keys[key]);
    struct value hash;
    shard_read(&hash, w->shard, entry, &hash_type, &value_limits_default);
    cr_assert_eq(value_len(&hash), live);
    struct atom field, value;
    int64_t deadline_ms;
    size_t walked = 0;
    for (struct hash_walk walk = hash_walk(&hash); hash_next_until(&walk, &field, &value, &deadline_ms);)
        walked += w->fields[key][strtoul(field.text.data + 1, NULL, 10)] == deadline_ms;
    cr_assert_eq(walked, live);
}

static void step(struct world *w)
{
    size_t key = random_below(&w->random, KEYS);
    unsigned dice = (unsigned)random_below(&w->random, 100);
    if (dice < 50)
        change(w, key);
    else if (dice < 60)
        set_deadline(w, key);
    else if (dice < 70)
        move(w, key, random_below(&w->random, KEYS));
    else if (dice < 72)
        overwrite(w, key);
    else if (dice < 85)
        w->now_ms += (int64_t)random_below(&w->random, 700);
    else if (dice < 92)
        shard_sweep(w->shard, w->now_ms, 100);
    else
        expect_same(w, key);
}

Test(elements, of_hashes_are_there_until_their_deadlines)
{
    struct world *w = calloc(1, sizeof *w);
    world_open(w);
    for (int i = 0; i < 20000; i++) {
        step(w);
        if (i % 100 != 0) continue;
        shard_check(w->shard);
        for (size_t key = 0; key < KEYS; key++) expect_same(w, key);
    }
    w->now_ms += INT64_C(9000000000);
    while (shard_sweep(w->shard, w->now_ms, 1000)) continue;
    for (size_t key = 0; key < KEYS; key++) expect_same(w, key);
    shard_check(w->shard);
    cr_assert_gt(w->hexpired, 0);
    cr_assert_gt(w->emptied, 0);
    cr_assert_gt(w->expired, 0);
    shard_destroy(&w->shard);
    free(w);
}

static struct entry *put_hash(struct world *w, const struct shard_place *place, size_t fields, int64_t gap_ms)
{
    struct shard_edit edit;
    shard_edit(&edit, place, find(w, place), &hash_type, &value_limits_default);
    for (size_t i = 0; i < fields; i++) {
        char name[32];
        struct member field = member_of(slice_of(name, (size_t)snprintf(name, 32, "f%zu", i)), SEED);
        hash_put_until(&edit.value, &field, SLICE("v"), START_MS + 1000 + (int64_t)i * gap_ms);
    }
    return shard_commit(&edit);
}

Test(elements, of_large_hashes_leave_by_the_sweep_alone)
{
    struct world *w = calloc(1, sizeof *w);
    world_open(w);
    char name[32];
    struct shard_place place = place_of(w, name, 1);
    put_hash(w, &place, 10000, 1);
    cr_assert_leq(shard_next_due_ms(w->shard), START_MS + 1000 + 32);
    size_t bytes = shard_stats(w->shard).entry_bytes;
    for (w->now_ms = START_MS + 1000; w->now_ms < START_MS + 11000 - 1; w->now_ms += 10) {
        while (shard_sweep(w->shard, w->now_ms, 64)) continue;
        cr_assert_leq(shard_stats(w->shard).expired_elements, (size_t)(w->now_ms - START_MS - 1000));
        cr_assert_geq(shard_stats(w->shard).expired_elements + 40, (size_t)(w->now_ms - START_MS - 1000));
    }
    cr_assert_lt(shard_stats(w->shard).entry_bytes, bytes / 50);
    w->now_ms += 100;
    while (shard_sweep(w->shard, w->now_ms, 64)) continue;
    cr_assert_eq(shard_len(w->shard, 0), 0);
    cr_assert_eq(w->emptied, 1);
    cr_assert_eq(shard_stats(w->shard).expired, 0);
    cr_assert_eq(shard_next_due_ms(w->shard), INT64_MAX);
    shard_check(w->shard);
    shard_destroy(&w->shard);
    free(w);
}

Test(elements, let_an_entry_be_as_others_when_none_has_a_deadline_any_more)
{
    struct world *w = calloc(1, sizeof *w);
    world_open(w);
    char name[32];
    struct shard_place place = place_of(w, name, 1);
    struct entry *entry = put_hash(w, &place, 3, 0);
    size_t bytes = shard_stats(w->shard).entry_bytes;
    struct shard_edit edit;
    shard_edit(&edit, &place, entry, &hash_type, &value_limits_default);
    for (size_t i = 0; i < 3; i++) {
        struct member field = member_of(slice_of(i == 0 ? "f0" : i == 1 ? "f1" : "f2", 2), SEED);
        cr_assert(hash_set_deadline(&edit.value, &field, HASH_NO_DEADLINE));
    }
    shard_commit(&edit);
    w->now_ms = START_MS + 2000;
    while (shard_sweep(w->shard, w->now_ms, 64)) continue;
    cr_assert_eq(w->hexpired, 0);
    cr_assert_lt(shard_stats(w->shard).entry_bytes, bytes);
    cr_assert_eq(shard_next_due_ms(w->shard), INT64_MAX);
    shard_check(w->shard);
    shard_destroy(&w->shard);
    free(w);
}
