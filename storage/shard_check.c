#include <stdlib.h>

#include "proto/base/alloc.h"
#include "storage/entry_making.h"
#include "storage/shard_state.h"
#include "storage/table_layout.h"

/* All tokens of a wheel, sorted, to look entries' own up in. */
struct token_list {
    uint64_t *tokens;
    size_t len;
};

static void collect(void *context, uint64_t token)
{
    struct token_list *list = context;
    list->tokens[list->len++] = token;
}

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static struct token_list tokens_of(const struct wheel *wheel)
{
    struct token_list list = { 0 };
    if (wheel == NULL) return list;
    wheel_check(wheel);
    list.tokens = alloc_bytes(wheel_len(wheel) * sizeof *list.tokens);
    wheel_each(wheel, collect, &list);
    INVARIANT(list.len == wheel_len(wheel));
    qsort(list.tokens, list.len, sizeof *list.tokens, by_value);
    return list;
}

struct tally {
    uint64_t hash_seed;
    const struct token_list *tokens;
    size_t len, deadlines, with_token, bytes;
    unsigned __int128 deadline_sum;
};

static void count(void *context, struct entry *entry)
{
    struct tally *tally = context;
    tally->len++;
    tally->bytes += entry_real_size(entry);
    int64_t deadline_ms = entry_deadline_ms(entry);
    if (deadline_ms == ENTRY_NO_DEADLINE) return;
    tally->deadlines++;
    tally->deadline_sum += (unsigned __int128)deadline_ms;
    INVARIANT(entry_has_token(entry) == (deadline_ms <= ENTRY_NEAR_DEADLINE_MAX));
    if (!entry_has_token(entry)) return;

    tally->with_token++;
    uint64_t hash = key_hash(tally->hash_seed, entry_key(entry));
    uint64_t token = hash << ENTRY_TOKEN_BITS | entry_token_name(entry);
    INVARIANT(bsearch(&token, tally->tokens->tokens, tally->tokens->len, sizeof token, by_value) != NULL);
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

static void check_database(const struct shard *shard, const struct database *database)
{
    struct token_list tokens = tokens_of(database->wheel);
    struct tally tally = { .hash_seed = shard->options.hash_seed, .tokens = &tokens };
    size_t charged = database->wheel != NULL ? wheel_bytes(database->wheel) : 0;
    charged += adaptive_bytes(database->adaptive);
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
    INVARIANT(tally.with_token == database->tokens);
    INVARIANT(tally.with_token <= tokens.len);
    INVARIANT(tally.bytes == database->entry_bytes);
    INVARIANT(charged == database->charged);
    check_ring(database);
    alloc_free(tokens.tokens);
}

void shard_check(const struct shard *shard)
{
    size_t entry_bytes = 0, bytes = 0;
    for (unsigned db = 0; db < shard->options.databases; db++) {
        const struct database *database = &shard->databases[db];
        check_database(shard, database);
        entry_bytes += database->entry_bytes;
        bytes += database->entry_bytes + database->charged;
    }
    INVARIANT(entry_bytes == counter_get(&shard->entry_bytes));
    INVARIANT(bytes == counter_get(&shard->bytes));
}
