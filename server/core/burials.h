/*
 * burials.h - what a FLUSH took out of the keyspace, and values that are too large to be freed at once, freed
 * away from the loops.
 *
 * One thread does it, at nice 10. A loop whose clients wait for the memory helps.
 *
 * Threads: any, but for create, start and destroy, which are the main thread's.
 */
#ifndef SERVER_CORE_BURIALS_H
#define SERVER_CORE_BURIALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct burials;
struct graveyard;

struct burials *burials_create(void);
/* 0, or libuv's code where no thread can be had. Until then nothing is freed. */
int burials_start(struct burials *burials);
/* Frees what is left. */
void burials_destroy(struct burials **burials);

/* Takes the graveyard, inside an access. The thread may sleep on until burials_ring(). */
void burials_leave(struct burials *burials, struct graveyard *graveyard);
/* Outside of an access. */
void burials_ring(struct burials *burials);
/* Both at once; NULL is nothing. */
void burials_add(struct burials *burials, struct graveyard *graveyard);
/* Free a few buckets, in some ten microseconds unless their values are large. False: there is nothing to
 * free. */
bool burials_dig(struct burials *burials);

/* Keys that are still to be freed, a FLUSH being counted until all of it is; those that were, since the last
 * reset. */
size_t burials_pending(const struct burials *burials);
uint64_t burials_done(const struct burials *burials);
void burials_reset_done(struct burials *burials);

#endif
