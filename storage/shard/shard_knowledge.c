#include "storage/shard/shard.h"

#include "storage/entry/entry_making.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table_layout.h"

enum shard_knowledge shard_know(struct shard *shard, unsigned db, struct key key, int64_t now_ms)
{
    struct database *database = shard_database(shard, db);
    shard->now_ms = now_ms;
    struct table_slot *slot = database->table != NULL ? table_find(database->table, key) : NULL;
    if (slot == NULL) return SHARD_UNKNOWN;
    const struct entry *entry = table_slot_entry(slot);
    if (!entry_has_deadline(entry)) return SHARD_KNOWN;
    if (table_is_due(database->table, key.hash, slot, now_ms)) return SHARD_UNKNOWN;
    return entry_layout_type(entry) == ENTRY_ABSENT ? SHARD_KNOWN_ABSENT : SHARD_KNOWN;
}

bool shard_keeps(const struct shard *shard, unsigned db, struct key key)
{
    struct table *table = shard->databases[db].table;
    return table != NULL && table_find(table, key) != NULL;
}

/* It is made as a string is, and then turned into what it stands for: the deadline is there by then, so that
 * nobody ever meets one without. */
void shard_put_absent(struct shard *shard, unsigned db, struct key key, int64_t deadline_ms)
{
    struct database *database = shard_database(shard, db);
    struct entry *entry = shard_replace_string(shard, db, key, SLICE(""), deadline_ms);
    INVARIANT(entry_has_deadline(entry));
    entry->kind = (uint8_t)((entry->kind & ~ENTRY_TYPE_MASK) | ENTRY_ABSENT);
    table_slot_set(table_find_entry(database->table, key.hash, entry), entry);
    shard_count_hidden(shard, database, entry, 1);
}

__attribute__((noinline, cold)) bool shard_forget(struct shard *shard, unsigned db, struct key key)
{
    struct database *database = shard_database(shard, db);
    struct table_slot *slot = database->table != NULL ? table_find(database->table, key) : NULL;
    if (slot == NULL) return false;
    shard_discard(shard, database, key.hash, slot);
    return true;
}

struct known_visit {
    void (*visit)(void *context, struct entry *entry);
    void *context;
};

static void visit_known(void *context, struct entry *entry, int64_t deadline_ms)
{
    struct known_visit *known = context;
    (void)deadline_ms;
    known->visit(known->context, entry);
}

uint64_t shard_each_known(struct shard *shard, unsigned db, uint64_t cursor,
                          void (*visit)(void *context, struct entry *entry), void *context)
{
    struct database *database = shard_database(shard, db);
    if (database->table == NULL) return 0;
    struct known_visit known = { .visit = visit, .context = context };
    return table_scan(database->table, cursor, visit_known, &known);
}
