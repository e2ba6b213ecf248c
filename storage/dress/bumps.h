/*
 * bumps.h - which tags were bumped when: the whole of what makes tagged values old.
 *
 * One logical clock orders births and invalidations: a value is good if none of its tags was bumped after it
 * was born. Nobody keeps a list of the members of a tag. What is kept is the numbers of *bumped* tags, 40
 * bytes each, until no entry is left that they could be about.
 *
 * The clock counts microseconds of the day and is never set back: it rises by one where the day does not. So
 * it tells an age, and goes on where it was after a restart.
 *
 * A bump makes its tags' members dead, or, softly, stale: for their grace, counted from the bump. Each slot
 * keeps the last number of either kind and the one before, so that who reads with an older look
 * (bumps_look()) sees all of a bump or nothing.
 *
 * The table has 64 stripes, each bounded. When one is full its oldest numbers go and its floor rises: who was
 * born below the floor and has a tag of that stripe counts as dead. Wrong only to the safe side.
 *
 * Threads: bumps, and what changes a table, are under one mutex, a leaf: under it nothing else is taken.
 * Readers take no lock, but must hold a shard's lock: a table that was replaced is freed when every shard was
 * locked once since (bumps_passed()). The clock is atomic. Time: Unix microseconds are the caller's.
 */
#ifndef STORAGE_DRESS_BUMPS_H
#define STORAGE_DRESS_BUMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct bumps;
struct entry;

struct bumps_options {
    uint64_t seed;   /* of the hashes of tags */
    unsigned shards; /* of the keyspace, 64 at most */
    size_t limit;    /* bumped tags that are kept; cache-bumps-max */
};

struct bumps *bumps_create(const struct bumps_options *options);
void bumps_destroy(struct bumps **bumps);
/* Any thread. Takes effect as tags are bumped. */
void bumps_set_limit(struct bumps *bumps, size_t limit);

/* The hash of a tag's name, and of a version. Never 0. */
uint64_t bumps_hash(const struct bumps *bumps, struct slice name);

/* A number above all that were given before, for a birth or a grant. Any thread. A bump that comes later has
 * a higher one. */
uint64_t bumps_tick(struct bumps *bumps, int64_t now_us);
/* The last that was given. */
uint64_t bumps_now(const struct bumps *bumps);

/* The number of the last bump that everybody is to see. */
uint64_t bumps_published(const struct bumps *bumps);
/* What this thread's commands see from now on is what is published now: called where a loop reads its clock,
 * so that a command sees all of a bump or nothing of it. A thread that never looked sees the present. */
void bumps_look(const struct bumps *bumps);

enum bump_kind { BUMP_HARD, BUMP_SOFT };
/* Bump all of these under one number, which is returned. The calling thread sees it at once, others when
 * they look next. */
uint64_t bumps_bump(struct bumps *bumps, const uint64_t *tags, size_t count, enum bump_kind kind,
                    int64_t now_us);
/* That bump, just made, is seen by everybody from now on, whatever they have looked at. Every shard is locked
 * by the caller, so that nobody is amid a command: what a transaction bumps is seen with all else that it
 * changes, by those as well whose thread looked before it ended. */
void bumps_show(struct bumps *bumps, uint64_t number);

/* Was none of these tags bumped, either way, behind the number `born`, as far as is known now, whatever the
 * thread has looked at? Then a value of that birth may be stored. */
bool bumps_allow(const struct bumps *bumps, const uint64_t *tags, size_t count, uint64_t born);

/* What an entry is at the moment. Those without a dress are fresh. */
enum dress_state { DRESS_FRESH, DRESS_STALE, DRESS_DEAD };

struct dress_verdict {
    enum dress_state state;
    int64_t soft_ms; /* fresh until then, or stale since then; ENTRY_NO_DEADLINE: never, or long since */
    int64_t dead_ms; /* it is dead behind this; ENTRY_NO_DEADLINE: never */
    uint64_t tag;    /* the tag whose bump made it so; 0: its time is over */
    uint64_t bump;   /* the number of that bump */
};

/* Of a dressed entry. The second without details, for look-ups. */
struct dress_verdict bumps_judge(const struct bumps *bumps, const struct entry *entry, int64_t now_ms);
bool bumps_is_fresh(const struct bumps *bumps, const struct entry *entry, int64_t now_ms);

/* Forgetting, for the walker. What was bumped before `number` is about no entry that is left: drop it. A
 * stripe at a time it takes some ten nanoseconds for each tag of that, under the lock of those who bump. */
#define BUMPS_STRIPES 64
void bumps_forget(struct bumps *bumps, uint64_t number);
void bumps_forget_stripe(struct bumps *bumps, uint64_t number, unsigned stripe);
/* That shard is locked now, by the caller: no reader in it has an old table. True: tables wait for others. */
bool bumps_passed(struct bumps *bumps, unsigned shard);

struct bumps_stats {
    size_t len;    /* tags that are kept */
    size_t bytes;  /* of tables */
    uint64_t hard; /* bumps so far, in tags */
    uint64_t soft;
    uint64_t floor;  /* the highest; 0: never was one full */
    uint64_t floors; /* how often one rose */
    bool waiting;    /* tables wait to be freed */
};
struct bumps_stats bumps_stats(const struct bumps *bumps);

#endif
