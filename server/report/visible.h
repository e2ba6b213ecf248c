/*
 * visible.h - which keys and prefixes a client that watches is told of: as CACHE TOP tells it, those that its
 * user may read.
 *
 * Threads: the loop of the session, outside of an access.
 */
#ifndef SERVER_REPORT_VISIBLE_H
#define SERVER_REPORT_VISIBLE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct session;
struct tally_prefix;

bool visible_key(const struct session *session, struct slice key);
/* Of a name that was cut nobody knows whether a pattern fits its end: it is told to who may read every key.
 */
bool visible_cut_key(const struct session *session, struct slice beginning, bool is_cut);

/* At most `most`, those with most bytes first, and all others as one of the name "(other)", where the user
 * may read every key. */
void visible_each_prefix(const struct session *session, size_t most,
                         void (*visit)(void *context, struct slice name, const struct tally_prefix *prefix),
                         void *context);

#endif
