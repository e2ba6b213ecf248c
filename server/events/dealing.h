/*
 * dealing.h - each change is dealt to the parts that hear of it, in their order.
 *
 * It is what the keyspace listens with, and what a loop posts with: whatever the parts have collected of
 * changes leaves then. Who hears of which shard the parts say themselves (changes.h).
 *
 * Threads: loops'.
 */
#ifndef SERVER_EVENTS_DEALING_H
#define SERVER_EVENTS_DEALING_H

struct changes;
struct flush;
struct keyspace;
struct loop;

/* Listens to the keyspace on behalf of these loops, which outlive it; before any of them runs. */
void dealing_begin(struct changes *changes, struct keyspace *keyspace, struct loop *loops,
                   unsigned loop_count);

/* Inside the access, before anything is emptied, or after the exchange. */
void dealing_on_flush(struct loop *loop, const struct flush *flush);

#endif
