#include "storage/shard/shard_walk.h"

#include <stdbool.h>

#include "storage/dress/bumps.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_layout.h"
#include "storage/shard/shard_dress.h"
#include "storage/shard/shard_state.h"

#define MET_MAX 64

/* Entries of a bucket that something is to be done to. */
struct met {
    const struct shard *shard;
    int64_t now_ms;
    size_t len;
    bool full;
    struct entry *entries[MET_MAX];
};

static bool needs_care(const struct met *met, const struct entry *entry)
{
    if (!entry_is_dressed(entry)) return false;
    struct dress_verdict verdict = bumps_judge(met->shard->options.bumps, entry, met->now_ms);
    return verdict.state == DRESS_DEAD || (verdict.tag != 0 && !dress_is_stale(entry));
}

static void meet(void *context, struct entry *entry, int64_t deadline_ms)
{
    struct met *met = context;
    (void)deadline_ms;
    if (!needs_care(met, entry)) return;
    if (met->len == MET_MAX)
        met->full = true;
    else
        met->entries[met->len++] = entry;
}

/* What the tags' numbers say of it now it says itself, when they are forgotten. */
static void note_stale(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                       int64_t since_ms)
{
    struct dress dress = dress_read(entry);
    dress.is_stale = true;
    dress.soft_ms = since_ms;
    shard_redress(shard, db, key, entry, &dress);
}

/* True: it went. */
static bool care(struct shard *shard, unsigned db, struct entry *entry)
{
    struct database *database = shard_database(shard, db);
    struct slice name = entry_layout_key(entry);
    struct key key = { .name = name, .hash = key_hash(shard->options.hash_seed, name) };
    struct dress_verdict verdict = bumps_judge(shard->options.bumps, entry, shard->now_ms);
    if (verdict.state != DRESS_DEAD) {
        note_stale(shard, db, key, entry, verdict.soft_ms);
        return false;
    }
    shard_expire(shard, db, key.hash, shard_slot_of(database, key.hash, entry));
    return true;
}

uint64_t shard_walk(struct shard *shard, unsigned db, uint64_t cursor, int64_t now_ms, size_t *reaped)
{
    struct database *database = shard_database(shard, db);
    struct met met = { .shard = shard, .now_ms = now_ms };
    shard->now_ms = now_ms;
    if (counter_get(&database->dressed) == 0) return 0;
    table_note_scan(database->table);
    uint64_t next;
    do { /* a second time only where many have met in one bucket */
        met.len = 0;
        met.full = false;
        next = table_scan(database->table, cursor, meet, &met);
        for (size_t i = 0; i < met.len; i++) *reaped += care(shard, db, met.entries[i]);
    } while (met.full);
    return next;
}

struct known_visit {
    int64_t now_ms;
    void (*visit)(void *context, struct entry *entry);
    void *context;
};

static void visit_known(void *context, struct entry *entry, int64_t deadline_ms)
{
    struct known_visit *known = context;
    bool past = deadline_ms != ENTRY_NO_DEADLINE && deadline_ms < known->now_ms;
    if (!past && entry_layout_type(entry) != ENTRY_ABSENT) known->visit(known->context, entry);
}

uint64_t shard_scan_dressed(struct shard *shard, unsigned db, uint64_t cursor, int64_t now_ms,
                            void (*visit)(void *context, struct entry *entry), void *context)
{
    struct database *database = shard_database(shard, db);
    struct known_visit known = { .now_ms = now_ms, .visit = visit, .context = context };
    if (database->table == NULL) return 0;
    table_note_scan(database->table);
    return table_scan(database->table, cursor, visit_known, &known);
}

_Static_assert(SHARD_SCAN_AHEAD == TABLE_SCAN_AHEAD, "what is fetched is what is met");

void shard_fetch_scan(struct shard *shard, unsigned db, uint64_t cursor)
{
    struct database *database = shard_database(shard, db);
    if (database->table != NULL) table_fetch_scan(database->table, cursor);
}

const struct entry *shard_value_of_hash(struct shard *shard, unsigned db, uint64_t hash, int64_t now_ms)
{
    struct database *database = shard_database(shard, db);
    const struct entry *entry = database->table != NULL ? table_find_hash(database->table, hash) : NULL;
    if (entry == NULL || entry_layout_type(entry) == ENTRY_ABSENT) return NULL;
    if (entry_has_deadline(entry) &&
        table_is_due(database->table, hash, shard_slot_of(database, hash, entry), now_ms))
        return NULL;
    bool dead = bumps_judge(shard->options.bumps, entry, now_ms).state == DRESS_DEAD;
    return dead ? NULL : entry;
}

struct shard_walk_place *shard_walk_place(struct shard *shard, unsigned db)
{
    return &shard_database(shard, db)->place;
}

uint64_t shard_swaps(const struct shard *shard)
{
    return shard->swaps;
}
