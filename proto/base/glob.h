/*
 * glob.h - patterns of KEYS, SCAN MATCH, CONFIG GET: * ? [a-z] [^a] and backslash, as in Redis.
 *
 * Redis's corner cases are kept, because KEYS shows them: a class that is never closed ends with the pattern,
 * the ends of a range may stand in either order and compare as signed bytes, an empty text matches "" and
 * "*" but not "**".
 *
 * Time is bounded for hostile patterns by the product of the two lengths: many stars do not multiply.
 * Threads: no state.
 */
#ifndef PROTO_BASE_GLOB_H
#define PROTO_BASE_GLOB_H

#include <stdbool.h>

#include "proto/base/slice.h"

bool glob_match(struct slice pattern, struct slice text);
/* ASCII letters compare equal in both cases. */
bool glob_match_nocase(struct slice pattern, struct slice text);

#endif
