/*
 * scan_options.h - the words behind the cursor of SCAN, HSCAN, SSCAN and ZSCAN.
 *
 * Threads: no state of its own.
 */
#ifndef SERVER_COMMANDS_KEY_SCAN_OPTIONS_H
#define SERVER_COMMANDS_KEY_SCAN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;

/* Those that not every command knows; MATCH and COUNT each does. */
enum scan_word {
    SCAN_WORD_TYPE = 1 << 0,
    SCAN_WORD_NOVALUES = 1 << 1,
    SCAN_WORD_NOSCORES = 1 << 2,
};

struct scan_options {
    int64_t count;        /* at least 1 */
    struct slice pattern; /* data is NULL: any */
    struct slice type;    /* the same */
    bool no_values;       /* and no scores */
};

/* What stands from argv[from] on. False: an error has been replied. */
bool scan_options_read(struct scan_options *options, struct call *call, int from, unsigned words);

/* Does the pattern let `name` through? */
bool scan_options_match(const struct scan_options *options, struct slice name);

#endif
