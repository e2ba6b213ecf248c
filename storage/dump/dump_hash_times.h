/*
 * dump_hash_times.h - a hash whose fields have deadlines, in a payload.
 *
 * Five forms have come about; times are Unix milliseconds:
 *
 *     DUMP_HASH_TIMES        Redis 7.4: the earliest (8 bytes, lowest first), a count, then for each field
 * how much later its own is, plus one, or 0 for none; field; value DUMP_HASH_TRIPLES      the earliest, then
 * a listpack of field, value, time or 0 DUMP_HASH_TRIPLES_OLD  its candidates: the same without the earliest
 *     DUMP_HASH_TIMES_OLD    its candidates: a count, then time or 0, field, value; and, under the same
 * number, Valkey 9: a count, then field, value, time (8 bytes, lowest first) or -1. The version says which.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_HASH_TIMES_H
#define STORAGE_DUMP_DUMP_HASH_TIMES_H

#include <stdbool.h>

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/source.h"

struct buffer;
struct value;

/* Into an empty hash, from what `type` says, of a payload or a file of this version (0: unknown). False: the
 * source has failed. Fields that are due by now are read as well. */
bool dump_hash_times_read(struct source *source, unsigned type, unsigned version, struct value *hash);

/* Whether a field that is not due has a deadline: then it is written in the form of Redis, or of Valkey. */
bool dump_hash_is_timed(const struct value *hash);
void dump_hash_times_write(struct buffer *out, const struct value *hash, enum dump_texts how);
void dump_hash_times_write_for_valkey(struct buffer *out, const struct value *hash, enum dump_texts how);

#endif
