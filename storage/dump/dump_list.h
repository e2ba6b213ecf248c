/*
 * dump_list.h - a list in a payload: its elements, in one go or by nodes of a quicklist.
 *
 * Threads: as the value (value.h).
 */
#ifndef STORAGE_DUMP_DUMP_LIST_H
#define STORAGE_DUMP_DUMP_LIST_H

#include <stdbool.h>

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/elements.h"

struct value;

/* Into an empty list, each. False: the source has failed. */
bool dump_list_read(struct source *source, enum elements_form form, struct value *list);
/* A number of packed forms; before each of them, if so said, whether it is one or a single element as it is.
 */
enum dump_nodes { DUMP_NODES_ZIPLISTS, DUMP_NODES_SAYING };
bool dump_list_read_nodes(struct source *source, enum dump_nodes nodes, struct value *list);
/* As ELEMENTS_TEXTS. */
void dump_list_write(struct buffer *out, const struct value *list, enum dump_texts how);

#endif
