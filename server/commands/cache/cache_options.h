/*
 * cache_options.h - the words behind the key of CACHE GET.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_CACHE_CACHE_OPTIONS_H
#define SERVER_COMMANDS_CACHE_CACHE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;

#define CACHE_LEASE_MAX_MS 600000
#define CACHE_WAIT_MAX_MS  60000

struct cache_get_options {
    int64_t lease_ms;
    int64_t wait_ms;
    bool peeks; /* wants no lease */
    bool fresh; /* does not want a stale value */
    bool meta;
    bool versioned;
    struct slice version;
};

/* False: an error was replied. */
bool cache_get_options_read(struct call *call, struct cache_get_options *options);

#endif
