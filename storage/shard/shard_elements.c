#include "storage/shard/shard_elements.h"

#include "proto/base/contract.h"
#include "storage/entry/entry_making.h"
#include "storage/shard/shard_edit.h"
#include "storage/shard/shard_state.h"
#include "storage/types/blocks/value.h"

/* What a look-up removes at most: some 20 us. */
#define LOOK_UP_MAX 64

size_t shard_with_timed_elements(const struct shard *shard, unsigned db)
{
    REQUIRE(db < shard->options.databases);
    return counter_get(&shard->databases[db].with_times);
}

static struct entry *mark(struct shard *shard, struct database *database, uint64_t hash,
                          struct table_slot *slot)
{
    struct entry *entry = table_slot_entry(slot);
    size_t old_bytes = entry_real_size(entry);
    int64_t deadline_ms = shard_slot_deadline_ms(database, hash, slot);
    bool timed = deadline_ms != ENTRY_NO_DEADLINE;
    entry = entry_set_timing(entry, timed ? TIMING_FAR_ELEMENTS : TIMING_ELEMENTS);
    counter_add(&database->with_times, 1);
    if (timed) entry_set_far_deadline(entry, deadline_ms);
    table_slot_set(slot, entry);
    shard_recharge(shard, database, slot, old_bytes, entry_real_size(entry));
    return entry;
}

/* Unless it would be looked at before. May move the slot. */
static void look_by(struct shard *shard, struct database *database, uint64_t hash, struct table_slot *slot,
                    int64_t look_ms)
{
    struct table *table = shard_table(shard, database);
    table_start_deadlines(table, shard_last_past_ms(shard->now_ms));
    if (look_ms < table_look_ms(table, hash, slot)) table_set_look(table, hash, slot, look_ms);
    shard_settle(shard, database);
}

struct entry *shard_note_elements(struct shard *shard, struct database *database, uint64_t hash,
                                  struct entry *entry, int64_t due_ms)
{
    struct table_slot *slot = shard_slot_of(database, hash, entry);
    if (!entry_has_timed_elements(entry)) entry = mark(shard, database, hash, slot);
    look_by(shard, database, hash, slot, due_ms);
    return entry;
}

struct entry *shard_note_all_elements(struct shard *shard, struct database *database, uint64_t hash,
                                      struct entry *entry)
{
    const struct value_type *type = entry_value_type(entry);
    struct value value;
    shard_read(&value, shard, entry, type, &value_limits_default);
    int64_t due_ms = type->next_due_ms(&value);
    return due_ms != VALUE_NEVER_DUE ? shard_note_elements(shard, database, hash, entry, due_ms) : entry;
}

void shard_time_beside_elements(struct shard *shard, struct database *database, uint64_t hash,
                                struct table_slot *slot, int64_t deadline_ms)
{
    entry_set_far_deadline(table_slot_entry(slot), deadline_ms);
    look_by(shard, database, hash, slot, deadline_ms);
}

static void unmark(struct shard *shard, struct database *database, struct table_slot *slot)
{
    struct entry *entry = table_slot_entry(slot);
    size_t old_bytes = entry_real_size(entry);
    entry = entry_set_timing(entry, entry_is_far(entry) ? TIMING_FAR : TIMING_NONE);
    counter_add(&database->with_times, (uint64_t)-1);
    table_slot_set(slot, entry);
    shard_recharge(shard, database, slot, old_bytes, entry_real_size(entry));
}

static void announce(struct shard *shard, unsigned db, uint64_t hash, const struct entry *entry,
                     enum change_event event)
{
    struct key key = { .name = entry_layout_key(entry), .hash = hash };
    if (shard_tells(shard)) shard_announce(shard, db, key, event);
}

void shard_count_expired_elements(struct shard *shard, size_t count)
{
    counter_add(&shard->expired_elements, count);
}

struct table_relief shard_relieve(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot,
                                  size_t limit)
{
    struct entry *entry = table_slot_entry(slot);
    const struct value_type *type = entry_value_type(entry);
    const struct shard_place place = { .shard = shard, .db = db, .key = { .hash = hash } };
    struct shard_edit edit;
    shard_edit(&edit, &place, entry, type, &value_limits_default);
    struct table_relief relief = { .removed = type->expire(&edit.value, limit) };
    relief.next_ms = type->next_due_ms(&edit.value);
    relief.is_empty = type->is_spent(&edit.value);
    entry = shard_commit_whole(&edit);
    counter_add(&shard->expired_elements, relief.removed);
    if (relief.removed > 0) announce(shard, db, hash, entry, EVENT_HEXPIRED);
    if (relief.is_empty) announce(shard, db, hash, entry, EVENT_DEL);
    if (relief.next_ms == VALUE_NEVER_DUE) unmark(shard, shard_database(shard, db), slot);
    return relief;
}

struct table_slot *shard_look_at_elements(struct shard *shard, unsigned db, uint64_t hash,
                                          struct table_slot *slot)
{
    struct database *database = shard_database(shard, db);
    if (table_look_ms(database->table, hash, slot) >= shard->now_ms) return slot;
    int64_t deadline_ms = shard_slot_deadline_ms(database, hash, slot);
    if (deadline_ms != ENTRY_NO_DEADLINE && deadline_ms < shard->now_ms) {
        shard_expire(shard, db, hash, slot);
        return NULL;
    }
    struct table_relief relief = shard_relieve(shard, db, hash, slot, LOOK_UP_MAX);
    if (relief.is_empty) {
        shard_discard(shard, database, hash, slot);
        return NULL;
    }
    struct entry *entry = table_slot_entry(slot);
    int64_t look_ms = relief.next_ms;
    if (deadline_ms != ENTRY_NO_DEADLINE && deadline_ms < look_ms) look_ms = deadline_ms;
    table_set_look(database->table, hash, slot, look_ms);
    return shard_slot_of(database, hash, entry);
}
