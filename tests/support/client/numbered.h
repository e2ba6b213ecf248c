/*
 * numbered.h - commands with as many arguments as a large collection needs.
 *
 *     ask_numbered(&client, "HSET h", PREFIXES("field:", "value:"), 0, 1000)
 *
 * sends HSET h field:0 value:0 field:1 value:1 ...
 *
 * Threads: one owner of the client.
 */
#ifndef TESTS_SUPPORT_CLIENT_NUMBERED_H
#define TESTS_SUPPORT_CLIENT_NUMBERED_H

#include <stdint.h>

#include "tests/support/client/client.h"

#define PREFIXES(...)                                                                                        \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

/* The integer that is replied, or -1 for anything else. The numbers go from `from` to below `to`. */
int64_t ask_numbered(struct client *client, const char *command, const char *const *prefixes, int from,
                     int to);

#endif
