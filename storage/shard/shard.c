#include "storage/shard/shard.h"

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "storage/dress/bumps.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_making.h"
#include "storage/evict/lfu.h"
#include "storage/evict/policy.h"
#include "storage/shard/graveyard.h"
#include "storage/shard/shard_elements.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table_find.h"
#include "storage/table/table_layout.h"

struct shard *shard_create(const struct shard_options *options)
{
    REQUIRE(options->databases > 0);
    struct shard *shard = alloc_zeroed(sizeof *shard + options->databases * sizeof shard->databases[0]);
    shard->options = *options;
    budget_init(&shard->own_budget, true);
    shard->budget = options->budget != NULL ? options->budget : &shard->own_budget;
    shard->used = options->used != NULL ? options->used : &shard->own_used;
    if (options->used == NULL) database_set_init(&shard->own_used, options->databases);
    shard->evictor.random.state = options->hash_seed;
    return shard;
}

void shard_destroy(struct shard **shard)
{
    if (*shard == NULL) return;
    struct graveyard *graveyard = NULL;
    DATABASE_SET_EACH((*shard)->used, db)
    {
        struct database *database = &(*shard)->databases[db];
        shard_empty(*shard, db, &graveyard);
        if (database->table != NULL) table_destroy(&database->table);
        adaptive_destroy(&database->adaptive);
    }
    while (graveyard_dig(&graveyard, SIZE_MAX)) {}
    if ((*shard)->used == &(*shard)->own_used) database_set_clear(&(*shard)->own_used);
    evictor_clear(&(*shard)->evictor);
    alloc_free(*shard);
    *shard = NULL;
}

struct shard_stats shard_stats(const struct shard *shard)
{
    return (struct shard_stats){
        .bytes = counter_get(&shard->bytes),
        .entry_bytes = counter_get(&shard->entry_bytes),
        .expired = counter_get(&shard->expired),
        .expired_elements = counter_get(&shard->expired_elements),
        .evicted = counter_get(&shard->evicted),
    };
}

size_t shard_len(const struct shard *shard, unsigned db)
{
    REQUIRE(db < shard->options.databases);
    return counter_get(&shard->databases[db].len);
}

size_t shard_absent(const struct shard *shard, unsigned db)
{
    REQUIRE(db < shard->options.databases);
    return counter_get(&shard->databases[db].absent);
}

static void charge(struct shard *shard, size_t delta)
{
    counter_add(&shard->bytes, delta);
    budget_report(shard->budget, &shard->unreported, delta);
}

void shard_charge(struct shard *shard, struct database *database, size_t old_bytes, size_t new_bytes)
{
    if (old_bytes == new_bytes) return;
    database->entry_bytes += new_bytes - old_bytes;
    counter_add(&shard->entry_bytes, new_bytes - old_bytes);
    charge(shard, new_bytes - old_bytes);
}

void shard_charge_beside(struct shard *shard, size_t old_bytes, size_t new_bytes)
{
    if (old_bytes == new_bytes) return;
    shard->beside += new_bytes - old_bytes;
    charge(shard, new_bytes - old_bytes);
}

void shard_recharge(struct shard *shard, struct database *database, const struct table_slot *slot,
                    size_t old_bytes, size_t new_bytes)
{
    if (slot_mark(slot) & ADAPTIVE_IN_RING) adaptive_resized(database->adaptive, old_bytes, new_bytes);
    shard_charge(shard, database, old_bytes, new_bytes);
}

struct table *shard_table(struct shard *shard, struct database *database)
{
    if (database->table != NULL) return database->table;
    database_set_add(shard->used, (unsigned)(database - shard->databases));
    return database->table = table_create(shard->options.hash_seed);
}

void shard_settle(struct shard *shard, struct database *database)
{
    size_t bytes = database->table != NULL ? table_bytes(database->table) : 0;
    bytes += adaptive_bytes(database->adaptive);
    if (bytes == database->charged) return;
    charge(shard, bytes - database->charged);
    database->charged = bytes;
}

/* From here on freeing takes long enough for others to notice. A text is few blocks, however long. */
#define LARGE_VALUE ((size_t)16 << 10)
#define LARGE_TEXT  ((size_t)4 << 20)

static bool is_large(const struct entry *entry, size_t bytes)
{
    return bytes >= LARGE_TEXT || (bytes >= LARGE_VALUE && entry_is_rooted(entry));
}

static __attribute__((noinline, cold)) void bury(struct shard *shard, struct entry *entry, size_t bytes)
{
    const struct burial_sink *burials = &shard->options.burials;
    struct graveyard *graveyard = graveyard_create(shard->budget, shard->options.media_types);
    graveyard_add_entry(graveyard, entry, bytes);
    burials->bury(burials->context, graveyard);
}

void shard_free_entry(struct shard *shard, struct entry *entry, size_t bytes)
{
    if (__builtin_expect(bytes >= LARGE_VALUE, 0) && is_large(entry, bytes) &&
        shard->options.burials.bury != NULL)
        bury(shard, entry, bytes);
    else
        entry_free(entry);
}

/* What goes with the slot, which the caller empties. */
static inline struct entry *take_entry(struct shard *shard, struct database *database, uint64_t hash,
                                       struct table_slot *slot, size_t bytes)
{
    struct entry *entry = table_slot_entry(slot);
    if (__builtin_expect(entry->kind & ENTRY_EXTRA || entry_layout_type(entry) == ENTRY_ABSENT, 0))
        shard_count_hidden(shard, database, entry, -1);
    shard_take_deadline(database, hash, slot);
    shard_recharge(shard, database, slot, bytes, 0);
    counter_add(&database->len, (uint64_t)-1);
    return entry;
}

void shard_discard(struct shard *shard, struct database *database, uint64_t hash, struct table_slot *slot)
{
    size_t bytes = entry_real_size(table_slot_entry(slot));
    struct entry *entry = take_entry(shard, database, hash, slot, bytes);
    table_remove(database->table, hash, slot);
    shard_settle(shard, database);
    shard_free_entry(shard, entry, bytes);
}

static inline struct table_slot *unless_absent(struct shard *shard, uint64_t hash, struct table_slot *slot)
{
    return entry_layout_type(table_slot_entry(slot)) != ENTRY_ABSENT ? slot : shard_hide(shard, hash);
}

/* Of a slot that shows nothing as it is. */
static __attribute__((noinline)) struct table_slot *look_behind(struct shard *shard, unsigned db,
                                                                uint64_t hash, struct table_slot *slot)
{
    const struct entry *entry = table_slot_entry(slot);
    if (entry_has_timed_elements(entry)) return shard_look_at_elements(shard, db, hash, slot);
    if (entry_is_dressed(entry) && !entry_has_deadline(entry)) return shard_hide(shard, hash);
    if (!table_is_due(shard_database(shard, db)->table, hash, slot, shard->now_ms))
        return entry_is_dressed(entry) ? shard_hide(shard, hash) : unless_absent(shard, hash, slot);
    shard_expire(shard, db, hash, slot);
    return NULL;
}

/* Of a slot whose hint does not tell. Seldom, so that it stays out of the way. */
static __attribute__((noinline)) struct table_slot *look_closer(struct shard *shard, unsigned db,
                                                                uint64_t hash, struct table_slot *slot)
{
    const struct entry *entry = table_slot_entry(slot);
    if (entry_is_dressed(entry) && bumps_is_fresh(shard->options.bumps, entry, shard->now_ms)) return slot;
    return look_behind(shard, db, hash, slot);
}

/* Always inline, for the sake of `key`, which is too large for registers. */
static inline __attribute__((always_inline)) struct table_slot *find_live(struct shard *shard, unsigned db,
                                                                          struct key key, int64_t now_ms)
{
    struct database *database = shard_database(shard, db);
    shard->now_ms = now_ms;
    if (database->table == NULL) return NULL;
    struct table_slot *slot = table_look_up(database->table, key);
    if (slot == NULL) return NULL;

    if (__builtin_expect(!(table_slot_entry(slot)->kind & (ENTRY_TTL | ENTRY_EXTRA)), 1)) return slot;
    if (__builtin_expect(slot_is_early(database->table, slot, now_ms), 1))
        return unless_absent(shard, key.hash, slot);
    return look_closer(shard, db, key.hash, slot);
}

struct entry *shard_find(struct shard *shard, unsigned db, struct key key, int64_t now_ms)
{
    struct table_slot *slot = find_live(shard, db, key, now_ms);
    return slot != NULL ? table_slot_entry(slot) : NULL;
}

struct entry *shard_use(struct shard *shard, unsigned db, struct key key, int64_t now_ms)
{
    struct table_slot *slot = find_live(shard, db, key, now_ms);
    if (slot == NULL) return NULL;
    budget_policy(shard->budget)->use(shard, &shard->databases[db], slot);
    return table_slot_entry(slot);
}

int64_t shard_idle_ms(const struct shard *shard, const struct entry *entry, int64_t now_ms)
{
    return use_clock_age_ms(&shard->evictor.clock, entry_access(entry), now_ms);
}

unsigned shard_use_count(const struct shard *shard, const struct entry *entry, int64_t now_ms)
{
    unsigned decay = atomic_load_explicit(&shard->budget->lfu_decay_minutes, memory_order_relaxed);
    return lfu_count(entry_access(entry), now_ms, decay);
}

void shard_set_idle_ms(const struct shard *shard, struct entry *entry, int64_t idle_ms, int64_t now_ms)
{
    if (budget_policy(shard->budget)->counts_uses) return;
    entry->access = use_clock_stamp_of_age(&shard->evictor.clock, idle_ms, now_ms);
}

void shard_set_use_count(const struct shard *shard, struct entry *entry, unsigned count, int64_t now_ms)
{
    if (budget_policy(shard->budget)->counts_uses) entry->access = lfu_word(now_ms, count);
}

bool shard_evict(struct shard *shard, size_t need, int64_t now_ms)
{
    shard->now_ms = now_ms;
    return budget_policy(shard->budget)->evict(shard, need);
}

void shard_stamp(struct shard *shard, struct database *database, struct entry *entry)
{
    size_t entries = counter_get(&database->len);
    entry->access = use_clock_stamp(&shard->evictor.clock, shard->now_ms, entries);
}

/* Its first access word and mark. What was used under another name keeps its count, which is no matter of
 * this shard's clock. */
static unsigned introduce(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                          bool is_new)
{
    const struct evict_policy *policy = budget_policy(shard->budget);
    use_clock_allow(&shard->evictor.clock);
    if (!policy->counts_uses)
        shard_stamp(shard, database, entry);
    else if (is_new)
        entry->access = lfu_word(shard->now_ms, LFU_COUNT_FIRST);
    if (policy->add == NULL || budget_limit(shard->budget) == 0) return 0;
    return policy->add(shard, database, hash, entry);
}

void shard_enter(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                 bool is_new)
{
    unsigned mark = introduce(shard, database, hash, entry, is_new);
    table_insert_marked(shard_table(shard, database), hash, entry, mark);
    counter_add(&database->len, 1);
    shard_charge(shard, database, 0, entry_real_size(entry));
    shard_settle(shard, database);
}

struct table_slot *shard_slot_of(const struct database *database, uint64_t hash, const struct entry *entry)
{
    struct table_slot *slot = table_find_entry(database->table, hash, entry);
    REQUIRE(slot != NULL);
    return slot;
}

void shard_give_deadline_of(struct shard *shard, struct database *database, uint64_t hash,
                            const struct entry *entry, int64_t deadline_ms)
{
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    shard_give_deadline(shard, database, hash, shard_slot_of(database, hash, entry), deadline_ms);
}

static inline __attribute__((always_inline)) struct entry *put_string(struct shard *shard, unsigned db,
                                                                      struct key key, struct entry *old,
                                                                      struct slice text, int64_t deadline_ms)
{
    struct database *database = shard_database(shard, db);
    enum entry_timing timing = shard_timing(shard, database, deadline_ms);
    if (old == NULL) {
        if (__builtin_expect(shard_may_hide(shard, key.hash), 0)) shard_make_way(shard, db, key);
        struct entry *entry = entry_make_string(NULL, key.name, text, timing);
        shard_enter(shard, database, key.hash, entry, true);
        if (timing != TIMING_NONE) shard_give_deadline_of(shard, database, key.hash, entry, deadline_ms);
        return entry;
    }
    bool timed = (old->kind & (ENTRY_TTL | ENTRY_EXTRA)) || timing != TIMING_NONE;
    struct table_slot *slot = timed ? shard_slot_of(database, key.hash, old) : NULL;
    if (timed) shard_take_deadline(database, key.hash, slot);
    if (__builtin_expect(old->kind & ENTRY_EXTRA, 0)) shard_count_hidden(shard, database, old, -1);
    struct entry *entry = entry_make_string(old, key.name, text, timing);
    if (entry != old) {
        if (slot == NULL) slot = shard_slot_of(database, key.hash, old);
        size_t old_bytes = entry_real_size(old);
        table_slot_set(slot, entry);
        shard_recharge(shard, database, slot, old_bytes, entry_real_size(entry));
        shard_free_entry(shard, old, old_bytes);
    }
    if (timed) shard_give_deadline(shard, database, key.hash, slot, deadline_ms);
    return entry;
}

struct entry *shard_put_string(struct shard *shard, unsigned db, struct key key, struct entry *old,
                               struct slice text, int64_t deadline_ms)
{
    if (old == NULL && shard_tells(shard)) shard_announce(shard, db, key, EVENT_NEW);
    return put_string(shard, db, key, old, text, deadline_ms);
}

void shard_put_plain(struct shard *shard, unsigned db, struct key key, struct entry *old, struct slice text)
{
    if (old == NULL && shard_tells(shard)) shard_announce(shard, db, key, EVENT_NEW);
    put_string(shard, db, key, old, text, ENTRY_NO_DEADLINE);
}

struct entry *shard_put_received(struct shard *shard, unsigned db, struct key key, struct entry *old,
                                 const struct entry_received *received, int64_t deadline_ms)
{
    struct database *database = shard_database(shard, db);
    struct entry *entry = entry_make_received(key.name, received, shard_timing(shard, database, deadline_ms));
    if (entry == NULL) return NULL;
    if (old == NULL && shard_tells(shard)) shard_announce(shard, db, key, EVENT_NEW);
    if (old != NULL) {
        entry_set_access(entry, entry_access(old));
        shard_discard(shard, database, key.hash, shard_slot_of(database, key.hash, old));
    } else if (counter_get(&database->hidden) > 0) {
        shard_make_way(shard, db, key);
    }
    shard_enter(shard, database, key.hash, entry, old == NULL);
    shard_give_deadline_of(shard, database, key.hash, entry, deadline_ms);
    return entry;
}

/* Has its own copy of the code, so that the path of SET keeps its in place. */
struct entry *shard_replace_string(struct shard *shard, unsigned db, struct key key, struct slice text,
                                   int64_t deadline_ms)
{
    shard_forget(shard, db, key);
    return put_string(shard, db, key, NULL, text, deadline_ms);
}

struct entry *shard_resize_string(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                                  size_t len)
{
    struct database *database = shard_database(shard, db);
    struct table_slot *slot = shard_slot_of(database, key.hash, entry);
    size_t old_bytes = entry_real_size(entry);
    struct entry *resized = entry_resize_text(entry, len);
    table_slot_set(slot, resized);
    shard_recharge(shard, database, slot, old_bytes, entry_real_size(resized));
    return resized;
}

struct entry *shard_set_deadline(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                                 int64_t deadline_ms)
{
    struct database *database = shard_database(shard, db);
    struct table_slot *slot = shard_slot_of(database, key.hash, entry);
    size_t old_bytes = entry_real_size(entry);
    shard_take_deadline(database, key.hash, slot);
    enum entry_timing timing = shard_timing(shard, database, deadline_ms);
    if (entry_has_timed_elements(entry))
        timing = timing != TIMING_NONE ? TIMING_FAR_ELEMENTS : TIMING_ELEMENTS;
    else if (entry_is_dressed(entry))
        timing = shard_dressed_timing(shard, database, entry, deadline_ms);
    struct entry *moved = entry_set_timing(entry, timing);
    table_slot_set(slot, moved);
    shard_recharge(shard, database, slot, old_bytes, entry_real_size(moved));
    shard_give_deadline(shard, database, key.hash, slot, shard_last_ms(moved, deadline_ms));
    return moved;
}

void shard_remove(struct shard *shard, unsigned db, struct key key, struct entry *entry)
{
    struct database *database = shard_database(shard, db);
    shard_discard(shard, database, key.hash, shard_slot_of(database, key.hash, entry));
}

struct entry *shard_put_copy(struct shard *shard, unsigned db, struct key key, const struct entry *entry,
                             int64_t deadline_ms)
{
    struct database *database = shard_database(shard, db);
    if (counter_get(&database->hidden) > 0) shard_make_way(shard, db, key);
    if (shard_tells(shard)) shard_announce(shard, db, key, EVENT_NEW);
    bool is_dressed = entry_is_dressed(entry);
    enum entry_timing timing = is_dressed ? shard_dressed_timing(shard, database, entry, deadline_ms)
                                          : shard_timing(shard, database, deadline_ms);
    struct entry *copy = entry_make_copy(entry, key.name, timing);
    shard_enter(shard, database, key.hash, copy, false);
    if (is_dressed) {
        shard_dress_like(shard, database, key.hash, copy, entry, deadline_ms);
        return copy;
    }
    shard_give_deadline_of(shard, database, key.hash, copy, deadline_ms);
    if (entry_has_timed_elements(entry)) return shard_note_all_elements(shard, database, key.hash, copy);
    return copy;
}

int64_t shard_deadline_ms(const struct shard *shard, unsigned db, struct key key, const struct entry *entry)
{
    if (!entry_has_deadline(entry)) return ENTRY_NO_DEADLINE;
    REQUIRE(db < shard->options.databases);
    if (__builtin_expect(entry->kind & ENTRY_EXTRA, 0) && entry_is_dressed(entry))
        return dress_deadline_ms(entry);
    const struct database *database = &shard->databases[db];
    return table_deadline_ms(database->table, key.hash, shard_slot_of(database, key.hash, entry));
}

struct entry *shard_move(const struct shard_place *from, struct entry *entry, const struct shard_place *to)
{
    int64_t deadline_ms = shard_deadline_ms(from->shard, from->db, from->key, entry);
    struct database *source = shard_database(from->shard, from->db);
    struct database *target = shard_database(to->shard, to->db);
    if (counter_get(&target->hidden) > 0) shard_make_way(to->shard, to->db, to->key);
    if (shard_tells(to->shard)) shard_announce(to->shard, to->db, to->key, EVENT_NEW);

    size_t bytes = entry_real_size(entry);
    bool has_timed_elements = entry_has_timed_elements(entry);
    bool is_dressed = entry_is_dressed(entry);
    enum entry_timing timing = is_dressed ? shard_dressed_timing(to->shard, target, entry, deadline_ms)
                                          : shard_timing(to->shard, target, deadline_ms);
    struct entry *moved = entry_make_moved(entry, to->key.name, timing);
    if (is_dressed) dress_copy(moved, entry);
    struct table_slot *slot = shard_slot_of(source, from->key.hash, entry);
    shard_recharge(from->shard, source, slot, bytes, entry_real_size(entry));
    uint16_t type = shard_hold_type(from->shard, entry);
    shard_discard(from->shard, source, from->key.hash, slot);
    shard_enter(to->shard, target, to->key.hash, moved, false);
    if (is_dressed) {
        shard_dress_like(to->shard, target, to->key.hash, moved, NULL, deadline_ms);
        shard_let_type(from->shard, type);
        return moved;
    }
    shard_give_deadline_of(to->shard, target, to->key.hash, moved, deadline_ms);
    if (has_timed_elements) return shard_note_all_elements(to->shard, target, to->key.hash, moved);
    return moved;
}

struct live_visit {
    const struct shard *shard;
    int64_t now_ms;
    void (*visit)(void *context, struct entry *entry);
    void *context;
};

static bool is_past(int64_t deadline_ms, int64_t now_ms)
{
    return deadline_ms != ENTRY_NO_DEADLINE && deadline_ms < now_ms;
}

static void visit_live(void *context, struct entry *entry, int64_t deadline_ms)
{
    struct live_visit *live = context;
    if (is_past(deadline_ms, live->now_ms) || entry_layout_type(entry) == ENTRY_ABSENT) return;
    if (!shard_shows(live->shard, entry, live->now_ms)) return;
    live->visit(live->context, entry);
}

uint64_t shard_scan(struct shard *shard, unsigned db, uint64_t cursor, int64_t now_ms,
                    void (*visit)(void *context, struct entry *entry), void *context)
{
    struct database *database = shard_database(shard, db);
    if (database->table == NULL) return 0;
    struct live_visit live = { .shard = shard, .now_ms = now_ms, .visit = visit, .context = context };
    table_note_scan(database->table);
    return table_scan(database->table, cursor, visit_live, &live);
}

static void keep_first(void *context, struct entry *entry)
{
    struct entry **first = context;
    if (*first == NULL) *first = entry;
}

/* Where many are kept that nobody is shown. */
static struct entry *first_shown(struct shard *shard, unsigned db, int64_t now_ms)
{
    struct entry *first = NULL;
    uint64_t cursor = 0;
    do cursor = shard_scan(shard, db, cursor, now_ms, keep_first, &first);
    while (cursor != 0 && first == NULL);
    return first;
}

/* Draws that may meet what is not shown, and stays. */
#define HIDDEN_MAX 100

struct entry *shard_sample(struct shard *shard, unsigned db, int64_t now_ms, uint64_t (*random)(void *state),
                           void *state)
{
    struct database *database = shard_database(shard, db);
    shard->now_ms = now_ms;
    if (database->table == NULL) return NULL;
    struct entry *entry;
    unsigned hidden = 0;
    /* What is met dead is removed, so this ends however many there are. */
    while ((entry = table_sample(database->table, random, state)) != NULL) {
        if (!(entry->kind & (ENTRY_TTL | ENTRY_EXTRA))) return entry;
        uint64_t hash = key_hash(shard->options.hash_seed, entry_key(entry));
        struct table_slot *slot = shard_slot_of(database, hash, entry);
        if (entry_has_timed_elements(entry)) {
            if ((slot = shard_look_at_elements(shard, db, hash, slot)) == NULL) continue;
            return table_slot_entry(slot);
        }
        if (entry_layout_type(entry) == ENTRY_ABSENT) {
            shard_discard(shard, database, hash, slot);
            continue;
        }
        if (!is_past(table_deadline_ms(database->table, hash, slot), now_ms)) {
            if (shard_shows(shard, entry, now_ms)) return entry;
            if (++hidden == HIDDEN_MAX) return first_shown(shard, db, now_ms);
            continue;
        }
        shard_expire(shard, db, hash, slot);
    }
    return NULL;
}

void shard_empty(struct shard *shard, unsigned db, struct graveyard **graveyard)
{
    struct database *database = shard_database(shard, db);
    if (counter_get(&database->len) == 0) return;

    if (*graveyard == NULL) *graveyard = graveyard_create(shard->budget, shard->options.media_types);
    graveyard_add(*graveyard, database->table, database->charged + database->entry_bytes);
    charge(shard, (size_t)0 - database->charged - database->entry_bytes);
    counter_add(&shard->entry_bytes, (uint64_t)0 - database->entry_bytes);
    adaptive_destroy(&database->adaptive);
    database->hand = (struct table_hand){ 0 };
    database->stay = (struct compaction_stay){ 0 };
    database->table = NULL;
    database->charged = database->entry_bytes = 0;
    database->deadline_sum = 0;
    counter_set(&database->absent, 0);
    counter_set(&database->dressed, 0);
    counter_set(&database->hidden, 0);
    counter_set(&database->len, 0);
    counter_set(&database->deadlines, 0);
    counter_set(&database->with_times, 0);
}

static void swap_counters(counter *a, counter *b)
{
    uint64_t held = counter_get(a);
    counter_set(a, counter_get(b));
    counter_set(b, held);
}

#define SWAP(field)                                                                                          \
    do {                                                                                                     \
        __typeof__(a->field) held = a->field;                                                                \
        a->field = b->field;                                                                                 \
        b->field = held;                                                                                     \
    } while (0)

void shard_swap(struct shard *shard, unsigned db_a, unsigned db_b)
{
    struct database *a = shard_database(shard, db_a), *b = shard_database(shard, db_b);
    if (a == b) return;

    shard->swaps++;
    SWAP(table);
    if (a->table != NULL) database_set_add(shard->used, db_a);
    if (b->table != NULL) database_set_add(shard->used, db_b);
    SWAP(charged);
    SWAP(entry_bytes);
    SWAP(hand);
    SWAP(compaction_hand);
    SWAP(stay);
    SWAP(place);
    SWAP(adaptive);
    SWAP(deadline_sum);
    swap_counters(&a->absent, &b->absent);
    swap_counters(&a->dressed, &b->dressed);
    swap_counters(&a->hidden, &b->hidden);
    swap_counters(&a->len, &b->len);
    swap_counters(&a->deadlines, &b->deadlines);
    swap_counters(&a->with_times, &b->with_times);
}
