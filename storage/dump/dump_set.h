/*
 * dump_set.h - a set in a payload: its members.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_SET_H
#define STORAGE_DUMP_DUMP_SET_H

#include <stdbool.h>

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/elements.h"

struct value;

/* Into an empty set. False: the source has failed, be it because a member comes twice. */
bool dump_set_read(struct source *source, enum elements_form form, struct value *set);
/* As ELEMENTS_TEXTS. */
void dump_set_write(struct buffer *out, const struct value *set, enum dump_texts how);

#endif
