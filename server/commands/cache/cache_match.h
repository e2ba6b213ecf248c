/*
 * cache_match.h - CACHE INVALIDATE MATCH: all keys of a pattern, in slices.
 *
 * Threads: as handlers; the call is suspended until it is done.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_MATCH_H
#define SERVER_COMMANDS_CACHE_CACHE_MATCH_H

#include <stdbool.h>

struct call;

/* The pattern is argv[arg]. */
void cache_invalidate_match(struct call *call, int arg, bool softly);

#endif
