/*
 * media_types.h - what values say they are, each said once.
 *
 * A dress has two bytes for it: a place in this table, which forgets nothing. When it is full, what comes new
 * has no type.
 *
 * Threads: any. Adding takes a lock, a leaf; reading none.
 */
#ifndef STORAGE_DRESS_MEDIA_TYPES_H
#define STORAGE_DRESS_MEDIA_TYPES_H

#include <stdint.h>

#include "proto/base/slice.h"

#define MEDIA_TYPE_MAX 255 /* bytes of one */

struct media_types;

struct media_types *media_types_create(void);
void media_types_destroy(struct media_types **types);

/* The place of `name`, which may be of any bytes. 0: it is empty, too long, or the table is full. */
uint16_t media_types_add(struct media_types *types, struct slice name);
/* What stands there, as long as the table lives; of 0 the empty slice. */
struct slice media_types_name(const struct media_types *types, uint16_t type);

#endif
