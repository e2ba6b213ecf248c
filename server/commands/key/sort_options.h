/*
 * sort_options.h - what SORT is told to do.
 *
 * Threads: as handlers. Ownership: `gets` is freed with sort_options_clear(); slices are the call's.
 */
#ifndef SERVER_COMMANDS_KEY_SORT_OPTIONS_H
#define SERVER_COMMANDS_KEY_SORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "server/commands/key/sort_pattern.h"

struct call;

struct sort_options {
    struct sort_pattern by; /* meaningful with `has_by` */
    bool has_by;
    bool unordered; /* BY something without a star, once: nothing is sorted */
    bool descending;
    bool alpha;
    int64_t skip;
    int64_t limit; /* negative: all */
    int store_arg; /* 0: none */
    struct sort_pattern *gets;
    size_t get_count;
};

/* False: replied. To be cleared in either case. */
bool sort_options_read(struct sort_options *options, struct call *call, bool may_store);
void sort_options_clear(struct sort_options *options);

/* Of `len` elements those that are wanted, counted in the order of the reply. */
size_t sort_options_range(const struct sort_options *options, size_t len, size_t *from);

#endif
