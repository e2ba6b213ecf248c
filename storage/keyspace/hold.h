/*
 * hold.h - shards that are kept for long, and who waits for them to be free.
 *
 * A script may take seconds. An access that is kept marks its shards and the token, under their locks, and
 * then unlocks them: nobody's thread ever waits for it. Who meets a mark is refused, and either goes without
 * (sweep, eviction, compaction, figures) or waits as a client: it says that it does (hold_wait()), asks once
 * more, and is asked again when the access is closed.
 *
 * Who keeps shards again and again must not starve those who wait: those that the last one kept waiting are
 * asked before the next may begin (hold_open()).
 *
 * A waiter is a number below 64, of one thread each. Waking it is the caller's business.
 *
 * Threads: any; an access is kept by the thread that opened it.
 */
#ifndef STORAGE_KEYSPACE_HOLD_H
#define STORAGE_KEYSPACE_HOLD_H

#include <stdbool.h>
#include <stdint.h>

struct access;
struct keyspace;

/* access_open_token(), for one that may be kept. False also when those who waited for the last one have not
 * all been asked again. */
__attribute__((warn_unused_result)) bool hold_open(struct access *access, struct keyspace *keyspace,
                                                   uint64_t shards);
/* From now on it is kept for long. Its holder may call the kernel, and serve others. */
void hold_keep(struct access *access);
/* Close it. Returns those who wait, a bit for each: all of them are to be woken, to ask again. */
uint64_t hold_close(struct access *access);

/* `waiter` was refused. Unless what it asks for now succeeds, it will be woken. */
void hold_wait(struct keyspace *keyspace, unsigned waiter);
/* A woken waiter has asked again for all that it had to ask for. Returns who is to be woken now. */
uint64_t hold_asked(struct keyspace *keyspace, unsigned waiter);

#endif
