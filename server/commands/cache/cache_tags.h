/*
 * cache_tags.h - tags as arguments of CACHE: what they hash to, and where they stand.
 *
 * Threads: as handlers; where they stand, any.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_TAGS_H
#define SERVER_COMMANDS_CACHE_CACHE_TAGS_H

#include <stdbool.h>
#include <stdint.h>

#include "server/exec/command/tag_claim.h"

struct call;

/* The hashes of argv[from] to before argv[to]; their names are remembered. The user may name them: its rights
 * were asked by the row. False: an error was replied. */
bool cache_tags_read(struct call *call, int from, int to, uint64_t *hashes);

/* For the rows: tags that CACHE SET gives, what CACHE INVALIDATE invalidates beside keys, and the tag whose
 * keys CACHE SCAN shows. */
tag_claim_next cache_tags_given, cache_tags_bumped, cache_tags_scanned;

#endif
