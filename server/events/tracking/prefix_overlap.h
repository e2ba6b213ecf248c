/*
 * prefix_overlap.h - whether a key could begin with two of a client's prefixes, which is not allowed.
 *
 * Redis compares each with each. Here they are sorted first, as a client may send a million of them.
 *
 * Threads: no state.
 */
#ifndef SERVER_EVENTS_TRACKING_PREFIX_OVERLAP_H
#define SERVER_EVENTS_TRACKING_PREFIX_OVERLAP_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct prefix_overlap {
    struct slice given; /* one of those that were given */
    struct slice other;
    bool is_new; /* the other was given as well */
};

/* The first of `given`, in the order they are in, that overlaps with one of `existing`, which are in rising
 * order, or with one given behind it. False: none. */
bool prefix_overlap_find(const struct slice *existing, size_t existing_count, const struct slice *given,
                         size_t given_count, struct prefix_overlap *overlap);

/* The same texts in rising order, each once; returns how many. */
size_t prefix_sort(struct slice *texts, size_t count);

#endif
