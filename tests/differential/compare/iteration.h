/*
 * iteration.h - a whole SCAN, as one set.
 *
 * A cursor means something only to the server that gave it out, so two servers are compared by what their
 * iterations returned, each once and in byte order.
 */
#ifndef TESTS_DIFFERENTIAL_COMPARE_ITERATION_H
#define TESTS_DIFFERENTIAL_COMPARE_ITERATION_H

#include <stdbool.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct client;
struct step;

/* `reply` answers `step`, a SCAN. Go on until the cursor is 0 and write the set, as an array reply, to `out`.
 * A reply that is no page of a SCAN, an error say, is written as it is. False: the connection failed, or
 * the iteration does not end. */
bool iteration_finish(struct client *client, const struct step *step, struct slice reply, struct buffer *out);

#endif
