#include "server/observe/keys/prefix_hits.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "storage/table/key.h"

#define ROWS         32
#define WAYS         (PREFIX_HITS / ROWS)
#define HALF_LIFE_MS 60000

struct hits_of_loop {
    pthread_mutex_t lock;
    struct prefix_rule rule;
    int64_t halved_ms;
    struct prefix_hit_totals totals;
    struct prefix_hit hits[PREFIX_HITS]; /* row by row; `recent` of a free one is 0, and so are its hits */
};

struct prefix_hits {
    unsigned loops;
    uint64_t hash_seed;
    struct hits_of_loop of[];
};

struct prefix_hits *prefix_hits_create(unsigned loops, uint64_t hash_seed, const struct prefix_rule *rule)
{
    struct prefix_hits *all = alloc_zeroed(sizeof *all + loops * sizeof all->of[0]);
    all->loops = loops;
    all->hash_seed = hash_seed;
    for (unsigned i = 0; i < loops; i++) {
        pthread_mutex_init(&all->of[i].lock, NULL);
        all->of[i].rule = *rule;
    }
    return all;
}

void prefix_hits_destroy(struct prefix_hits **all)
{
    if (*all == NULL) return;
    for (unsigned i = 0; i < (*all)->loops; i++) pthread_mutex_destroy(&(*all)->of[i].lock);
    alloc_free(*all);
    *all = NULL;
}

uint64_t prefix_hits_hash(const struct prefix_hits *all, struct slice prefix)
{
    return key_hash(all->hash_seed, prefix);
}

static bool is_it(const struct prefix_hit *hit, struct slice prefix, uint64_t hash)
{
    return hit->hash == hash && slice_equal(slice_of(hit->name, hit->len), prefix);
}

static struct prefix_hit *get(struct hits_of_loop *own, struct slice prefix, uint64_t hash)
{
    struct prefix_hit *row = &own->hits[(hash >> 32) % ROWS * WAYS], *least = row;
    for (size_t i = 0; i < WAYS; i++) {
        if (row[i].hits + row[i].misses > 0 && is_it(&row[i], prefix, hash)) return &row[i];
        if (row[i].recent < least->recent) least = &row[i];
    }
    /* The count that it goes on from keeps a newcomer from being the next to go. */
    *least = (struct prefix_hit){ .hash = hash, .recent = least->recent, .len = prefix.len };
    memcpy(least->name, prefix.data, prefix.len);
    return least;
}

void prefix_hits_add(struct prefix_hits *all, unsigned loop, struct slice name, uint64_t hits,
                     uint64_t misses)
{
    struct hits_of_loop *own = &all->of[loop];
    pthread_mutex_lock(&own->lock);
    struct slice prefix = prefix_of(&own->rule, name);
    struct prefix_hit *hit = get(own, prefix, prefix_hits_hash(all, prefix));
    hit->recent += hits + misses;
    hit->hits += hits;
    hit->misses += misses;
    own->totals.hits += hits;
    own->totals.misses += misses;
    pthread_mutex_unlock(&own->lock);
}

static void begin_anew(struct hits_of_loop *own, const struct prefix_rule *rule)
{
    own->rule = *rule;
    own->totals = (struct prefix_hit_totals){ 0 };
    memset(own->hits, 0, sizeof own->hits);
}

void prefix_hits_age(struct prefix_hits *all, unsigned loop, int64_t now_ms, const struct prefix_rule *rule)
{
    struct hits_of_loop *own = &all->of[loop];
    pthread_mutex_lock(&own->lock);
    if (!prefix_rule_equal(&own->rule, rule)) begin_anew(own, rule);
    if (own->halved_ms == 0) own->halved_ms = now_ms; /* counting has just begun */
    if (now_ms - own->halved_ms >= HALF_LIFE_MS) {
        own->halved_ms = now_ms;
        for (size_t i = 0; i < PREFIX_HITS; i++) own->hits[i].recent /= 2;
    }
    pthread_mutex_unlock(&own->lock);
}

static void merge(struct prefix_hit *all, size_t *len, const struct prefix_hit *hit)
{
    for (size_t i = 0; i < *len; i++) {
        if (!is_it(&all[i], slice_of(hit->name, hit->len), hit->hash)) continue;
        all[i].recent += hit->recent;
        all[i].hits += hit->hits;
        all[i].misses += hit->misses;
        return;
    }
    all[(*len)++] = *hit;
}

static void merge_loop(struct prefix_hit *all, size_t *len, struct hits_of_loop *own,
                       struct prefix_hit_totals *totals)
{
    pthread_mutex_lock(&own->lock);
    totals->hits += own->totals.hits;
    totals->misses += own->totals.misses;
    for (size_t i = 0; i < PREFIX_HITS; i++)
        if (own->hits[i].hits + own->hits[i].misses > 0) merge(all, len, &own->hits[i]);
    pthread_mutex_unlock(&own->lock);
}

static int most_first(const void *left, const void *right)
{
    const struct prefix_hit *a = left, *b = right;
    uint64_t of_a = a->hits + a->misses, of_b = b->hits + b->misses;
    if (of_a != of_b) return of_a < of_b ? 1 : -1;
    return a->hash < b->hash ? 1 : a->hash > b->hash ? -1 : 0;
}

size_t prefix_hits_top(struct prefix_hits *all, struct prefix_hit *out, size_t most,
                       struct prefix_hit_totals *totals)
{
    struct prefix_hit *merged = alloc_bytes(all->loops * PREFIX_HITS * sizeof *merged);
    size_t len = 0;
    *totals = (struct prefix_hit_totals){ 0 };
    for (unsigned i = 0; i < all->loops; i++) merge_loop(merged, &len, &all->of[i], totals);
    qsort(merged, len, sizeof *merged, most_first);
    if (len > most) len = most;
    memcpy(out, merged, len * sizeof *merged);
    alloc_free(merged);
    return len;
}

void prefix_hits_reset(struct prefix_hits *all)
{
    for (unsigned i = 0; i < all->loops; i++) {
        struct hits_of_loop *own = &all->of[i];
        struct prefix_rule rule;
        pthread_mutex_lock(&own->lock);
        rule = own->rule;
        begin_anew(own, &rule);
        pthread_mutex_unlock(&own->lock);
    }
}
