/*
 * wanted.h - the prefixes of keys that clients have asked to be told of, and which clients.
 *
 * In rising order of their bytes, so that keys in that order match a prefix as one run. Whether a key matches
 * any of them costs one search for each length that a prefix has, not one comparison for each prefix.
 *
 * Ownership: lives in the caller's memory, all zero is an empty one; the texts are its own. Threads: its
 * owner's lock.
 */
#ifndef SERVER_EVENTS_TRACKING_WANTED_H
#define SERVER_EVENTS_TRACKING_WANTED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/slice.h"

/* The clients of one prefix, by their numbers (trackers.h). */
struct wanted_prefix {
    struct slice text;
    uint32_t *numbers; /* in rising order */
    size_t len;
    size_t cap;
};

/* How many prefixes are of one length. */
struct wanted_length {
    size_t bytes;
    size_t count;
};

struct wanted {
    struct wanted_prefix *items;
    size_t len;
    struct wanted_length *lengths; /* in rising order */
    size_t length_count;
};

void wanted_clear(struct wanted *wanted);
/* A client wants to be told of keys that begin with one of `texts`, which are in rising order, each once. It
 * may have said so before. */
void wanted_add(struct wanted *wanted, const struct slice *texts, size_t count, uint32_t number);
/* It does not any more. A prefix without clients is gone. */
void wanted_remove(struct wanted *wanted, const struct slice *texts, size_t count, uint32_t number);
/* Does the key begin with any of them? */
bool wanted_match(const struct wanted *wanted, struct slice key);

void wanted_check(const struct wanted *wanted);

/* How bytes are compared here: as memcmp(), and what is shorter first. */
int prefix_compare(struct slice a, struct slice b);
static inline bool prefix_begins(struct slice prefix, struct slice text)
{
    return prefix.len <= text.len && (prefix.len == 0 || memcmp(prefix.data, text.data, prefix.len) == 0);
}

#endif
