/*
 * metadata.h - the first line of a library: what it is called.
 *
 *     #!lua name=counters
 *
 * Threads: no state.
 */
#ifndef SERVER_SCRIPT_FUNCTIONS_METADATA_H
#define SERVER_SCRIPT_FUNCTIONS_METADATA_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct buffer;

struct metadata {
    char *name;      /* the reader's, to be freed */
    size_t name_len; /* a zero byte follows */
    size_t len;      /* of the line without its end, which stays so that lines are counted right */
};

/* False: it is wrong, and `error` says why, without a code. */
bool metadata_read(struct slice text, struct metadata *metadata, struct buffer *error);

/* Letters, digits and underscores, at least one: names of libraries and functions. */
bool metadata_is_name(struct slice name);

#endif
