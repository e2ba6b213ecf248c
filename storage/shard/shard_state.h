/*
 * shard_state.h - what a shard is made of, for shard*.c and the eviction policies.
 *
 * Counters that anyone may read are relaxed atomics with one writer at a time, the holder of the lock: they
 * are loaded and stored, never added to atomically.
 */
#ifndef STORAGE_SHARD_SHARD_STATE_H
#define STORAGE_SHARD_SHARD_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/contract.h"
#include "storage/entry/entry_making.h"
#include "storage/evict/adaptive.h"
#include "storage/evict/budget.h"
#include "storage/evict/evictor.h"
#include "storage/memory/compaction.h"
#include "storage/shard/database_set.h"
#include "storage/shard/shard.h"
#include "storage/shard/shard_change.h"
#include "storage/shard/shard_walk.h"
#include "storage/table/table.h"

typedef _Atomic uint64_t counter;

static inline uint64_t counter_get(const counter *c)
{
    return atomic_load_explicit(c, memory_order_relaxed);
}

static inline void counter_set(counter *c, uint64_t value)
{
    atomic_store_explicit(c, value, memory_order_relaxed);
}

static inline void counter_add(counter *c, uint64_t delta)
{
    counter_set(c, counter_get(c) + delta);
}

/* The large value that compaction is in, and how far. The entry is compared, not followed: it may be gone. */
struct compaction_stay {
    const struct entry *entry; /* NULL: in none */
    uint64_t hash;
    uint64_t hand;
};

struct database {
    struct table *table; /* NULL until first written to */
    size_t charged;      /* of the table, in the shard's bytes */
    size_t entry_bytes;
    struct table_hand hand; /* of policies that sample */
    struct table_hand compaction_hand;
    struct compaction_stay stay;
    struct shard_walk_place place;  /* where the walk stands: it goes with the table */
    struct adaptive *adaptive;      /* NULL until needed */
    unsigned __int128 deadline_sum; /* modulo 2^128, so it takes negative ones as well */
    counter absent;                 /* of the entries, those that are ENTRY_ABSENT; each has a deadline */
    counter dressed;                /* of the entries, those that are dressed */
    counter hidden;                 /* both: those that a look-up may not show */
    counter len;
    counter deadlines;
    counter with_times; /* of the entries, those whose elements have deadlines */
};

struct shard {
    _Atomic uint32_t listened;
    struct change_listener listener;
    struct shard_options options;
    struct budget *budget;     /* that of the options, or own_budget */
    struct budget own_budget;  /* unlimited */
    struct database_set *used; /* that of the options, or own_used */
    struct database_set own_used;
    size_t beside;     /* charged by shard_charge_beside() */
    size_t unreported; /* see budget_report() */
    struct evictor evictor;
    int64_t now_ms; /* of the last call that told */
    /* What look-ups at that time have met and not shown: a bit for each, by its hash. Who stores a key where
     * a look-up of the same time showed nothing need not look whether there is something in its way. */
    int64_t hidden_met_ms;
    uint64_t hidden_met;
    uint64_t swaps; /* of databases */
    unsigned sweep_from;
    unsigned compact_from;
    struct compaction_cut compaction_cut;
    counter bytes;
    counter entry_bytes;
    counter expired;
    counter expired_elements;
    counter evicted;
    struct database databases[];
};

static inline struct database *shard_database(struct shard *shard, unsigned db)
{
    REQUIRE(db < shard->options.databases);
    return &shard->databases[db];
}

/* shard_change.c */
/* What came about by itself: no session did it. */
void shard_announce(struct shard *shard, unsigned db, struct key key, enum change_event event);
static inline bool shard_tells(const struct shard *shard)
{
    return __builtin_expect(atomic_load_explicit(&shard->listened, memory_order_relaxed) != 0, 0);
}

/* shard.c */
/* Made if there is none. */
struct table *shard_table(struct shard *shard, struct database *database);
void shard_charge(struct shard *shard, struct database *database, size_t old_bytes, size_t new_bytes);
/* The entry in `slot` has another size now, 0 when it is about to leave. */
void shard_recharge(struct shard *shard, struct database *database, const struct table_slot *slot,
                    size_t old_bytes, size_t new_bytes);
/* A new entry's place in the table, and its charge; `is_new`: its use does not carry over. */
void shard_enter(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                 bool is_new);
/* Of an entry that is there. */
struct table_slot *shard_slot_of(const struct database *database, uint64_t hash, const struct entry *entry);
/* After shard_enter(): the deadline, if there is one. */
void shard_give_deadline_of(struct shard *shard, struct database *database, uint64_t hash,
                            const struct entry *entry, int64_t deadline_ms);
/* Charge what the table has become. */
void shard_settle(struct shard *shard, struct database *database);
/* Write the stamp of a use. */
void shard_stamp(struct shard *shard, struct database *database, struct entry *entry);
/* Free an entry that is in no table and has been taken off the charge, or have it freed if it is large;
 * `bytes` is its real size. */
void shard_free_entry(struct shard *shard, struct entry *entry, size_t bytes);
/* An entry comes, or goes that a look-up may not show: by +1 or -1. */
void shard_count_hidden(struct shard *shard, struct database *database, const struct entry *entry, int by);
/* Take an entry out and free it. */
void shard_discard(struct shard *shard, struct database *database, uint64_t hash, struct table_slot *slot);

/* shard_expiry.c */
/* Of the entry in `slot`; ENTRY_NO_DEADLINE when it has none. */
int64_t shard_slot_deadline_ms(const struct database *database, uint64_t hash, const struct table_slot *slot);
/* The latest deadline that is past: as in Redis, a key and an element are there until their last millisecond
 * is over. */
static inline int64_t shard_last_past_ms(int64_t now_ms)
{
    return now_ms - 1;
}
/* The timing (entry_making.h) of an entry with this deadline. */
enum entry_timing shard_timing(struct shard *shard, struct database *database, int64_t deadline_ms);
/* The deadline of the entry in `slot`, if it has one, is about to go: count it out. Then the slot must be
 * removed, or shard_give_deadline() called, with another entry in it or none. */
void shard_take_deadline(struct database *database, uint64_t hash, struct table_slot *slot);
/* Give a deadline, or none, to a slot whose last one was taken and whose entry has the timing for it. May
 * move the slot. */
void shard_give_deadline(struct shard *shard, struct database *database, uint64_t hash,
                         struct table_slot *slot, int64_t deadline_ms);
/* Report and discard an entry whose deadline has passed. */
void shard_expire(struct shard *shard, unsigned db, uint64_t hash, struct table_slot *slot);

/* shard_dress.c */
/* What is kept under the key goes, if a look-up would not show it: an absence, or a dressed entry that is not
 * fresh, which is announced. For who stores a key that shard_find() has not found; asked while there is any
 * `hidden`. */
void shard_make_way(struct shard *shard, unsigned db, struct key key);
/* A look-up meets what it does not show: note it. NULL. */
struct table_slot *shard_hide(struct shard *shard, uint64_t hash);
/* Does what this command's look-up of the key has met stay in the way? */
static inline bool shard_may_hide(const struct shard *shard, uint64_t hash)
{
    return shard->hidden_met >> (hash & 63) & 1;
}
/* Whether a look-up shows it: fresh, or not dressed. */
bool shard_shows(const struct shard *shard, const struct entry *entry, int64_t now_ms);
/* Past its last deadline, or bumped: nothing is left to be shown of it, ever. */
bool shard_is_dead(const struct shard *shard, const struct entry *entry, int64_t now_ms);
/* The dress of `from` for a copy of it, which has entered: its deadline becomes `deadline_ms`, a soft one. */
void shard_dress_like(struct shard *shard, struct database *database, uint64_t hash, struct entry *entry,
                      const struct entry *from, int64_t deadline_ms);
/* The type of a dressed entry is kept in use while that goes, until it is let: for who puts it into another.
 */
uint16_t shard_hold_type(struct shard *shard, const struct entry *entry);
void shard_let_type(struct shard *shard, uint16_t type);
/* When an entry with this deadline goes: behind its grace. */
int64_t shard_last_ms(const struct entry *entry, int64_t deadline_ms);
/* What an entry of that kind of dress has with this deadline, in a table that can keep it. */
enum entry_timing shard_dressed_timing(struct shard *shard, struct database *database,
                                       const struct entry *entry, int64_t deadline_ms);

/* Show some entries with deadlines, others each time, without looking for them; `visit` must not change the
 * table. */
void shard_suspects(struct database *database, void (*visit)(void *context, struct table_slot *slot),
                    void *context);

#endif
