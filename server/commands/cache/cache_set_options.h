/*
 * cache_set_options.h - the words behind the value of CACHE SET.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_SET_OPTIONS_H
#define SERVER_COMMANDS_CACHE_CACHE_SET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/entry/dress.h"

struct call;

struct cache_set_options {
    struct slice token; /* data is NULL where these three were not given */
    struct slice version;
    struct slice type;
    bool timed;
    int64_t deadline_ms; /* soft; ENTRY_NO_DEADLINE: none */
    bool graced;
    int64_t grace_ms;
    int64_t cost_ms; /* -1: not given */
    int64_t jitter_percent;
    unsigned tag_count;
    uint64_t tags[DRESS_TAGS_MAX];
};

/* False: an error was replied. */
bool cache_set_options_read(struct call *call, struct cache_set_options *options);

#endif
