/*
 * arrangement.h - what was heard, with what a server may say in any order put into one.
 *
 * Who listens to the keyspace and changes it is told of that behind the reply to its command, or to EXEC, and
 * not somewhere before: what Redis 7.0 does there is another thing with each command. So is who tracks, or is
 * tracked for, and writes itself. Who is told of invalidations and of notifications is told of the former
 * first. All of these messages are taken out of the replies among which they came, out of EXEC's too, and put
 * behind them, each kind by itself.
 *
 * A message that several patterns of a client match is told once for each, and who leaves all its channels is
 * told of each: in the order of a hash table.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_ARRANGEMENT_H
#define TESTS_DIFFERENTIAL_CROWD_ARRANGEMENT_H

#include <stdbool.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* Append `heard`, whole replies and pushes, arranged. Where somebody wants keys by prefix, each key that has
 * changed stands by itself (invalidations.h). */
void arrange(struct buffer *out, struct slice heard, bool by_prefix);

#endif
