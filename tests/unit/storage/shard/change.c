/* The stream of changes, as a shard's listener hears it. */
#include "storage/shard/change.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "storage/evict/policy.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_change.h"
#include "storage/shard/shard_edit.h"
#include "storage/types/set.h"

#define SEED     7
#define START_MS INT64_C(1700000000000)

struct world {
    struct budget budget;
    struct shard *shard;
    int64_t now_ms;
    char heard[1000]; /* "0 new k, 0 expired k, " */
};

static void on_change(void *context, unsigned shard, const struct change *change)
{
    struct world *w = context;
    size_t len = strlen(w->heard);
    cr_assert_eq(shard, 0);
    cr_assert_eq(change->origin, 0);
    cr_assert_eq(change->key.hash, key_hash(SEED, change->key.name));
    snprintf(w->heard + len, sizeof w->heard - len, "%u %s %.*s, ", change->db, change->event,
             (int)change->key.name.len, change->key.name.data);
}

static void open_world(struct world *w)
{
    *w = (struct world){ .now_ms = START_MS };
    budget_init(&w->budget, true);
    w->shard =
        shard_create(&(struct shard_options){ .hash_seed = SEED, .databases = 2, .budget = &w->budget });
    shard_listen(w->shard, &(struct change_listener){ .changed = on_change, .context = w });
    *shard_listened(w->shard) = 1;
}

static void expect_heard(struct world *w, const char *changes)
{
    cr_assert_str_eq(w->heard, changes);
    w->heard[0] = '\0';
    shard_check(w->shard);
}

static struct key key_of(const char *name)
{
    struct slice text = slice_of_cstr(name);
    return (struct key){ .name = text, .hash = key_hash(SEED, text) };
}

static struct shard_place place_of(struct world *w, unsigned db, const char *name)
{
    return (struct shard_place){ .shard = w->shard, .db = db, .key = key_of(name) };
}

static struct entry *find(struct world *w, const char *name)
{
    return shard_find(w->shard, 0, key_of(name), w->now_ms);
}

static void set(struct world *w, const char *name, int64_t deadline_ms)
{
    shard_put_string(w->shard, 0, key_of(name), find(w, name), SLICE("value"), deadline_ms);
}

Test(change, a_key_is_new_when_it_was_not_there)
{
    struct world w;
    open_world(&w);
    set(&w, "k", ENTRY_NO_DEADLINE);
    expect_heard(&w, "0 new k, ");
    set(&w, "k", ENTRY_NO_DEADLINE);
    shard_resize_string(w.shard, 0, key_of("k"), find(&w, "k"), 100);
    expect_heard(&w, "");
    shard_remove(w.shard, 0, key_of("k"), find(&w, "k"));
    set(&w, "k", ENTRY_NO_DEADLINE);
    expect_heard(&w, "0 new k, ");
    shard_destroy(&w.shard);
}

Test(change, copies_and_moved_keys_are_new_where_they_come)
{
    struct world w;
    open_world(&w);
    set(&w, "k", ENTRY_NO_DEADLINE);
    shard_put_copy(w.shard, 1, key_of("copy"), find(&w, "k"), ENTRY_NO_DEADLINE);
    struct shard_place here = place_of(&w, 0, "k"), there = place_of(&w, 1, "moved");
    shard_move(&here, find(&w, "k"), &there);
    expect_heard(&w, "0 new k, 1 new copy, 1 new moved, ");
    shard_destroy(&w.shard);
}

static void add_member(struct world *w, const char *name, struct entry *entry, struct slice text)
{
    struct value_limits limits = { 0 };
    struct shard_edit edit;
    struct shard_place place = place_of(w, 0, name);
    struct member member = member_of(text, SEED);
    shard_edit(&edit, &place, entry, &set_type, &limits);
    set_add(&edit.value, &member);
    shard_commit(&edit);
}

Test(change, a_collection_is_new_with_its_first_member_and_not_where_it_overwrites)
{
    struct world w;
    struct value_limits limits = { 0 };
    open_world(&w);
    add_member(&w, "s", NULL, SLICE("one"));
    add_member(&w, "s", find(&w, "s"), SLICE("two"));
    expect_heard(&w, "0 new s, ");

    struct shard_place place = place_of(&w, 0, "s");
    struct value other = value_make(&set_type, &limits, SEED);
    struct member member = member_of(SLICE("three"), SEED);
    set_add(&other, &member);
    shard_replace_value(&place, find(&w, "s"), &other);
    value_clear(&other);
    expect_heard(&w, "");
    shard_destroy(&w.shard);
}

Test(change, what_is_met_after_its_deadline_expires)
{
    struct world w;
    open_world(&w);
    set(&w, "k", w.now_ms + 10);
    expect_heard(&w, "0 new k, ");
    w.now_ms += 11;
    cr_assert_null(find(&w, "k"));
    expect_heard(&w, "0 expired k, ");
    cr_assert_null(find(&w, "k"));
    expect_heard(&w, "");
    shard_destroy(&w.shard);
}

static void sweep(struct world *w)
{
    while (shard_sweep(w->shard, w->now_ms, 100)) {}
}

Test(change, a_sweep_tells_what_it_removes)
{
    struct world w;
    open_world(&w);
    set(&w, "short", w.now_ms + 50);
    set(&w, "long", w.now_ms + 5000);
    w.heard[0] = '\0';
    w.now_ms += 200;
    sweep(&w);
    expect_heard(&w, "0 expired short, ");
    w.now_ms += 10000;
    sweep(&w);
    expect_heard(&w, "0 expired long, ");
    shard_destroy(&w.shard);
}

Test(change, a_sweep_that_nobody_listens_to_tells_nothing)
{
    struct world w;
    open_world(&w);
    *shard_listened(w.shard) = 0;
    set(&w, "k", w.now_ms + 50);
    w.now_ms += 200;
    sweep(&w);
    cr_assert_eq(shard_stats(w.shard).expired, 1);
    expect_heard(&w, "");
    shard_destroy(&w.shard);
}

Test(change, what_makes_room_is_evicted_or_has_expired)
{
    struct world w;
    open_world(&w);
    budget_set_limit(&w.budget, 1);
    budget_set_rules(&w.budget, &(struct budget_rules){ .policy = &evict_random, .samples = 5 });
    set(&w, "k", ENTRY_NO_DEADLINE);
    cr_assert(shard_evict(w.shard, 1, w.now_ms));
    expect_heard(&w, "0 new k, 0 evicted k, ");

    budget_set_rules(&w.budget,
                     &(struct budget_rules){ .policy = &evict_ttl, .samples = 5, .volatile_only = true });
    set(&w, "k", w.now_ms + 50);
    w.now_ms += 51;
    cr_assert(shard_evict(w.shard, 1, w.now_ms));
    expect_heard(&w, "0 new k, 0 expired k, ");
    shard_destroy(&w.shard);
}

Test(change, what_is_known_of_keys_that_nobody_has_is_no_change)
{
    struct world w;
    open_world(&w);
    shard_put_absent(w.shard, 0, key_of("absent"), w.now_ms + 50);
    shard_replace_string(w.shard, 0, key_of("copy"), SLICE("v"), ENTRY_NO_DEADLINE);
    shard_forget(w.shard, 0, key_of("copy"));
    w.now_ms += 200;
    cr_assert_null(find(&w, "absent"));
    sweep(&w);
    expect_heard(&w, "");
    shard_destroy(&w.shard);
}

Test(change, has_the_class_of_its_event)
{
    struct key key = key_of("k");
    struct change change = change_of(EVENT_ZINCR, 3, key, 42);
    cr_assert_str_eq(change.event, "zincr");
    cr_assert_eq(change.class, CHANGE_SORTED_SET);
    cr_assert_eq(change.db, 3);
    cr_assert_eq(change.origin, 42);
    cr_assert(change_modifies(change.class));
    for (enum change_event event = EVENT_NONE + 1; event < EVENTS; event++) {
        change = change_of(event, 0, key, 0);
        bool nameless = event == EVENT_SILENT || event == EVENT_ABSENT || event == EVENT_STALE;
        cr_assert((change.event == NULL) == nameless);
        cr_assert_eq(__builtin_popcount(change.class & ~(unsigned)CHANGE_ASIDE), 1);
    }
    cr_assert(!change_modifies(change_of(EVENT_NEW, 0, key, 0).class));
    cr_assert(!change_modifies(change_of(EVENT_KEYMISS, 0, key, 0).class));
    cr_assert(!change_modifies(change_of(EVENT_XGROUP_CREATE, 0, key, 0).class));
    cr_assert(change_modifies(change_of(EVENT_XADD, 0, key, 0).class));
}

Test(change, a_keyspace_is_heard_while_one_of_its_shards_is)
{
    struct keyspace_options options = { .shards = 4, .databases = 1, .locking = true, .hash_seed = SEED };
    struct keyspace *keyspace = keyspace_create(&options);
    struct access access;
    access_get_all(&access, keyspace);
    cr_assert(!access_is_heard(&access));
    keyspace_set_listened(keyspace, 1, 4);
    keyspace_set_listened(keyspace, 3, 1);
    keyspace_set_listened(keyspace, 1, 5);
    cr_assert_eq(keyspace_listened(keyspace, 1), 5);
    cr_assert(access_is_heard(&access));
    keyspace_set_listened(keyspace, 1, 0);
    cr_assert(access_is_heard(&access));
    keyspace_set_listened(keyspace, 3, 0);
    cr_assert(!access_is_heard(&access));
    access_close(&access);
    keyspace_destroy(&keyspace);
}
