#include "storage/shard.h"

#include "storage/entry_layout.h"
#include "storage/shard_state.h"

/* Dead tokens that are let be, beyond as many as live ones; and one in so many added tokens pays for a look
 * at some thirty others while there are more. That finds dead ones faster than they can be made. */
#define DEAD_TOKENS_MIN 256
#define PURGE_EACH      8

static struct table_slot *find_named(struct database *database, uint64_t token)
{
    struct table_slot *slot = NULL;
    uint64_t hash = wheel_token_hash(token);
    while ((slot = table_next_candidate(database->table, hash, slot)) != NULL) {
        const struct entry *entry = table_slot_entry(slot);
        if (entry_has_token(entry) && entry_token_name(entry) == wheel_token_name(token)) return slot;
    }
    return NULL;
}

static void prefetch(const struct table *table, const struct wheel_batch *batch)
{
    for (size_t i = 0; i < batch->len; i++) table_prefetch_bucket(table, wheel_token_hash(batch->tokens[i]));
    for (size_t i = 0; i < batch->len; i++) table_prefetch_entry(table, wheel_token_hash(batch->tokens[i]));
}

static void purge(struct database *database)
{
    struct wheel_batch batch;
    wheel_take_suspects(database->wheel, &batch);
    prefetch(database->table, &batch);
    for (size_t i = 0; i < batch.len; i++) {
        if (find_named(database, batch.tokens[i]) != NULL) wheel_put_back(database->wheel, batch.tokens[i]);
    }
}

void shard_suspects(struct database *database, void (*visit)(void *context, struct table_slot *slot),
                    void *context)
{
    if (database->wheel == NULL || wheel_len(database->wheel) == 0) return;
    struct wheel_batch batch;
    wheel_take_suspects(database->wheel, &batch);
    prefetch(database->table, &batch);
    for (size_t i = 0; i < batch.len; i++) {
        struct table_slot *slot = find_named(database, batch.tokens[i]);
        if (slot == NULL) continue;
        wheel_put_back(database->wheel, batch.tokens[i]);
        visit(context, slot);
    }
}

static uint32_t add_token(struct shard *shard, struct database *database, uint64_t hash, int64_t deadline_ms)
{
    if (database->wheel == NULL) database->wheel = wheel_create();
    /* An empty one may start anew. Not before: names of the live ones would change their meaning. */
    if (wheel_len(database->wheel) == 0) wheel_start(database->wheel, shard->now_ms);
    return wheel_add(database->wheel, hash, deadline_ms);
}

struct old_token shard_take_deadline(struct database *database, const struct entry *entry)
{
    int64_t deadline_ms = entry_layout_deadline_ms(entry);
    if (deadline_ms == ENTRY_NO_DEADLINE) return (struct old_token){ 0 };
    counter_add(&database->deadlines, (uint64_t)-1);
    database->deadline_sum -= (unsigned __int128)deadline_ms;
    if (!entry_has_token(entry)) return (struct old_token){ 0 };
    return (struct old_token){ .exists = true, .name = entry_token_name(entry) };
}

static void set_near(struct entry *entry, int64_t deadline_ms, uint32_t token_name)
{
    entry->kind &= (uint8_t)~ENTRY_FAR;
    entry_set_deadline_word(entry, (uint64_t)deadline_ms << ENTRY_TOKEN_BITS | token_name);
}

static void set_far(struct entry *entry, int64_t deadline_ms)
{
    entry->kind |= ENTRY_FAR;
    entry_set_deadline_word(entry, (uint64_t)deadline_ms);
}

void shard_give_deadline(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                         int64_t deadline_ms, struct old_token old)
{
    database->tokens -= old.exists;
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    /* Before 1970 or at its start is all the same: past. */
    if (deadline_ms < 0) deadline_ms = 0;
    counter_add(&database->deadlines, 1);
    database->deadline_sum += (unsigned __int128)deadline_ms;
    if (deadline_ms > ENTRY_NEAR_DEADLINE_MAX) {
        set_far(entry, deadline_ms);
        return;
    }

    database->tokens++;
    if (old.exists && wheel_covers(database->wheel, old.name, deadline_ms)) {
        set_near(entry, deadline_ms, old.name);
        return;
    }
    set_near(entry, deadline_ms, add_token(shard, database, hash, deadline_ms));
    bool crowded = wheel_len(database->wheel) > 2 * database->tokens + DEAD_TOKENS_MIN;
    if (crowded && ++database->purge_turn % PURGE_EACH == 0) purge(database);
    shard_settle(shard, database);
}

void shard_expire(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot)
{
    const struct change_sink *changes = &shard->options.changes;
    counter_add(&shard->expired, 1);
    if (changes->expired != NULL)
        changes->expired(changes->context, db, entry_layout_key(table_slot_entry(slot)));
    shard_discard(shard, shard_database(shard, db), hash, slot);
}

/* Whoever is named by the token: mostly one, more when 44 bits of their hashes are equal. */
static void fire(struct shard *shard, unsigned db, uint64_t token, int64_t now_ms)
{
    struct database *database = shard_database(shard, db);
    uint64_t hash = wheel_token_hash(token);
    struct table_slot *slot;
    while ((slot = find_named(database, token)) != NULL) {
        struct entry *entry = table_slot_entry(slot);
        int64_t deadline_ms = entry_layout_deadline_ms(entry);
        if (deadline_ms <= now_ms)
            shard_expire(shard, db, hash, slot);
        else
            set_near(entry, deadline_ms, wheel_add(database->wheel, hash, deadline_ms));
    }
}

/* Returns what is left of `limit`, 0 when there may be more to do. */
static size_t sweep_database(struct shard *shard, unsigned db, int64_t now_ms, size_t limit)
{
    struct database *database = shard_database(shard, db);
    struct wheel_batch batch;
    while (limit > 0 && wheel_turn(database->wheel, now_ms, &batch)) {
        prefetch(database->table, &batch);
        for (size_t i = 0; i < batch.len; i++) fire(shard, db, batch.tokens[i], now_ms);
        limit -= batch.work < limit ? batch.work : limit;
    }
    shard_settle(shard, database);
    return limit;
}

bool shard_sweep(struct shard *shard, int64_t now_ms, size_t limit)
{
    shard->now_ms = now_ms;
    unsigned databases = shard->options.databases;
    for (unsigned i = 0; i < databases; i++) {
        unsigned db = (shard->sweep_from + i) % databases;
        if (shard->databases[db].wheel == NULL) continue;
        limit = sweep_database(shard, db, now_ms, limit);
        if (limit == 0) {
            /* The next one first, next time: a busy database does not starve the others. */
            shard->sweep_from = (db + 1) % databases;
            return shard_next_due_ms(shard) <= now_ms;
        }
    }
    return false;
}

int64_t shard_next_due_ms(const struct shard *shard)
{
    int64_t next_ms = INT64_MAX;
    for (unsigned db = 0; db < shard->options.databases; db++) {
        const struct wheel *wheel = shard->databases[db].wheel;
        if (wheel == NULL) continue;
        int64_t due_ms = wheel_next_ms(wheel);
        if (due_ms < next_ms) next_ms = due_ms;
    }
    return next_ms;
}

int64_t shard_average_ttl_ms(const struct shard *shard, unsigned db, int64_t now_ms)
{
    const struct database *database = &shard->databases[db];
    uint64_t deadlines = counter_get(&database->deadlines);
    if (deadlines == 0) return 0;
    __int128 left_ms = (__int128)database->deadline_sum - (__int128)now_ms * (__int128)deadlines;
    return left_ms > 0 ? (int64_t)(left_ms / (__int128)deadlines) : 0;
}
