/*
 * budget.h - the bytes that all shards together may take, and by which rules they make room.
 *
 * There is one budget for the whole keyspace, so that it does not matter how unevenly keys are spread over
 * shards. Every shard reports what it is charged. Where there are several threads it gathers small changes
 * first, `grain_bytes` of them, since a word that all write to costs as much as an insert; `used_bytes` may
 * be off by that much for each shard.
 *
 * Threads: any, without a lock. Two fields that are changed together may be seen one before the other.
 */
#ifndef STORAGE_EVICT_BUDGET_H
#define STORAGE_EVICT_BUDGET_H

#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct evict_policy;

struct budget {
    /* Read by every write. */
    _Atomic size_t limit_bytes;                  /* 0: unlimited */
    _Atomic(const struct evict_policy *) policy; /* never NULL */
    _Atomic bool volatile_only;                  /* evict only what has a deadline */
    _Atomic uint32_t samples;                    /* candidates looked at per eviction, by those that sample */
    _Atomic uint32_t lfu_log_factor;
    _Atomic uint32_t lfu_decay_minutes;
    _Atomic size_t grain_bytes;
    _Atomic size_t
        buried_bytes; /* taken out of the shards and not yet freed (graveyard.h); not in `used_bytes` */
    bool one_shard;   /* fixed */

    alignas(64) _Atomic size_t used_bytes;
    _Atomic uint32_t turn; /* the shard above its share that evicts next for others */
};

/* How to evict; zero means the default where there is one. */
struct budget_rules {
    const struct evict_policy *policy; /* NULL: nothing is evicted */
    bool volatile_only;
    unsigned samples; /* 5 */
    unsigned lfu_log_factor;
    unsigned lfu_decay_minutes; /* 0: counters do not decay */
};

/* Unlimited, and nothing is evicted. */
void budget_init(struct budget *budget, bool one_shard);
void budget_set_rules(struct budget *budget, const struct budget_rules *rules);

static inline size_t budget_limit(const struct budget *budget)
{
    return atomic_load_explicit(&budget->limit_bytes, memory_order_relaxed);
}

/* 0: unlimited. */
void budget_set_limit(struct budget *budget, size_t limit_bytes);

static inline size_t budget_used(const struct budget *budget)
{
    size_t used = atomic_load_explicit(&budget->used_bytes, memory_order_relaxed);
    return used <= SIZE_MAX / 2 ? used : 0; /* below zero for a moment, while reports are on their way */
}

static inline size_t budget_buried(const struct budget *budget)
{
    return atomic_load_explicit(&budget->buried_bytes, memory_order_relaxed);
}

/* So many bytes are to be freed apart; they are free. */
static inline void budget_bury(struct budget *budget, size_t bytes)
{
    atomic_fetch_add_explicit(&budget->buried_bytes, bytes, memory_order_relaxed);
}

static inline void budget_unbury(struct budget *budget, size_t bytes)
{
    atomic_fetch_sub_explicit(&budget->buried_bytes, bytes, memory_order_relaxed);
}

/* Whether `need` bytes more do not fit as long as the buried ones are not freed, though they will then. */
static inline bool budget_waits_for_burial(const struct budget *budget, size_t need)
{
    size_t limit = budget_limit(budget), buried = budget_buried(budget);
    return buried > 0 && limit > 0 && need <= limit && budget_used(budget) + buried > limit - need;
}

/* Whether `need` bytes more do not fit. */
static inline bool budget_is_short(const struct budget *budget, size_t need)
{
    size_t limit = budget_limit(budget);
    if (limit == 0) return false;
    size_t used = budget_used(budget);
    return used > limit || need > limit - used;
}

static inline const struct evict_policy *budget_policy(const struct budget *budget)
{
    return atomic_load_explicit(&budget->policy, memory_order_relaxed);
}

/* A shard is charged so much more, or less: `*unreported` holds what it has gathered, as a number with a
 * sign. */
static inline void budget_report(struct budget *budget, size_t *unreported, size_t delta)
{
    *unreported += delta;
    size_t grain = atomic_load_explicit(&budget->grain_bytes, memory_order_relaxed);
    if (*unreported + grain <= 2 * grain) return;
    if (budget->one_shard)
        atomic_store_explicit(&budget->used_bytes,
                              atomic_load_explicit(&budget->used_bytes, memory_order_relaxed) + *unreported,
                              memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&budget->used_bytes, *unreported, memory_order_relaxed);
    *unreported = 0;
}

#endif
