/*
 * invalidations.h - what who tracks is told: keys that have changed.
 *
 * Who wants keys by prefix (BCAST) is told of all that one turn of the server has changed, in one message for
 * each prefix, and what a turn is each server knows for itself: a client that is served and goes on with what
 * it sent before does so in the same turn of one and in the next of another.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_INVALIDATIONS_H
#define TESTS_DIFFERENTIAL_CROWD_INVALIDATIONS_H

#include <stdbool.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* In either protocol, of some keys or of all; or that such news go nowhere any more. */
bool invalidation_is(struct slice frame);

/* Append `frames`, which are nothing else: every key by itself, in order and each once, then what names none.
 */
void invalidations_write_keys(struct buffer *out, struct slice frames);

#endif
