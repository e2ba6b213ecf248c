/*
 * arrangement.h - what was heard, with what a server may say in any order put into one.
 *
 * A message that several patterns of a client match is told once for each, and who leaves all its channels is
 * told of each: in the order of a hash table.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_ARRANGEMENT_H
#define TESTS_DIFFERENTIAL_CROWD_ARRANGEMENT_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* Append `heard`, whole replies and pushes, arranged. */
void arrange(struct buffer *out, struct slice heard);

#endif
