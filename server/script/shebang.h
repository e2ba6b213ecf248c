/*
 * shebang.h - the first line of a script, if it is "#!lua ...": what it says of itself.
 *
 *     #!lua flags=no-writes,allow-oom
 *
 * Threads: no state.
 */
#ifndef SERVER_SCRIPT_SHEBANG_H
#define SERVER_SCRIPT_SHEBANG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct reply;

struct shebang {
    uint32_t flags; /* of enum script_flag */
    size_t len;     /* without the line's end, which stays so that lines are counted right */
};

/* Of enum script_flag; 0: there is none of that name. */
uint32_t shebang_flag(struct slice name);
/* The name of one. */
struct slice shebang_flag_name(uint32_t flag);

/* False: it is wrong, as was replied. */
bool shebang_read(struct slice text, struct shebang *shebang, struct reply *reply);

#endif
