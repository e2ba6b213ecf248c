/*
 * walk.h - the walk over all keys that removes what was invalidated, and forgets what was bumped.
 *
 * A bump touches none of its members. They go when they are met, which is here at the latest: a round walks
 * the tables of all shards, each loop its own, removes what is dead, writes into an entry that it was made
 * stale, and lets those know that keep copies of it. What was bumped before the round before the last began
 * is then about no entry that is left, and is forgotten: two rounds, since a command that began before a
 * round may still have copied a key past it, but none outlasts a round, in which its own loop takes part.
 *
 * Rounds are walked in slices of tens of microseconds by a timer of each loop, at most cache-walk-effort
 * percent of its time, and only while something was bumped that is not forgotten, or somebody wants to know
 * what is big and who uses the memory (tally.h). Keys whose time is up are the sweep's (memory/sweep.h).
 *
 * CACHE INVALIDATE MATCH rides along (matching.h), at a slice each turn; so do rounds that a client waits for
 * (asking.h).
 *
 * Threads: each loop walks the shards that are its own; what they share is atomic, and the end of a round is
 * whoever's finishes the last shard.
 */
#ifndef SERVER_EVENTS_WALK_WALK_H
#define SERVER_EVENTS_WALK_WALK_H

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct matching;
struct server;
struct walk;

/* Of the server, before its loops run; destroyed when they have ended. */
struct walk *walk_create(struct server *server);
void walk_destroy(struct walk **walk);

/* What a loop has for it: made before it runs, freed when its handles are closed. */
struct loop_walk;
struct loop_walk *walk_open(struct loop *loop);
void walk_close(struct loop_walk **walk);

/* By each loop's cron: see whether there is anything to walk for. */
void walk_consider(struct loop *loop);

/* Is there something to do each turn, and do it. */
bool walk_is_busy(const struct loop *loop);
void walk_run(struct loop *loop);

/* All loops walk at each turn, as long as somebody waits for a tally: any thread. */
void walk_hurry(struct server *server);
/* The first round of a tally that has not begun yet. */
uint64_t walk_next_tally(struct walk *walk);

struct walk_stats {
    uint64_t rounds;   /* that were finished */
    uint64_t reaped;   /* dead entries that were removed */
    uint64_t round_ms; /* how long the last round took */
    int64_t ended_ms;  /* when it was finished; 0: never */
};
struct walk_stats walk_stats(const struct walk *walk);

#endif
