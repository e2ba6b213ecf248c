/*
 * block_timeout.h - how long a command may wait, as its argument says: seconds, fractions of them as well.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_COLLECTION_BLOCK_TIMEOUT_H
#define SERVER_COMMANDS_COLLECTION_BLOCK_TIMEOUT_H

#include <stdbool.h>
#include <stdint.h>

struct call;

/* Until when, in Unix time; BLOCKING_FOR_EVER for 0. Whole milliseconds, rounded up. False: replied. */
bool block_timeout_read(struct call *call, int arg, int64_t *until_ms);

#endif
