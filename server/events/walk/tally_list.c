#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/server.h"
#include "server/events/walk/tally.h"
#include "server/events/walk/tally_state.h"
#include "server/observe/keys/prefix_hits.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/rank.h"
#include "storage/shard/shard_edit.h"
#include "storage/shard/shard_walk.h"
#include "storage/table/table.h"
#include "storage/types/blocks/value.h"

#define PREFIXES_EACH (TALLY_PREFIXES / 2)

static uint64_t length_of(const struct shard *shard, const struct entry *entry)
{
    const struct value_type *type = entry_value_type(entry);
    if (type == NULL) return entry_text_len(entry);
    struct value value;
    shard_read(&value, shard, entry, type, &value_limits_default);
    return value_len(&value);
}

static void note(struct tally_big *big, const struct shard *shard, const struct entry *entry, unsigned db)
{
    const struct value_type *type = entry_value_type(entry);
    struct slice name = entry_key(entry);
    big->keys[big->len++] = (struct tally_key){ .name_at = big->names.len,
                                                .name_len = name.len,
                                                .type = type != NULL ? type->name : "string",
                                                .bytes = entry_real_size(entry) + TABLE_SLOT_BYTES,
                                                .length = length_of(shard, entry),
                                                .db = db };
    buffer_append(&big->names, name.data, name.len);
}

/* As it is now, if it is still there. */
static void look_up(struct server *server, int64_t now_ms, const struct tally_candidate *candidate,
                    struct tally_big *big)
{
    struct access access;
    unsigned index = keyspace_shard_of(server->keyspace, candidate->hash);
    if (!access_open_at(&access, server->keyspace, index)) return;
    struct shard *shard = access_shard_at(&access, index);
    const struct entry *entry = shard_value_of_hash(shard, candidate->db, candidate->hash, now_ms);
    if (entry != NULL) note(big, shard, entry, candidate->db);
    access_close(&access);
}

static int largest_first(const void *left, const void *right)
{
    const struct tally_key *a = left, *b = right;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    return a->name_at > b->name_at ? 1 : -1;
}

void tally_list_big(struct server *server, int64_t now_ms, struct tally_big *big)
{
    struct tally *tally = server->tally;
    struct tally_candidate candidates[TALLY_BIG];
    size_t len = 0;
    leaf_lock(&tally->lock);
    if (tally->made != NULL) {
        len = tally->made->len;
        memcpy(candidates, tally->made->big, len * sizeof *candidates);
    }
    leaf_unlock(&tally->lock);
    big->names = (struct buffer){ 0 };
    big->len = 0;
    for (size_t i = 0; i < len; i++) look_up(server, now_ms, &candidates[i], big);
    qsort(big->keys, big->len, sizeof *big->keys, largest_first);
}

void tally_big_clear(struct tally_big *big)
{
    buffer_clear(&big->names);
    big->len = 0;
}

static void name_prefix(struct tally_prefix *prefix, struct slice name)
{
    prefix->len = name.len;
    memcpy(prefix->name, name.data, name.len);
}

static void add_sums(struct tally_prefix *prefix, const struct prefix_row *row)
{
    prefix->keys = row->keys;
    prefix->bytes = row->bytes;
}

static void list_large(struct tally_prefixes *prefixes, const struct prefix_sums *sums)
{
    const struct prefix_row *top[PREFIXES_EACH];
    size_t len = prefix_sums_top(sums, top, PREFIXES_EACH);
    for (size_t i = 0; i < len; i++) {
        struct tally_prefix *prefix = &prefixes->rows[prefixes->len++];
        *prefix = (struct tally_prefix){ 0 };
        name_prefix(prefix, prefix_row_name(top[i]));
        add_sums(prefix, top[i]);
    }
    prefixes->all.keys = sums->keys;
    prefixes->all.bytes = sums->bytes;
}

static struct tally_prefix *find(struct tally_prefixes *prefixes, struct slice name)
{
    for (size_t i = 0; i < prefixes->len; i++) {
        struct tally_prefix *prefix = &prefixes->rows[i];
        if (slice_equal(slice_of(prefix->name, prefix->len), name)) return prefix;
    }
    return NULL;
}

/* One that is asked for and has no row in sums that are full is among the rest; in others it has no keys. */
static void add_hits(struct tally_prefixes *prefixes, const struct prefix_sums *sums,
                     const struct prefix_hit *hit)
{
    struct slice name = slice_of(hit->name, hit->len);
    struct tally_prefix *prefix = find(prefixes, name);
    if (prefix == NULL) {
        const struct prefix_row *row = sums != NULL ? prefix_sums_find(sums, name, hit->hash) : NULL;
        if (row == NULL && sums != NULL && sums->is_full) return;
        prefix = &prefixes->rows[prefixes->len++];
        *prefix = (struct tally_prefix){ 0 };
        name_prefix(prefix, name);
        if (row != NULL) add_sums(prefix, row);
    }
    prefix->hits = hit->hits;
    prefix->misses = hit->misses;
}

static int most_bytes_first(const void *left, const void *right)
{
    const struct tally_prefix *a = left, *b = right;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? 1 : -1;
    uint64_t of_a = a->hits + a->misses, of_b = b->hits + b->misses;
    if (of_a != of_b) return of_a < of_b ? 1 : -1;
    size_t len = a->len < b->len ? a->len : b->len;
    int order = memcmp(a->name, b->name, len);
    return order != 0 ? order : (a->len > b->len) - (a->len < b->len);
}

/* Sums by another rule than that of the hits are not shown beside them. */
void tally_list_prefixes(struct server *server, struct tally_prefixes *prefixes)
{
    struct tally *tally = server->tally;
    struct prefix_hit_totals totals;
    struct prefix_hit *hits = alloc_bytes(PREFIX_HITS * sizeof *hits);
    size_t len = prefix_hits_top(server->prefix_hits, hits, PREFIXES_EACH, &totals);
    prefixes->len = 0;
    prefixes->rule = tally_rule(server);
    prefixes->all = (struct tally_prefix){ .hits = totals.hits, .misses = totals.misses };
    leaf_lock(&tally->lock);
    bool fits = tally->made != NULL && prefix_rule_equal(&tally->made->rule, &prefixes->rule);
    const struct prefix_sums *sums = fits ? &tally->made->prefixes : NULL;
    if (sums != NULL) list_large(prefixes, sums);
    for (size_t i = 0; i < len; i++) add_hits(prefixes, sums, &hits[i]);
    leaf_unlock(&tally->lock);
    alloc_free(hits);
    qsort(prefixes->rows, prefixes->len, sizeof *prefixes->rows, most_bytes_first);
}
