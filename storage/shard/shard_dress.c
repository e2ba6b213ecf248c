#include "storage/shard/shard_dress.h"

#include "storage/dress/media_types.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_making.h"
#include "storage/evict/policy.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table_layout.h"

bool shard_shows(const struct shard *shard, const struct entry *entry, int64_t now_ms)
{
    return !entry_is_dressed(entry) || bumps_is_fresh(shard->options.bumps, entry, now_ms);
}

bool shard_is_dead(const struct shard *shard, const struct entry *entry, int64_t now_ms)
{
    return bumps_judge(shard->options.bumps, entry, now_ms).state == DRESS_DEAD;
}

static struct table_slot *slot_of(struct database *database, struct key key)
{
    return database->table != NULL ? table_find(database->table, key) : NULL;
}

__attribute__((noinline, cold)) struct table_slot *shard_hide(struct shard *shard, uint64_t hash)
{
    if (shard->hidden_met_ms != shard->now_ms) shard->hidden_met = 0;
    shard->hidden_met_ms = shard->now_ms;
    shard->hidden_met |= UINT64_C(1) << (hash & 63);
    return NULL;
}

__attribute__((noinline, cold)) void shard_make_way(struct shard *shard, unsigned db, struct key key)
{
    struct database *database = shard_database(shard, db);
    struct table_slot *slot = slot_of(database, key);
    if (slot == NULL) return;
    if (entry_is_dressed(table_slot_entry(slot)))
        shard_expire(shard, db, key.hash, slot);
    else
        shard_discard(shard, database, key.hash, slot);
}

bool shard_uncover(struct shard *shard, unsigned db, struct key key, int64_t now_ms)
{
    struct database *database = shard_database(shard, db);
    shard->now_ms = now_ms;
    if (counter_get(&database->dressed) == 0) return false;
    struct table_slot *slot = slot_of(database, key);
    if (slot == NULL || shard_shows(shard, table_slot_entry(slot), now_ms)) return false;
    shard_expire(shard, db, key.hash, slot);
    return true;
}

size_t shard_dressed(const struct shard *shard, unsigned db)
{
    REQUIRE(db < shard->options.databases);
    return counter_get(&shard->databases[db].dressed);
}

/* A soft deadline as a dress can keep it. */
static int64_t soft_within(int64_t deadline_ms)
{
    if (deadline_ms == ENTRY_NO_DEADLINE) return ENTRY_NO_DEADLINE;
    if (deadline_ms < 0) return 0;
    return deadline_ms < DRESS_SOFT_MAX_MS ? deadline_ms : DRESS_SOFT_MAX_MS;
}

int64_t shard_last_ms(const struct entry *entry, int64_t deadline_ms)
{
    if (deadline_ms == ENTRY_NO_DEADLINE || !entry_is_dressed(entry)) return deadline_ms;
    return soft_within(deadline_ms) + dress_grace_ms(entry);
}

static void start_deadlines(struct shard *shard, struct database *database, int64_t deadline_ms)
{
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    table_start_deadlines(shard_table(shard, database), shard_last_past_ms(shard->now_ms));
}

enum entry_timing shard_dressed_timing(struct shard *shard, struct database *database,
                                       const struct entry *entry, int64_t deadline_ms)
{
    start_deadlines(shard, database, deadline_ms);
    unsigned timing = entry_timing_of(entry) & ~(unsigned)ENTRY_TTL;
    return (enum entry_timing)(timing | (deadline_ms != ENTRY_NO_DEADLINE ? ENTRY_TTL : 0));
}

/* The slot may move. */
static void give_soft(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                      int64_t soft_ms)
{
    if (soft_ms == ENTRY_NO_DEADLINE) {
        dress_set_soft_ms(entry, DRESS_SOFT_MAX_MS);
        table_drop_deadline(database->table, hash, shard_slot_of(database, hash, entry));
        return;
    }
    shard_give_deadline(shard, database, hash, shard_slot_of(database, hash, entry),
                        shard_last_ms(entry, soft_ms));
}

__attribute__((noinline, cold)) void shard_count_hidden(struct shard *shard, struct database *database,
                                                        const struct entry *entry, int by)
{
    bool is_absent = entry_layout_type(entry) == ENTRY_ABSENT;
    if (entry_has_timed_elements(entry)) counter_add(&database->with_times, (uint64_t)(int64_t)by);
    if (!is_absent && !entry_is_dressed(entry)) return;
    counter_add(is_absent ? &database->absent : &database->dressed, (uint64_t)(int64_t)by);
    counter_add(&database->hidden, (uint64_t)(int64_t)by);
    if (is_absent || shard->options.media_types == NULL) return;
    if (by > 0)
        media_types_use(shard->options.media_types, dress_type(entry));
    else
        media_types_release(shard->options.media_types, dress_type(entry));
}

void shard_dress_like(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                      const struct entry *from, int64_t deadline_ms)
{
    if (from != NULL) dress_copy(entry, from);
    shard_count_hidden(shard, database, entry, 1);
    give_soft(shard, database, hash, entry, deadline_ms);
}

/* Without shard_use(): where it has one caller, that is inlined there, which is the path of GET. */
static struct shard_dressed find_plain(struct shard *shard, unsigned db, struct key key, int64_t now_ms,
                                       bool use)
{
    struct shard_dressed found = { .entry = shard_find(shard, db, key, now_ms) };
    found.verdict.soft_ms = found.verdict.dead_ms = ENTRY_NO_DEADLINE;
    if (found.entry == NULL) return found;
    struct database *database = shard_database(shard, db);
    struct table_slot *slot = shard_slot_of(database, key.hash, found.entry);
    found.verdict.soft_ms = shard_slot_deadline_ms(database, key.hash, slot);
    if (use) budget_policy(shard->budget)->use(shard, database, slot);
    return found;
}

struct shard_dressed shard_find_dressed(struct shard *shard, unsigned db, struct key key, int64_t now_ms,
                                        bool use)
{
    struct shard_dressed found = { 0 };
    struct database *database = shard_database(shard, db);
    shard->now_ms = now_ms;
    struct table_slot *slot = slot_of(database, key);
    if (slot == NULL) return found;
    if (!entry_is_dressed(table_slot_entry(slot))) return find_plain(shard, db, key, now_ms, use);
    struct entry *entry = table_slot_entry(slot);
    if (entry_has_deadline(entry) && entry_far_deadline_ms(entry) < now_ms) {
        shard_expire(shard, db, key.hash, slot);
        return found;
    }
    found.entry = entry;
    found.is_dressed = true;
    found.verdict = bumps_judge(shard->options.bumps, entry, now_ms);
    found.dress = dress_read(entry);
    if (use && found.verdict.state != DRESS_DEAD) budget_policy(shard->budget)->use(shard, database, slot);
    return found;
}

static struct dress within(const struct dress *dress)
{
    struct dress copy = *dress;
    copy.soft_ms = soft_within(dress->soft_ms);
    return copy;
}

struct entry *shard_put_dressed(struct shard *shard, unsigned db, struct key key, struct slice text,
                                const struct dress *wanted, int64_t now_ms)
{
    struct dress dress = within(wanted);
    struct database *database = shard_database(shard, db);
    shard->now_ms = now_ms;
    struct table_slot *slot = slot_of(database, key);
    const struct entry *old = slot != NULL ? table_slot_entry(slot) : NULL;
    uint32_t access = old != NULL ? entry_access(old) : 0;
    bool was_there = old != NULL && shard_shows(shard, old, now_ms);
    if (old != NULL) shard_discard(shard, database, key.hash, slot);
    if (!was_there && shard_tells(shard)) shard_announce(shard, db, key, EVENT_NEW);

    start_deadlines(shard, database, dress.soft_ms);
    struct entry *entry = entry_make_string(NULL, key.name, text, dress_timing(&dress));
    dress_write(entry, &dress);
    entry_set_access(entry, access);
    shard_enter(shard, database, key.hash, entry, old == NULL);
    shard_dress_like(shard, database, key.hash, entry, NULL, dress.soft_ms);
    return entry;
}

uint16_t shard_hold_type(struct shard *shard, const struct entry *entry)
{
    if (!entry_is_dressed(entry) || shard->options.media_types == NULL) return 0;
    uint16_t type = dress_type(entry);
    media_types_use(shard->options.media_types, type);
    return type;
}

void shard_let_type(struct shard *shard, uint16_t type)
{
    if (type != 0) media_types_release(shard->options.media_types, type);
}

/* In another block, with the same value. Takes what a root or a long text is with it. */
static struct entry *reshape(struct shard *shard, struct database *database, struct table_slot *slot,
                             enum entry_timing timing)
{
    struct entry *entry = table_slot_entry(slot);
    size_t old_bytes = entry_real_size(entry);
    struct entry *made = entry_make_moved(entry, entry_layout_key(entry), timing);
    table_slot_set(slot, made);
    shard_recharge(shard, database, slot, old_bytes, entry_real_size(made));
    entry_free(entry);
    return made;
}

struct entry *shard_redress(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                            const struct dress *wanted)
{
    struct database *database = shard_database(shard, db);
    struct table_slot *slot = shard_slot_of(database, key.hash, entry);
    /* Its tags may be those of the entry. */
    uint64_t tags[DRESS_TAGS_MAX];
    struct dress dress = within(wanted);
    REQUIRE(dress.tag_count <= DRESS_TAGS_MAX);
    for (unsigned i = 0; i < dress.tag_count; i++) tags[i] = dress.tags[i];
    dress.tags = tags;
    uint16_t type = shard_hold_type(shard, entry);

    shard_take_deadline(database, key.hash, slot);
    if (entry->kind & ENTRY_EXTRA) shard_count_hidden(shard, database, entry, -1);
    start_deadlines(shard, database, dress.soft_ms);
    enum entry_timing timing = dress_timing(&dress);
    if ((entry_timing_of(entry) & ~(unsigned)ENTRY_TTL) != (timing & ~(unsigned)ENTRY_TTL))
        entry = reshape(shard, database, slot, timing);
    else
        entry = entry_set_timing(entry, timing);
    dress_write(entry, &dress);
    shard_dress_like(shard, database, key.hash, entry, NULL, dress.soft_ms);
    shard_let_type(shard, type);
    return entry;
}
