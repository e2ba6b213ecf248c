/*
 * prefix.h - the part of a key's name by which keys belong together.
 *
 * `user:1:name` is one of `user`: what stands before the first delimiter, or before the second or third where
 * the rule goes deeper. A name with fewer delimiters belongs to what stands before its last; one with none,
 * to the empty prefix. Of a long prefix its beginning counts.
 *
 * Threads: no state.
 */
#ifndef SERVER_OBSERVE_KEYS_PREFIX_H
#define SERVER_OBSERVE_KEYS_PREFIX_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

#define PREFIX_NAME_MAX      64
#define PREFIX_DELIMITER_MAX 8
#define PREFIX_DEPTH_MAX     3

struct prefix_rule {
    char delimiter[PREFIX_DELIMITER_MAX];
    size_t len;     /* of the delimiter; 0: all names have the empty prefix */
    unsigned depth; /* 1 to PREFIX_DEPTH_MAX */
};

/* A longer delimiter is cut. */
struct prefix_rule prefix_rule_make(struct slice delimiter, unsigned depth);
bool prefix_rule_equal(const struct prefix_rule *a, const struct prefix_rule *b);

/* A part of `name`. */
struct slice prefix_of(const struct prefix_rule *rule, struct slice name);

#endif
