/*
 * cache_tags.h - tags as arguments of CACHE: what they hash to, and whether the user may name them
 * (call_rights.h).
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_TAGS_H
#define SERVER_COMMANDS_CACHE_CACHE_TAGS_H

#include <stdbool.h>
#include <stdint.h>

struct call;

enum cache_tag_use { CACHE_TAG_GIVEN, CACHE_TAG_BUMPED };

/* The hashes of argv[from] to before argv[to]; their names are remembered. False: an error was replied. */
bool cache_tags_read(struct call *call, int from, int to, enum cache_tag_use use, uint64_t *hashes);
/* May the user invalidate whatever there is? False: an error was replied. */
bool cache_may_match(struct call *call);

#endif
