/*
 * hash_deadlines.h - fields of a hash that last until a time.
 *
 * A deadline stands in the record of its field (hash_record.h). A small hash is looked through for what is
 * due; a large one knows for each pair of buckets when it must be looked at (buckets.h), so that expiring
 * costs by what expires. Either may be asked when something will be due; the answer may be too early, never
 * too late.
 *
 * Threads: as value.h. Time: `now_ms` of the value.
 */
#ifndef STORAGE_TYPES_HASH_DEADLINES_H
#define STORAGE_TYPES_HASH_DEADLINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/member.h"
#include "storage/types/blocks/value.h"
#include "storage/types/large/buckets.h"

/* Give a field another deadline, or HASH_NO_DEADLINE. False: there is no such field. */
bool hash_set_deadline(struct value *hash, const struct member *field, int64_t deadline_ms);

/* As value_type has them. */
int64_t hash_next_due_ms(const struct value *hash);
size_t hash_expire(struct value *hash, size_t limit);

/* For hash.c. A field that is not due; the record of one that has this hash got a deadline; how many records
 * of a large one are due and not removed yet. */
bool hash_find_live(const struct value *hash, const struct member *field, struct buckets_place *place);
void hash_note_deadline(struct value *hash, uint64_t field_hash, int64_t deadline_ms);
size_t hash_overdue(const struct value *hash);
void hash_check_deadlines(const struct value *hash);

#endif
