/*
 * media_types.h - what values say they are, each said once, as long as one of them says it.
 *
 * A dress has two bytes for it: a place in this table, which counts the entries that stand for each. What
 * none stands for is forgotten at once. There are 65,535 places: when all are in use, what comes new is
 * refused.
 *
 *     uint16_t type = media_types_take(types, name);
 *     if (type == 0) ... refuse ...
 *     ... shard_put_dressed() with it: the shard counts its entries itself ...
 *     media_types_release(types, type);
 *
 * Threads: any. Taking takes a lock, a leaf, and so does the release of a last use; all else none.
 */
#ifndef STORAGE_DRESS_MEDIA_TYPES_H
#define STORAGE_DRESS_MEDIA_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define MEDIA_TYPE_MAX  255 /* bytes of one */
#define MEDIA_TYPES_MAX 65535

struct media_types;

struct media_types *media_types_create(void);
void media_types_destroy(struct media_types **types);

/* The place of `name`, which may be of any bytes, used once more until it is released. 0: it is empty, too
 * long, or all places are in use. */
uint16_t media_types_take(struct media_types *types, struct slice name);
/* Another use of one that is in use, and the end of one. Of 0 they do nothing. */
void media_types_use(struct media_types *types, uint16_t type);
void media_types_release(struct media_types *types, uint16_t type);

/* What stands there, as long as the caller, or an entry whose shard it has locked, uses it; of 0 the empty
 * slice. */
struct slice media_types_name(const struct media_types *types, uint16_t type);

/* Names that are in use. */
size_t media_types_len(struct media_types *types);

#endif
