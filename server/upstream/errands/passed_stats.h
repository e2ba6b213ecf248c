/*
 * passed_stats.h - how often commands that only the upstream knows were passed on, for INFO commandstats.
 *
 * Ours are counted by their number (counters.h), each loop for itself. These have names alone, and are
 * counted in one place. Only names from the upstream's own table come here, so there is an end to them.
 *
 * Threads: any, under a lock of its own.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_PASSED_STATS_H
#define SERVER_UPSTREAM_ERRANDS_PASSED_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct passed_stats;

struct passed_stats *passed_stats_create(void);
void passed_stats_destroy(struct passed_stats **stats);

/* Does the reply say that the command was not run at all? Then it is no call, as in Redis. */
bool passed_stats_rejects(struct slice reply);

/* One more of `name`, a string of at most 63 bytes. */
void passed_stats_count(struct passed_stats *stats, const char *name, uint64_t ns, struct slice reply);
void passed_stats_reset(struct passed_stats *stats);
/* INFO's lines. */
void passed_stats_write(struct passed_stats *stats, struct buffer *out);

#endif
