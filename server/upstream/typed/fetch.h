/*
 * fetch.h - a key that is read again and again is fetched whole, and kept in its own type.
 *
 * A client-side cache keeps replies, and the reply of one HGET cannot answer another. Here the value itself
 * is a copy, like a string: once it is there, every read whose row says TIER_TYPED is answered from it by the
 * handler that a server without an upstream would run.
 *
 *     1  reads that were answered upstream, without an error, are counted (readings.h); the
 *        near-cache-fill-after th asks for the key
 *     2  MEMORY USAGE, or where it is refused the length (HLEN, SCARD, ...): what is too long is left there
 *     3  DUMP and PTTL, behind each other: decoded into our own types, and kept by the rules of every copy
 *        (keeping.h)
 *     4  where DUMP is refused, or its version or type unknown: HGETALL, SMEMBERS, LRANGE, ZRANGE or GET, and
 *        PTTL
 *
 * All of it goes over the lane, so that news of a change comes behind what was asked before it. From 2 on it
 * is a fill (fills.h): there is one for a key at a time, and a change, a flush or a lost link discards it.
 * Reads of the key that come meanwhile wait for it (single flight, as near-cache-lock-timeout has it for
 * strings): then they are answered here, or go up where it did not come.
 *
 * A hash whose fields have deadlines is not kept, as its fields would outlive them here: DUMP tells of them
 * by its type, HGETALL does not, and is not used where the upstream knows HPEXPIRE.
 *
 * Threads: as each function says.
 */
#ifndef SERVER_UPSTREAM_TYPED_FETCH_H
#define SERVER_UPSTREAM_TYPED_FETCH_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct call;
struct command;
struct errand;
struct fetch;
struct tier;

/* Of the key `name`, which commands of `row`, a TIER_TYPED one, read. */
struct fetch *fetch_create(struct tier *tier, const struct command *row, unsigned db, struct slice name);

/* A command has come home, with this reply of the upstream's. The fetch that it asks for, mostly NULL, is to
 * be begun when the reply has been passed on: it tells nothing that the reply did not know. The client's
 * loop. */
struct fetch *fetch_after(const struct errand *errand, struct slice reply);
/* Is the key of this call, a read, being fetched, so that it had better wait? The client's loop. */
bool fetch_is_under_way(const struct call *call);
/* Takes it. Any loop. */
void fetch_begin(struct fetch *fetch);

#endif
