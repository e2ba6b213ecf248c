#include "storage/shard/shard.h"

#include "proto/base/contract.h"
#include "storage/dress/media_types.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_layout.h"
#include "storage/entry/entry_making.h"
#include "storage/memory/block.h"
#include "storage/shard/shard_elements.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table_layout.h"

int64_t shard_slot_deadline_ms(const struct database *database, uint64_t hash, const struct table_slot *slot)
{
    if (__builtin_expect(!(table_slot_entry(slot)->kind & ENTRY_TTL), 1)) return ENTRY_NO_DEADLINE;
    return table_deadline_ms(database->table, hash, slot);
}

/* Before 1970 or at its start is all the same: past. */
static int64_t from_1970(int64_t deadline_ms)
{
    return deadline_ms > 0 ? deadline_ms : 0;
}

size_t shard_deadlines(const struct shard *shard, unsigned db)
{
    REQUIRE(db < shard->options.databases);
    return counter_get(&shard->databases[db].deadlines);
}

enum entry_timing shard_timing(struct shard *shard, struct database *database, int64_t deadline_ms)
{
    if (deadline_ms == ENTRY_NO_DEADLINE) return TIMING_NONE;
    struct table *table = shard_table(shard, database);
    /* What sweeps will ask for is never behind the time at which this starts. */
    bool fits = table_fits_deadline(table, from_1970(deadline_ms), shard_last_past_ms(shard->now_ms));
    return fits ? TIMING_STAMPED : TIMING_FAR;
}

void shard_take_deadline(struct database *database, uint64_t hash, struct table_slot *slot)
{
    int64_t deadline_ms = shard_slot_deadline_ms(database, hash, slot);
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    counter_add(&database->deadlines, (uint64_t)-1);
    database->deadline_sum -= (unsigned __int128)deadline_ms;
}

void shard_give_deadline(struct shard *shard, struct database *database, uint64_t hash,
                         struct table_slot *slot, int64_t deadline_ms)
{
    struct entry *entry = table_slot_entry(slot);
    bool elements = entry_has_timed_elements(entry);
    if (deadline_ms == ENTRY_NO_DEADLINE) {
        if (!elements) table_drop_deadline(database->table, hash, slot);
        return;
    }
    deadline_ms = from_1970(deadline_ms);
    counter_add(&database->deadlines, 1);
    database->deadline_sum += (unsigned __int128)deadline_ms;
    if (__builtin_expect(elements, 0)) {
        shard_time_beside_elements(shard, database, hash, slot, deadline_ms);
        return;
    }
    if (entry_is_far(entry)) entry_set_far_deadline(entry, deadline_ms);
    table_set_deadline(database->table, hash, slot, deadline_ms);
    shard_settle(shard, database);
}

/* What was known of a key that nobody had is no key that expires. */
static __attribute__((noinline, cold)) void announce(struct shard *shard, unsigned db,
                                                     const struct entry *entry)
{
    if (entry_layout_type(entry) == ENTRY_ABSENT) return;
    struct slice name = entry_layout_key(entry);
    struct key key = { .name = name, .hash = key_hash(shard->options.hash_seed, name) };
    shard_announce(shard, db, key, EVENT_EXPIRED);
}

void shard_expire(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot)
{
    counter_add(&shard->expired, 1);
    if (shard_tells(shard)) announce(shard, db, table_slot_entry(slot));
    shard_discard(shard, shard_database(shard, db), hash, slot);
}

void shard_suspects(struct database *database, void (*visit)(void *context, struct table_slot *slot),
                    void *context)
{
    if (database->table != NULL) table_suspects(database->table, visit, context);
}

/* What a sweep took out of a database and has not counted yet. */
struct sweep {
    struct shard *shard;
    struct database *database;
    unsigned db;
    bool tells;
    size_t len;
    size_t timed; /* had a deadline: all but some that ran empty */
    size_t emptied;
    size_t bytes;
    size_t absent;
    size_t dressed;
    size_t with_times;
    unsigned __int128 deadline_sum;
};

static void take_off_dress(struct sweep *sweep, const struct entry *entry)
{
    sweep->dressed++;
    struct media_types *types = sweep->shard->options.media_types;
    if (types != NULL) media_types_release(types, dress_type(entry));
}

static void take_out(struct sweep *sweep, const struct table_slot *slot, int64_t deadline_ms)
{
    struct database *database = sweep->database;
    struct entry *entry = table_slot_entry(slot);
    bool plain = table_slot_is_plain(slot);
    size_t bytes = plain ? block_size(entry) : entry_real_size(entry);
    if (slot_mark(slot) & ADAPTIVE_IN_RING) adaptive_resized(database->adaptive, bytes, 0);
    sweep->absent += !plain && entry_layout_type(entry) == ENTRY_ABSENT;
    if (__builtin_expect(!plain && entry_is_dressed(entry), 0)) take_off_dress(sweep, entry);
    sweep->with_times += !plain && entry_has_timed_elements(entry);
    sweep->len++;
    sweep->bytes += bytes;
    if (deadline_ms != ENTRY_NO_DEADLINE) {
        sweep->timed++;
        sweep->deadline_sum += (unsigned __int128)deadline_ms;
    }
    if (plain)
        block_free(entry, bytes);
    else
        shard_free_entry(sweep->shard, entry, bytes);
}

static void expire_due(void *context, const struct table_slot *slot, int64_t deadline_ms)
{
    struct sweep *sweep = context;
    if (sweep->tells) announce(sweep->shard, sweep->db, table_slot_entry(slot));
    take_out(sweep, slot, deadline_ms);
}

static void tell_stale(void *context, const struct table_slot *slot)
{
    struct sweep *sweep = context;
    struct slice name = entry_layout_key(table_slot_entry(slot));
    struct key key = { .name = name, .hash = key_hash(sweep->shard->options.hash_seed, name) };
    if (sweep->tells) shard_announce(sweep->shard, sweep->db, key, EVENT_STALE);
}

static void remove_empty(void *context, const struct table_slot *slot, int64_t deadline_ms)
{
    struct sweep *sweep = context;
    sweep->emptied++;
    take_out(sweep, slot, deadline_ms);
}

/* Elements of one value that go before others are looked at. */
#define ELEMENTS_MAX 64

static struct table_relief relieve(void *context, struct table_slot *slot)
{
    struct sweep *sweep = context;
    uint64_t hash = key_hash(sweep->shard->options.hash_seed, entry_layout_key(table_slot_entry(slot)));
    return shard_relieve(sweep->shard, sweep->db, hash, slot, ELEMENTS_MAX);
}

static void count_expired(const struct sweep *sweep)
{
    struct database *database = sweep->database;
    counter_add(&sweep->shard->expired, sweep->len - sweep->emptied);
    counter_add(&database->len, -sweep->len);
    counter_add(&database->deadlines, -sweep->timed);
    counter_add(&database->absent, -sweep->absent);
    counter_add(&database->dressed, -sweep->dressed);
    counter_add(&database->with_times, -sweep->with_times);
    counter_add(&database->hidden, -sweep->absent - sweep->dressed);
    database->deadline_sum -= sweep->deadline_sum;
    shard_charge(sweep->shard, database, sweep->bytes, 0);
}

/* Returns what is left of `limit`, 0 when there may be more to do. */
static size_t sweep_database(struct shard *shard, unsigned db, int64_t now_ms, size_t limit)
{
    struct database *database = shard_database(shard, db);
    struct sweep sweep = { .shard = shard, .database = database, .db = db, .tells = shard_tells(shard) };
    struct table_expirer expirer = { .expire = expire_due,
                                     .relieve = relieve,
                                     .wane = tell_stale,
                                     .remove = remove_empty,
                                     .context = &sweep,
                                     .sees_all = sweep.tells };
    size_t work;
    while (limit > 0 && (work = table_sweep(database->table, shard_last_past_ms(now_ms), &expirer)) > 0)
        limit -= work < limit ? work : limit;
    count_expired(&sweep);
    limit -= table_fit(database->table, limit);
    shard_settle(shard, database);
    return limit;
}

bool shard_sweep(struct shard *shard, int64_t now_ms, size_t limit)
{
    shard->now_ms = now_ms;
    unsigned first = database_set_next_round(shard->used, shard->sweep_from);
    if (first == shard->options.databases) return false;
    unsigned db = first;
    do {
        unsigned next = database_set_next_round(shard->used, db + 1);
        if (shard->databases[db].table != NULL) limit = sweep_database(shard, db, now_ms, limit);
        if (limit == 0) {
            /* The next one first, next time: a busy database does not starve the others. */
            shard->sweep_from = next;
            return true;
        }
        db = next;
    } while (db != first);
    return false;
}

static uint64_t draw(void *evictor)
{
    return evictor_random(evictor);
}

size_t shard_count_stale(struct shard *shard, unsigned db, int64_t now_ms, size_t samples)
{
    struct database *database = shard_database(shard, db);
    size_t stale = 0;
    if (counter_get(&database->deadlines) == 0) return 0;
    for (; samples > 0; samples--) {
        struct entry *entry = table_sample(database->table, draw, &shard->evictor);
        if (!entry_has_deadline(entry)) continue;
        uint64_t hash = key_hash(shard->options.hash_seed, entry_layout_key(entry));
        stale += table_is_due(database->table, hash, table_find_entry(database->table, hash, entry), now_ms);
    }
    return stale;
}

int64_t shard_next_due_ms(const struct shard *shard)
{
    int64_t next_ms = INT64_MAX;
    DATABASE_SET_EACH(shard->used, db)
    {
        const struct table *table = shard->databases[db].table;
        if (table == NULL) continue;
        int64_t due_ms = table_next_due_ms(table);
        if (due_ms < next_ms) next_ms = due_ms;
    }
    return next_ms < INT64_MAX ? next_ms + 1 : next_ms;
}

int64_t shard_average_ttl_ms(const struct shard *shard, unsigned db, int64_t now_ms)
{
    const struct database *database = &shard->databases[db];
    uint64_t deadlines = counter_get(&database->deadlines);
    if (deadlines == 0) return 0;
    __int128 left_ms = (__int128)database->deadline_sum - (__int128)now_ms * (__int128)deadlines;
    return left_ms > 0 ? (int64_t)(left_ms / (__int128)deadlines) : 0;
}
