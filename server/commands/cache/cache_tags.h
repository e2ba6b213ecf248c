/*
 * cache_tags.h - tags as arguments of CACHE: what they hash to, and whether the user may name them.
 *
 * A tag is to a user's key patterns what a key of the name nuthatch:tag:TAG is: whoever gives one to a value
 * must be allowed to read that, whoever invalidates it to write it.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_TAGS_H
#define SERVER_COMMANDS_CACHE_CACHE_TAGS_H

#include <stdbool.h>
#include <stdint.h>

struct call;

#define CACHE_TAG_LEN_MAX 255

enum cache_tag_use { CACHE_TAG_GIVEN, CACHE_TAG_BUMPED };

/* The hashes of argv[from] to before argv[to]; their names are remembered. False: an error was replied. */
bool cache_tags_read(struct call *call, int from, int to, enum cache_tag_use use, uint64_t *hashes);
/* May the user invalidate whatever there is? False: an error was replied. */
bool cache_may_match(struct call *call);

#endif
