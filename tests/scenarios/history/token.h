/*
 * token.h - what a write leaves behind in a value, so that whoever reads it knows which write it was.
 *
 * A token is 16 bytes, "001234.00000042;": the key it was written to and the number of the write among those
 * of the key. A value is nothing but tokens, so APPEND and SETRANGE at a multiple of 16 keep it readable.
 *
 * Threads: no state.
 */
#ifndef TESTS_SCENARIOS_HISTORY_TOKEN_H
#define TESTS_SCENARIOS_HISTORY_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

#define TOKEN_BYTES    16
#define TOKEN_KEYS_MAX 1000000

struct token {
    uint32_t key;   /* history.h: id */
    uint32_t write; /* history.h: number */
};

void token_write(char out[static TOKEN_BYTES], struct token token);

/* False: the bytes are no token. */
bool token_read(const char *bytes, struct token *token);

/* Number of tokens in `value`; 0 when it is not made of whole ones. */
size_t token_count(struct slice value);

#endif
