/*
 * stream_progress.h - how far a group has come, in entries: `entries-read` and `lag` as Redis 7.0 reckons
 * them.
 *
 * A group counts what it reads. Where entries in front of it were removed by XDEL the count says nothing, and
 * is either found again from an id whose place is certain or not known.
 *
 * Threads: plain functions.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_PROGRESS_H
#define SERVER_COMMANDS_STREAM_STREAM_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "storage/types/streams/stream_id.h"

struct stream_group;
struct value;

/* How many entries were added up to `id`; STREAM_READ_UNKNOWN: that cannot be told. */
int64_t stream_progress_at(const struct value *stream, struct stream_id id);
/* An entry is delivered to the group: if it is a new one, the group has come that far. */
void stream_progress_advance(const struct value *stream, struct stream_group *group, struct stream_id id);
/* Entries that the group has not read. False: that is not known. */
bool stream_progress_lag(const struct value *stream, const struct stream_group *group, int64_t *lag);

#endif
