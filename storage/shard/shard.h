/*
 * shard.h - one stripe of the keyspace, and the lock that guards it.
 *
 * A key lives in exactly one shard, chosen by its hash, together with all that is kept about it: entry,
 * deadline, bytes charged. One lock is therefore enough to make a one-key command atomic. Each database is a
 * table and an expiry wheel of its own within the shard, made when first written to.
 *
 * Threads: every call below needs the shard's lock, which only access.c takes. Counters may be read by
 * anyone. Time: a shard reads no clock. `now_ms` is Unix time, fixed for a whole command. Errors: none of its
 * own; whether memory may grow is the caller's question, asked before (room.h).
 */
#ifndef STORAGE_SHARD_SHARD_H
#define STORAGE_SHARD_SHARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/entry/entry.h"
#include "storage/memory/compaction.h"
#include "storage/table/key.h"

struct shard;

struct graveyard;

/* Who takes, under the lock, what is too large to be freed at once. Must not block or re-enter. */
struct burial_sink {
    void (*bury)(void *context, struct graveyard *graveyard); /* NULL: it is freed at once */
    void *context;
};

struct budget;
struct bumps;
struct database_set;
struct media_types;
struct shard_options {
    uint64_t hash_seed;
    unsigned databases;
    struct database_set *used; /* borrowed: those that any shard has written to; NULL: this one's only */
    struct burial_sink burials;
    struct budget *budget;           /* borrowed, of all shards together; NULL: unlimited */
    unsigned index;                  /* of this shard, as its listener is told */
    struct bumps *bumps;             /* borrowed: of tags; NULL: nothing is ever bumped */
    struct media_types *media_types; /* borrowed: its entries are counted there; NULL: nowhere */
};

/* Never NULL. Destroying reports no changes and clears the pointer. */
struct shard *shard_create(const struct shard_options *options);
void shard_destroy(struct shard **shard);

/* Written under the lock, readable by anyone at any time, each true by itself. */
struct shard_stats {
    size_t bytes;              /* all memory charged: entries, tables, wheels */
    size_t entry_bytes;        /* entries alone */
    uint64_t expired;          /* keys removed at their deadline, lazily or by the sweep */
    uint64_t expired_elements; /* the same of elements of values */
    uint64_t evicted;          /* keys removed to make room */
};
struct shard_stats shard_stats(const struct shard *shard);
/* Entries of one database; those of them that say that a key is absent (all with a deadline); those with a
 * deadline. */
size_t shard_len(const struct shard *shard, unsigned db);
size_t shard_absent(const struct shard *shard, unsigned db);
size_t shard_deadlines(const struct shard *shard, unsigned db);
/* Mean of what entries with a deadline have left to live, for INFO's avg_ttl; 0 without any. */
int64_t shard_average_ttl_ms(const struct shard *shard, unsigned db, int64_t now_ms);

/* The live entry of `key`, or NULL. One past its deadline is removed and reported first. Does not count as
 * use. */
struct entry *shard_find(struct shard *shard, unsigned db, struct key key, int64_t now_ms);
/* The same, and a use, as eviction sees it. */
struct entry *shard_use(struct shard *shard, unsigned db, struct key key, int64_t now_ms);

/* How long ago an entry was last used, and how often (LFU's count, 0 to 255). Each is right only while a
 * policy that goes by it is in force, and for entries used since. */
int64_t shard_idle_ms(const struct shard *shard, const struct entry *entry, int64_t now_ms);
unsigned shard_use_count(const struct shard *shard, const struct entry *entry, int64_t now_ms);
/* Say when it was used last, how often; each without effect while the policy goes by the other. */
void shard_set_idle_ms(const struct shard *shard, struct entry *entry, int64_t idle_ms, int64_t now_ms);
void shard_set_use_count(const struct shard *shard, struct entry *entry, unsigned count, int64_t now_ms);

/* Part with one entry, or with some that have expired, by the rules of the budget, in favour of `need` bytes
 * that are to come. False: there is nothing that may be evicted. Does not ask whether it is necessary. */
bool shard_evict(struct shard *shard, size_t need, int64_t now_ms);

struct entry_received;

/* As shard_put_string(), with a text that stays where it was received; NULL, with nothing changed, where that
 * cannot be: see entry_make_received(). */
struct entry *shard_put_received(struct shard *shard, unsigned db, struct key key, struct entry *old,
                                 const struct entry_received *received, int64_t deadline_ms);
/* Store `text` under `key`, dropping any old value and deadline. Text that is a canonical integer is kept as
 * one. `deadline_ms` may be ENTRY_NO_DEADLINE; a negative one is kept as 0, past either way. Reuses the old
 * allocation where the class fits. `old` is what shard_find() just returned for the key, NULL if that was
 * NULL; `text` must not lie in it. */
struct entry *shard_put_string(struct shard *shard, unsigned db, struct key key, struct entry *old,
                               struct slice text, int64_t deadline_ms);

/* The same without a deadline: a copy of the code, so that the path of SET keeps its in place. */
void shard_put_plain(struct shard *shard, unsigned db, struct key key, struct entry *old, struct slice text);

/* The same whatever is known of the key, an absence included. */
struct entry *shard_replace_string(struct shard *shard, unsigned db, struct key key, struct slice text,
                                   int64_t deadline_ms);

/* Make the text of `entry` `len` bytes long and editable: an ENTRY_INT becomes its text, growth is zero
 * bytes, the encoding is ENTRY_RAW afterwards, the deadline stays. Returns where the entry is now;
 * entry_text_edit() is its text. Growth is amortised: repeated appends do not copy each time. */
struct entry *shard_resize_string(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                                  size_t len);

/* Give a deadline, or take it away with ENTRY_NO_DEADLINE. Returns where the entry is now. */
struct entry *shard_set_deadline(struct shard *shard, unsigned db, struct key key, struct entry *entry,
                                 int64_t deadline_ms);

/* Remove and free what shard_find() returned. */
void shard_remove(struct shard *shard, unsigned db, struct key key, struct entry *entry);

/* What is known of a key that somebody else holds the truth about: nothing, that it does not exist
 * (shard_put_absent()), or its value. A look-up sees the first two alike. No use is counted. */
enum shard_knowledge { SHARD_UNKNOWN, SHARD_KNOWN_ABSENT, SHARD_KNOWN };
enum shard_knowledge shard_know(struct shard *shard, unsigned db, struct key key, int64_t now_ms);
/* Is there an entry of that key, past its deadline or not? */
bool shard_keeps(const struct shard *shard, unsigned db, struct key key);
/* The key does not exist, as far as is known until `deadline_ms`. */
void shard_put_absent(struct shard *shard, unsigned db, struct key key, int64_t deadline_ms);
/* Know nothing of the key any more, reporting no change. False: nothing was known. */
bool shard_forget(struct shard *shard, unsigned db, struct key key);

/* ENTRY_NO_DEADLINE when the entry, which shard_find() returned for the key, has none. */
int64_t shard_deadline_ms(const struct shard *shard, unsigned db, struct key key, const struct entry *entry);

/* A copy of `entry`, of any type, under another key, which must be absent in `db`. `entry` may be of another
 * shard, locked as well. */
struct entry *shard_put_copy(struct shard *shard, unsigned db, struct key key, const struct entry *entry,
                             int64_t deadline_ms);

/* Where an entry is, or is to be. */
struct shard_place {
    struct shard *shard;
    unsigned db;
    struct key key;
};

/* Move `entry`, which is at `from`, with its deadline to `to`, where nothing is now; both shards are locked.
 * In a time that does not depend on the length of its text. Returns where the entry is now. */
struct entry *shard_move(const struct shard_place *from, struct entry *entry, const struct shard_place *to);

/* One bucket's live entries, expired ones left out; see table_scan(). */
uint64_t shard_scan(struct shard *shard, unsigned db, uint64_t cursor, int64_t now_ms,
                    void (*visit)(void *context, struct entry *entry), void *context);

/* The same over everything that is known, absent keys as well. */
uint64_t shard_each_known(struct shard *shard, unsigned db, uint64_t cursor,
                          void (*visit)(void *context, struct entry *entry), void *context);

/* A live entry chosen with equal chances, NULL if there is none. */
struct entry *shard_sample(struct shard *shard, unsigned db, int64_t now_ms, uint64_t (*random)(void *state),
                           void *state);

/* Move the whole contents of a database to a graveyard, O(1), leaving it empty. The graveyard is made if it
 * is NULL and there is something to move. */
void shard_empty(struct shard *shard, unsigned db, struct graveyard **graveyard);
void shard_swap(struct shard *shard, unsigned db_a, unsigned db_b);
/* Remove what is past its deadline, `limit` entries of it and some hundred at most. True when there may be
 * more to do. */
bool shard_sweep(struct shard *shard, int64_t now_ms, size_t limit);
/* Look at the next few entries, and move those that lie in memory that is mostly free (compaction.h). Returns
 * the bytes that were moved: pointers to them are gone. */
size_t shard_compact(struct shard *shard, enum compaction_need need);

/* Of `samples` keys with equal chances, how many are past their deadline and still there. */
size_t shard_count_stale(struct shard *shard, unsigned db, int64_t now_ms, size_t samples);

/* Cheap: nothing is due before this time (Unix ms); INT64_MAX when nothing has a deadline. May be early,
 * never late by more than two ticks of the wheel (32 ms). */
int64_t shard_next_due_ms(const struct shard *shard);

/* See table.h. Under the lock as well. */
void shard_prefetch_bucket(const struct shard *shard, unsigned db, uint64_t hash);
void shard_prefetch_to_write(const struct shard *shard, unsigned db, uint64_t hash);
bool shard_prefetch_entry(const struct shard *shard, unsigned db, uint64_t hash);
void shard_prefetch_overflow(const struct shard *shard, unsigned db, uint64_t hash);

/* Inside a collection, towards some of its members, in SHARD_PREFETCH_STEPS: first its root or packed block,
 * then what its type has (value.h). False: there are no further steps. */
#define SHARD_PREFETCH_STEPS 3
struct shard_member {
    uint64_t key_hash, member_hash;
    unsigned db;
};
/* At least one, of one key. */
bool shard_prefetch_members(const struct shard *shard, const struct shard_member *members, size_t count,
                            unsigned step);

/* Walk everything: tables, deadlines, tokens, and that the charges equal the sum over what is there. */
void shard_check(const struct shard *shard);

#endif
