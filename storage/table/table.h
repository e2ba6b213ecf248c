/*
 * table.h - entries by hash, a cache line at a time, without ever rehashing.
 *
 * A bucket is one cache line of eight 8-byte slots; a slot is a pointer of 47 bits, 12 bits of the hash and
 * what is known of the deadline, so a look-up reads one line here and one entry. A full bucket continues in
 * an overflow array of just the length it needs.
 *
 * Growth is linear hashing (Litwin 1980): buckets are split one at a time, in order, as entries come, and
 * merged again as they go; no operation moves more than a few buckets. Buckets live in segments, each twice
 * the last, mapped without being touched, so growth copies nothing and memory follows the entries within
 * 10-13 bytes each at every fill from 100,000 up.
 *
 * Deadlines stand beside the slots, four bytes each, in arrays that a table without deadlines does not have;
 * an entry need not grow or move to get one. Groups of neighbouring buckets wait in a timing wheel for the
 * earliest of theirs; an agenda for each group says which of them that is, in half a byte an entry. Whatever
 * splits, merges and moves slots keeps that in order. Together that is some 6 bytes an entry.
 *
 * Threads: the owner's lock for everything.
 * Ownership: borrows the entries. Their keys are read, and hashed again, when their bucket is split.
 */
#ifndef STORAGE_TABLE_TABLE_H
#define STORAGE_TABLE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/table/key.h"

struct entry;
struct table;

/* What an entry takes of the table. */
#define TABLE_SLOT_BYTES 8

struct table *table_create(uint64_t hash_seed);
/* Does not free the entries. */
void table_destroy(struct table **table);

/* The slot that holds `key`, or NULL. Good until the next insert or remove. */
struct table_slot;
struct table_slot *table_find(struct table *table, struct key key);
/* The slot that holds this very entry, or NULL. */
struct table_slot *table_find_entry(struct table *table, uint64_t hash, const struct entry *entry);
struct entry *table_slot_entry(const struct table_slot *slot);
/* The first entry whose key has this hash, or NULL. */
struct entry *table_find_hash(struct table *table, uint64_t hash);
/* The entry moved, is another kind of value now, or was replaced by another with the same key. */
void table_slot_set(struct table_slot *slot, struct entry *entry);

/* `key` must be absent. May split buckets. `mark` is three bits that stay with the slot: the eviction
 * policy's. */
void table_insert_marked(struct table *table, uint64_t hash, struct entry *entry, unsigned mark);
static inline void table_insert(struct table *table, uint64_t hash, struct entry *entry)
{
    table_insert_marked(table, hash, entry, 0);
}
/* Take the entry out of its slot. May merge buckets. */
void table_remove(struct table *table, uint64_t hash, struct table_slot *slot);

size_t table_len(const struct table *table);
/* Memory of buckets, overflow and deadlines. */
size_t table_bytes(const struct table *table);

/* Bring what a look-up of `hash` will read closer: the bucket line first, and, once that has arrived, the
 * entry. */
void table_prefetch_bucket(const struct table *table, uint64_t hash);
/* The bucket line, and what a change of the key will touch besides. */
void table_prefetch_to_write(const struct table *table, uint64_t hash);
/* True: the entry can only be in the bucket's overflow, which is on its way: table_prefetch_overflow() goes
 * on. */
bool table_prefetch_entry(const struct table *table, uint64_t hash);
/* The entry that the first slot with the hash's tag has: mostly the one that is meant. NULL: none. */
const struct entry *table_guess(const struct table *table, uint64_t hash);
void table_prefetch_overflow(const struct table *table, uint64_t hash);

/* Visit the entries of the bucket at `cursor` and return the next cursor, 0 at the end. Starting from 0,
 * every entry that is present throughout is visited at least once, however the table grows and shrinks
 * between calls (reversed binary counting, as in Redis's SCAN). `visit` must not change the table; it is told
 * the deadline, or ENTRY_NO_DEADLINE. */
uint64_t table_scan(struct table *table, uint64_t cursor,
                    void (*visit)(void *context, struct entry *entry, int64_t deadline_ms), void *context);

/* A scan is going on, and what it visits may be removed: for a while no buckets are merged. Merging would
 * press what it has not met yet into fewer and fewer, and each call would have to visit more than the one
 * before. */
void table_note_scan(struct table *table);

/* Bring closer what the next TABLE_SCAN_AHEAD calls of table_scan() visit. */
#define TABLE_SCAN_AHEAD 8
void table_fetch_scan(const struct table *table, uint64_t cursor);

/* An entry chosen with equal chances, or NULL when empty. `random` is a generator's next 64 bits. */
struct entry *table_sample(struct table *table, uint64_t (*random)(void *state), void *state);

/* A place in the table from which a walk goes on, round and round. The table may change meanwhile: a few
 * entries are then met twice or not at all in one round. All zero is the beginning. */
struct table_hand {
    uint64_t bucket;
    size_t slot;
};

/* The slot at the hand, which moves behind it; NULL when the table is empty. Entries of the bucket that comes
 * next are fetched ahead. */
struct table_slot *table_walk(const struct table *table, struct table_hand *hand);

/* For a table that nobody will look into again: visit and forget the entries of up to `buckets` buckets,
 * giving their memory back. False when none is left; only table_destroy() may follow. */
bool table_drain(struct table *table, size_t buckets, void (*visit)(void *context, struct entry *entry),
                 void *context);

/* The deadline beside a slot, or ENTRY_NO_DEADLINE. */
int64_t table_deadline_ms(const struct table *table, uint64_t hash, const struct table_slot *slot);
/* Whether the deadline of a slot that has one has passed: as in Redis, an entry is there until its last
 * millisecond is over. */
bool table_is_due(const struct table *table, uint64_t hash, const struct table_slot *slot, int64_t now_ms);
/* Whether a deadline can be kept in four bytes, as those of the next 49 days mostly can; otherwise the entry
 * has to hold it (EXTRA_DEADLINE). True until table_set_deadline() is next called. */
bool table_fits_deadline(struct table *table, int64_t deadline_ms, int64_t now_ms);
/* Give a slot a deadline, after asking the above, or take away the one that it may have. The slot may have
 * moved. */
void table_set_deadline(struct table *table, uint64_t hash, struct table_slot *slot, int64_t deadline_ms);
void table_drop_deadline(struct table *table, uint64_t hash, struct table_slot *slot);

/* For an entry whose elements have deadlines: when it is looked at next, which is no later than the earliest
 * of those and of its own; INT64_MAX: never. Setting it begins with table_start_deadlines(). */
void table_start_deadlines(struct table *table, int64_t now_ms);
int64_t table_look_ms(const struct table *table, uint64_t hash, const struct table_slot *slot);
void table_set_look(struct table *table, uint64_t hash, struct table_slot *slot, int64_t look_ms);

/* What became of an entry whose elements have deadlines. */
struct table_relief {
    size_t removed;  /* elements */
    int64_t next_ms; /* the next are due; INT64_MAX: never, and it is an entry like others now */
    bool is_empty;
};

struct table_expirer {
    /* The entry is the callee's from then on. */
    void (*expire)(void *context, const struct table_slot *slot, int64_t deadline_ms);
    /* Remove some elements that are due. The entry may move, for which the slot is set, but stays in it. */
    struct table_relief (*relieve)(void *context, struct table_slot *slot);
    /* A dressed one: its soft deadline is past, and its last one is not. It stays. */
    void (*wane)(void *context, const struct table_slot *slot);
    /* As `expire`, of one that has run empty so; it need not have a deadline. */
    void (*remove)(void *context, const struct table_slot *slot, int64_t deadline_ms);
    void *context;
    bool sees_all; /* entries are fetched for it, also those whose slot is plain */
};

/* Take some entries out that are due. Returns how much work it was, in entries or so; 0: nothing is due until
 * later. The table keeps its buckets: those that became empty are merged at less cost than those that are
 * about to. */
size_t table_sweep(struct table *table, int64_t now_ms, const struct table_expirer *expirer);
/* The entry of a slot with a deadline is a single block, of a string that is there, and may be freed unseen.
 */
bool table_slot_is_plain(const struct table_slot *slot);
/* Merge up to `steps` buckets, if there are too many for what is in them, none shortly after
 * table_note_scan(), and none into a bucket that would become long. Returns how many were. */
size_t table_fit(struct table *table, size_t steps);
/* Show the slots with deadlines of some thirty buckets, of others each time, without looking at those that
 * have none. `visit` must not change the table. */
void table_suspects(struct table *table, void (*visit)(void *context, struct table_slot *slot),
                    void *context);
/* Nothing is due before; INT64_MAX: never. */
int64_t table_next_due_ms(const struct table *table);

/* Walk everything and assert what this header promises. */
void table_check(const struct table *table);

#endif
