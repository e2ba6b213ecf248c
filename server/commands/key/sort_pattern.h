/*
 * sort_pattern.h - BY and GET of SORT: from an element to a value that a key with the element in its name
 * holds.
 *
 *     weight_*            the string of the key weight_ELEMENT
 *     object_*->price     the field `price` of the hash object_ELEMENT
 *     #                   the element itself
 *     anything else       nothing
 *
 * As in Redis a zero byte ends what is searched for stars and arrows, though not what follows them.
 *
 * Threads: as handlers. Ownership: a pattern is slices of the argument that it was made of.
 */
#ifndef SERVER_COMMANDS_KEY_SORT_PATTERN_H
#define SERVER_COMMANDS_KEY_SORT_PATTERN_H

#include <stdbool.h>

#include "proto/base/slice.h"
#include "storage/types/blocks/atom.h"

struct buffer;
struct call;

struct sort_pattern {
    enum { SORT_PATTERN_CONSTANT, SORT_PATTERN_ELEMENT, SORT_PATTERN_STRING, SORT_PATTERN_FIELD } kind;
    struct slice before; /* of the star */
    struct slice behind;
    struct slice field;
};

struct sort_pattern sort_pattern_of(struct slice text);

/* It has a star. */
static inline bool sort_pattern_varies(const struct sort_pattern *pattern)
{
    return pattern->kind == SORT_PATTERN_STRING || pattern->kind == SORT_PATTERN_FIELD;
}

/* False: there is nothing. What is found is good while nothing is written. All shards are open. `name` is
 * memory to write keys to, the same for many calls. */
bool sort_pattern_find(const struct sort_pattern *pattern, struct call *call, const struct atom *element,
                       struct buffer *name, struct atom *found);

#endif
