#include "storage/entry/entry_making.h"
#include "storage/shard/shard_state.h"
#include "storage/table/table_layout.h"
#include "storage/types/blocks/value.h"

struct tally {
    size_t len, deadlines, bytes, absent, dressed, with_times;
    unsigned __int128 deadline_sum;
    uint64_t seed;
};

static void check_value(const struct entry *entry, uint64_t seed)
{
    const struct value_type *type = entry_value_type(entry);
    if (type == NULL) return;
    struct value value = { .type = type, .limits = &value_limits_default, .seed = seed };
    if (entry_is_rooted(entry)) {
        value.root = entry_root(entry);
    } else {
        struct slice packed = entry_packed(entry);
        value.packed = (char *)(uintptr_t)packed.data;
        value.packed_len = packed.len;
    }
    type->check(&value);
    INVARIANT(type->len(&value) > 0);
}

static void count(void *context, struct entry *entry, int64_t deadline_ms)
{
    struct tally *tally = context;
    tally->len++;
    check_value(entry, tally->seed);
    tally->bytes += entry_real_size(entry);
    INVARIANT(entry_has_deadline(entry) == (deadline_ms != ENTRY_NO_DEADLINE));
    INVARIANT(entry_has_deadline(entry) || !entry_is_far(entry));
    INVARIANT(!entry_has_timed_elements(entry) || entry_is_far(entry) == entry_has_deadline(entry));
    INVARIANT(entry_has_deadline(entry) || entry_layout_type(entry) != ENTRY_ABSENT);
    tally->absent += entry_layout_type(entry) == ENTRY_ABSENT;
    tally->dressed += entry_is_dressed(entry);
    tally->with_times += entry_has_timed_elements(entry);
    INVARIANT(!entry_is_dressed(entry) || entry_layout_type(entry) == ENTRY_STRING);
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    tally->deadlines++;
    tally->deadline_sum += (unsigned __int128)deadline_ms;
}

/* One round of a hand that starts at the beginning meets every slot once. */
static void check_ring(const struct database *database)
{
    size_t len = 0, bytes = 0;
    struct table_hand hand = { 0 };
    for (size_t i = 0; database->table != NULL && i < table_len(database->table); i++) {
        const struct table_slot *slot = table_walk(database->table, &hand);
        if (!(slot_mark(slot) & ADAPTIVE_IN_RING)) continue;
        len++;
        bytes += entry_real_size(table_slot_entry(slot));
    }
    const struct adaptive *adaptive = database->adaptive;
    INVARIANT(len == (adaptive != NULL ? adaptive->ring_len : 0));
    INVARIANT(bytes == (adaptive != NULL ? adaptive->ring_bytes : 0));
}

static void check_database(const struct database *database, uint64_t seed)
{
    struct tally tally = { .seed = seed };
    size_t charged = adaptive_bytes(database->adaptive);
    if (database->table != NULL) {
        table_check(database->table);
        charged += table_bytes(database->table);
        uint64_t cursor = 0;
        do cursor = table_scan(database->table, cursor, count, &tally);
        while (cursor != 0);
    }
    INVARIANT(tally.len == counter_get(&database->len));
    INVARIANT(tally.deadlines == counter_get(&database->deadlines));
    INVARIANT(tally.deadline_sum == database->deadline_sum);
    INVARIANT(tally.bytes == database->entry_bytes);
    INVARIANT(tally.absent == counter_get(&database->absent));
    INVARIANT(tally.dressed == counter_get(&database->dressed));
    INVARIANT(tally.with_times == counter_get(&database->with_times));
    INVARIANT(tally.absent + tally.dressed == counter_get(&database->hidden));
    INVARIANT(charged == database->charged);
    check_ring(database);
}

void shard_check(const struct shard *shard)
{
    size_t entry_bytes = 0, bytes = shard->beside;
    DATABASE_SET_EACH(shard->used, db)
    {
        const struct database *database = &shard->databases[db];
        check_database(database, shard->options.hash_seed);
        entry_bytes += database->entry_bytes;
        bytes += database->entry_bytes + database->charged;
    }
    INVARIANT(entry_bytes == counter_get(&shard->entry_bytes));
    INVARIANT(bytes == counter_get(&shard->bytes));
}
