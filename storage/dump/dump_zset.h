/*
 * dump_zset.h - a sorted set in a payload: members, each with its score behind it.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_ZSET_H
#define STORAGE_DUMP_DUMP_ZSET_H

#include <stdbool.h>

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/elements.h"

struct value;

/* How scores are kept that follow their members in the payload itself. */
enum dump_scores { DUMP_SCORES_TEXT, DUMP_SCORES_BINARY };

/* Into an empty zset, each. False: the source has failed, be it because a member comes twice or a score is no
 * number. */
bool dump_zset_read(struct source *source, enum dump_scores scores, struct value *zset);
/* Of a packed form, where members and scores are elements by turns. */
bool dump_zset_read_packed(struct source *source, enum elements_form form, struct value *zset);
/* The highest first, as Redis does, so that a reader puts each before all that it has; with
 * DUMP_SCORES_BINARY. */
void dump_zset_write(struct buffer *out, const struct value *zset, enum dump_texts how);

#endif
