/*
 * tally_round.h - a tally as the walk makes it: for this folder.
 *
 * Threads: as each function says.
 */
#ifndef SERVER_EVENTS_WALK_TALLY_ROUND_H
#define SERVER_EVENTS_WALK_TALLY_ROUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct entry;
struct server;
struct shard;
struct tally;

/* Any thread: should a round be made now? Always, and soon, for who waits for one. */
bool tally_is_due(struct tally *tally, int64_t now_ms);
/* Rounds are due until that one is through. */
void tally_wait(struct tally *tally, uint64_t round);
bool tally_is_waited_for(struct tally *tally);
/* Rounds that were made so far. */
uint64_t tally_rounds(struct tally *tally);

/* By whoever begins a round, and ends it. */
void tally_begin(struct server *server, int64_t now_ms);
void tally_end(struct tally *tally, int64_t now_ms);

/* Entries of some buckets, worked on together so that the loads from memory overlap. */
#define TALLY_HEAP 256
struct tally_heap {
    size_t len;
    const struct entry *entries[TALLY_HEAP];
};

/* Under the lock of the shard, to the end of the heap: one bucket more. Returns the next cursor, as
 * table_scan(). */
uint64_t tally_meet(struct tally *tally, struct tally_heap *heap, struct shard *shard, unsigned db,
                    uint64_t cursor);
void tally_heap_finish(struct tally *tally, struct tally_heap *heap, unsigned db);

#endif
