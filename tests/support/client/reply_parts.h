/*
 * reply_parts.h - the elements of an aggregate reply, each as its raw bytes.
 *
 *     struct reply_parts parts;
 *     struct slice part;
 *     for (reply_parts_init(&parts, reply); reply_parts_next(&parts, &part);) ...
 *
 * A map gives its keys and values in turn.
 */
#ifndef TESTS_SUPPORT_CLIENT_REPLY_PARTS_H
#define TESTS_SUPPORT_CLIENT_REPLY_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/reply_reader.h"

struct reply_parts {
    struct reply_element head; /* the aggregate itself */
    struct slice left;
    size_t count; /* parts still to come */
};

/* False, and no parts, when `reply` is no aggregate. */
bool reply_parts_init(struct reply_parts *parts, struct slice reply);
bool reply_parts_next(struct reply_parts *parts, struct slice *part);

/* Part number `index`, or an empty slice. */
struct slice reply_part(struct slice reply, size_t index);
/* What follows `name` in a flat list of names and values, or a map; an empty slice: it is not there. */
struct slice reply_part_field(struct slice list, const char *name);
/* The text of a reply that is a string of any kind, an error or a number. */
struct slice reply_part_text(struct slice reply);

#endif
