/*
 * dump_hash.h - a hash in a payload: fields and values by turns.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_HASH_H
#define STORAGE_DUMP_DUMP_HASH_H

#include <stdbool.h>

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/elements.h"

struct value;

/* Into an empty hash. False: the source has failed, be it because a field comes twice. */
bool dump_hash_read(struct source *source, enum elements_form form, struct value *hash);
/* As ELEMENTS_TEXT_PAIRS. */
void dump_hash_write(struct buffer *out, const struct value *hash, enum dump_texts how);

#endif
