#include "storage/policies/victim.h"

#include "storage/entry/entry_layout.h"
#include "storage/evict/evictor.h"
#include "storage/shard/shard_state.h"

/* Evictions between two choices of a database. */
#define TURNS 16

static bool is_volatile_only(const struct shard *shard)
{
    return atomic_load_explicit(&shard->budget->volatile_only, memory_order_relaxed);
}

static uint64_t weight_of(const struct database *database, bool volatile_only)
{
    return counter_get(volatile_only ? &database->deadlines : &database->len);
}

bool victim_database(struct shard *shard, unsigned *db)
{
    struct evictor *evictor = &shard->evictor;
    bool volatile_only = is_volatile_only(shard);
    *db = evictor->db;
    if (evictor->db_turns > 0 && weight_of(&shard->databases[*db], volatile_only) > 0) {
        evictor->db_turns--;
        return true;
    }

    uint64_t sum = 0;
    DATABASE_SET_EACH(shard->used, used)
    sum += weight_of(&shard->databases[used], volatile_only);
    if (sum == 0) return false;
    uint64_t drawn = evictor_random(evictor) % sum;
    for (*db = database_set_next(shard->used, 0);; *db = database_set_next(shard->used, *db + 1)) {
        uint64_t weight = weight_of(&shard->databases[*db], volatile_only);
        if (drawn < weight) break;
        drawn -= weight;
    }
    evictor->db = *db;
    evictor->db_turns = TURNS;
    return true;
}

bool victim_may_take(const struct shard *shard, const struct entry *entry)
{
    return !is_volatile_only(shard) || entry->kind & ENTRY_TTL;
}

uint64_t victim_hash(const struct shard *shard, const struct table_slot *slot)
{
    return key_hash(shard->options.hash_seed, entry_layout_key(table_slot_entry(slot)));
}

static void announce(struct shard *shard, unsigned db, uint64_t hash, const struct entry *entry)
{
    if (entry_layout_type(entry) == ENTRY_ABSENT) return;
    shard_announce(shard, db, (struct key){ .name = entry_layout_key(entry), .hash = hash }, EVENT_EVICTED);
}

void victim_take(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot)
{
    counter_add(&shard->evicted, 1);
    if (shard_tells(shard)) announce(shard, db, hash, table_slot_entry(slot));
    shard_discard(shard, &shard->databases[db], hash, slot);
}

/* A dead one goes as one that has expired, and a stale one before any that is in use. */
static __attribute__((noinline, cold)) bool undress(struct shard *shard, unsigned db, struct table_slot *slot)
{
    const struct entry *entry = table_slot_entry(slot);
    if (shard_shows(shard, entry, shard->now_ms)) return false;
    uint64_t hash = victim_hash(shard, slot);
    if (shard_is_dead(shard, entry, shard->now_ms))
        shard_expire(shard, db, hash, slot);
    else
        victim_take(shard, db, hash, slot);
    return true;
}

bool victim_expire(struct shard *shard, unsigned db, struct table_slot *slot)
{
    if (entry_is_dressed(table_slot_entry(slot))) return undress(shard, db, slot);
    if (!entry_has_deadline(table_slot_entry(slot))) return false;
    uint64_t hash = victim_hash(shard, slot);
    if (!table_is_due(shard->databases[db].table, hash, slot, shard->now_ms)) return false;
    shard_expire(shard, db, hash, slot);
    return true;
}
