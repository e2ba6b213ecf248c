/*
 * glob.h - patterns of KEYS, SCAN MATCH, CONFIG GET: * ? [a-z] [^a] and backslash, as in Redis.
 *
 * Redis's corner cases are kept, because KEYS shows them: a class that is never closed ends with the pattern,
 * the ends of a range may stand in either order and compare as signed bytes, an empty text matches "" and
 * "*" but not "**".
 *
 * Time is bounded for hostile patterns by the sum of the two lengths, above a constant that is enough for the
 * product of 256 bytes each: a comparison that takes longer is no match, as patched Redis gives up what nests
 * too deep. Threads: no state.
 */
#ifndef PROTO_BASE_GLOB_H
#define PROTO_BASE_GLOB_H

#include <stdbool.h>

#include "proto/base/slice.h"

bool glob_match(struct slice pattern, struct slice text);
/* ASCII letters compare equal in both cases. */
bool glob_match_nocase(struct slice pattern, struct slice text);

#endif
