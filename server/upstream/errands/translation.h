/*
 * translation.h - replies of one version of the protocol in the other.
 *
 * For the commands of the lane, whose replies are strings, numbers, errors, nulls and flat arrays of them: so
 * all that differs is how null is written. A reply that has nothing of the kind is passed on as it is.
 *
 * Threads: no state.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_TRANSLATION_H
#define SERVER_UPSTREAM_ERRANDS_TRANSLATION_H

#include <stdbool.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* Is the same reply, one whole in protocol `from`, written otherwise in protocol `to`? */
bool translation_changes(struct slice reply, int from, int to);
/* Append `reply`, one whole reply in protocol `from`, in protocol `to`. */
void translation_append(struct buffer *out, struct slice reply, int from, int to);

#endif
