#include "server/events/walk/tally.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/core/server.h"
#include "server/events/walk/tally_round.h"
#include "server/events/walk/tally_state.h"
#include "server/observe/keys/prefix_hits.h"
#include "server/observe/keys/prefix_sums.h"
#include "storage/entry/entry.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/rank.h"
#include "storage/shard/shard.h"
#include "storage/table/key.h"
#include "storage/table/table.h"

#define WANTED_MS    60000
#define PAUSE_MIN_MS 1000
#define PAUSE_FACTOR 20
#define SHORT_MS     5
#define SEEDS        100 /* of the largest, and of those that are asked for most */

struct tally *tally_create(void)
{
    struct tally *tally = ALLOC_NEW(struct tally);
    pthread_mutex_init(&tally->lock, NULL);
    return tally;
}

void tally_destroy(struct tally **tally)
{
    pthread_mutex_destroy(&(*tally)->lock);
    alloc_free((*tally)->making);
    alloc_free((*tally)->made);
    alloc_free(*tally);
    *tally = NULL;
}

void tally_want(struct tally *tally, int64_t now_ms)
{
    atomic_store(&tally->wanted_until_ms, now_ms + WANTED_MS);
}

static bool has_rested(struct tally *tally, int64_t now_ms, int64_t least_ms)
{
    int64_t ended_ms = atomic_load(&tally->ended_ms);
    int64_t pause_ms = PAUSE_FACTOR * (int64_t)atomic_load(&tally->round_ms);
    if (pause_ms < least_ms) pause_ms = least_ms;
    return ended_ms == 0 || now_ms - ended_ms >= pause_ms || now_ms < ended_ms;
}

/* A short round is made for every question. */
bool tally_is_old(struct tally *tally, int64_t now_ms)
{
    return atomic_load(&tally->round_ms) <= SHORT_MS || has_rested(tally, now_ms, 0);
}

bool tally_is_due(struct tally *tally, int64_t now_ms)
{
    if (tally_is_waited_for(tally)) return true;
    return atomic_load(&tally->wanted_until_ms) > now_ms && has_rested(tally, now_ms, PAUSE_MIN_MS);
}

void tally_wait(struct tally *tally, uint64_t round)
{
    uint64_t last = atomic_load(&tally->awaited);
    while (round > last && !atomic_compare_exchange_weak(&tally->awaited, &last, round)) {}
}

bool tally_is_waited_for(struct tally *tally)
{
    return atomic_load(&tally->awaited) > atomic_load(&tally->rounds);
}

uint64_t tally_rounds(struct tally *tally)
{
    return atomic_load(&tally->rounds);
}

struct prefix_rule tally_rule(struct server *server)
{
    struct buffer delimiter = { 0 };
    settings_copy_text(server->settings, TEXT_CACHE_PREFIX_DELIMITER, &delimiter);
    unsigned depth = (unsigned)SETTING(server->settings, cache_prefix_depth);
    struct prefix_rule rule = prefix_rule_make(buffer_slice(&delimiter), depth);
    buffer_clear(&delimiter);
    return rule;
}

/* Those that are large, or seemed to be, have their rows before others come. */
static void seed_large(struct prefix_sums *sums, const struct prefix_sums *before)
{
    const struct prefix_row *top[SEEDS];
    size_t len = prefix_sums_top(before, top, SEEDS);
    for (size_t i = 0; i < len; i++) prefix_sums_seed(sums, prefix_row_name(top[i]), top[i]->hash);
    for (size_t i = 0; i < PREFIX_CANDIDATES; i++) {
        const struct prefix_row *row = &before->candidates[i];
        if (row->bytes > 0) prefix_sums_seed(sums, prefix_row_name(row), row->hash);
    }
}

static void seed_wanted(struct prefix_sums *sums, struct prefix_hits *hits)
{
    struct prefix_hit top[SEEDS];
    struct prefix_hit_totals totals;
    size_t len = prefix_hits_top(hits, top, SEEDS, &totals);
    for (size_t i = 0; i < len; i++) prefix_sums_seed(sums, slice_of(top[i].name, top[i].len), top[i].hash);
}

void tally_begin(struct server *server, int64_t now_ms)
{
    struct tally *tally = server->tally;
    struct prefix_rule rule = tally_rule(server);
    leaf_lock(&tally->lock);
    if (tally->making == NULL) tally->making = ALLOC_NEW(struct tally_sums);
    struct tally_sums *making = tally->making;
    prefix_sums_clear(&making->prefixes);
    making->rule = rule;
    making->len = 0;
    making->least = 0;
    if (tally->made != NULL && prefix_rule_equal(&tally->made->rule, &rule))
        seed_large(&making->prefixes, &tally->made->prefixes);
    leaf_unlock(&tally->lock);
    seed_wanted(&making->prefixes, server->prefix_hits);
    tally->seed = keyspace_seed(server->keyspace);
    tally->began_ms = now_ms;
}

void tally_end(struct tally *tally, int64_t now_ms)
{
    leaf_lock(&tally->lock);
    struct tally_sums *made = tally->made;
    tally->made = tally->making;
    tally->making = made;
    leaf_unlock(&tally->lock);
    atomic_store(&tally->round_ms, (uint64_t)(now_ms - tally->began_ms));
    atomic_store(&tally->ended_ms, now_ms);
    atomic_fetch_add(&tally->rounds, 1);
}

static void put_in_heap(void *context, struct entry *entry)
{
    struct tally_meeting *meeting = context;
    if (meeting->heap->len == TALLY_HEAP) tally_heap_finish(meeting->tally, meeting->heap, meeting->db);
    __builtin_prefetch(entry);
    meeting->heap->entries[meeting->heap->len++] = entry;
}

uint64_t tally_meet(struct tally *tally, struct tally_heap *heap, struct shard *shard, unsigned db,
                    uint64_t cursor)
{
    struct tally_meeting meeting = { .tally = tally, .heap = heap, .db = db };
    return shard_each_known(shard, db, cursor, put_in_heap, &meeting);
}

static void find_least(struct tally_sums *sums)
{
    sums->least = 0;
    for (size_t i = 1; i < sums->len; i++)
        if (sums->big[i].bytes < sums->big[sums->least].bytes) sums->least = i;
}

/* An entry may be met twice while the table shrinks. */
static void keep_big(struct tally_sums *sums, const struct tally_candidate *candidate)
{
    for (size_t i = 0; i < sums->len; i++)
        if (sums->big[i].hash == candidate->hash && sums->big[i].db == candidate->db) return;
    if (sums->len < TALLY_BIG)
        sums->big[sums->len++] = *candidate;
    else
        sums->big[sums->least] = *candidate;
    find_least(sums);
}

static void add(struct tally *tally, const struct entry *entry, struct slice prefix, uint64_t hash,
                struct tally_candidate *candidate)
{
    struct tally_sums *sums = tally->making;
    bool is_key = entry_type(entry) != ENTRY_ABSENT;
    prefix_sums_add(&sums->prefixes, prefix, hash, is_key, candidate->bytes);
    if (!is_key || (sums->len == TALLY_BIG && candidate->bytes <= sums->big[sums->least].bytes)) return;
    candidate->hash = key_hash(tally->seed, entry_key(entry));
    keep_big(sums, candidate);
}

/* What can be worked out without the lock, which all loops want, is. */
void tally_heap_finish(struct tally *tally, struct tally_heap *heap, unsigned db)
{
    struct slice prefixes[TALLY_HEAP];
    uint64_t hashes[TALLY_HEAP];
    struct tally_candidate candidates[TALLY_HEAP];
    for (size_t i = 0; i < heap->len; i++) {
        prefixes[i] = prefix_of(&tally->making->rule, entry_key(heap->entries[i]));
        hashes[i] = key_hash(tally->seed, prefixes[i]);
        candidates[i] =
            (struct tally_candidate){ .db = db,
                                      .bytes = entry_real_size(heap->entries[i]) + TABLE_SLOT_BYTES };
    }
    leaf_lock(&tally->lock);
    for (size_t i = 0; i < heap->len; i++)
        add(tally, heap->entries[i], prefixes[i], hashes[i], &candidates[i]);
    leaf_unlock(&tally->lock);
    heap->len = 0;
}

struct tally_stats tally_stats(struct tally *tally)
{
    struct tally_stats stats = { .rounds = atomic_load(&tally->rounds),
                                 .round_ms = atomic_load(&tally->round_ms),
                                 .ended_ms = atomic_load(&tally->ended_ms) };
    leaf_lock(&tally->lock);
    if (tally->made != NULL) {
        stats.keys = tally->made->prefixes.keys;
        stats.bytes = tally->made->prefixes.bytes;
        for (size_t i = 0; i < tally->made->len; i++)
            if (tally->made->big[i].bytes > stats.largest) stats.largest = tally->made->big[i].bytes;
    }
    leaf_unlock(&tally->lock);
    return stats;
}
