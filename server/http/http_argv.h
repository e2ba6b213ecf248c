/*
 * http_argv.h - the words of a command, as a request makes them.
 *
 * Threads: one owner, for the time of one call. Words are borrowed but for numbers, which are written here.
 */
#ifndef SERVER_HTTP_HTTP_ARGV_H
#define SERVER_HTTP_HTTP_ARGV_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/base/slice.h"

#define HTTP_TAGS_MAX    64
#define HTTP_ARGV_MAX    (HTTP_TAGS_MAX + 24)
#define HTTP_NUMBERS_MAX 8

struct http_argv {
    size_t len;
    size_t numbers;
    struct slice items[HTTP_ARGV_MAX];
    char digits[HTTP_NUMBERS_MAX][NUMBER_I64_MAX];
};

static inline void http_argv_add(struct http_argv *argv, struct slice word)
{
    REQUIRE(argv->len < HTTP_ARGV_MAX);
    argv->items[argv->len++] = word;
}

static inline void http_argv_add_number(struct http_argv *argv, int64_t number)
{
    REQUIRE(argv->numbers < HTTP_NUMBERS_MAX);
    char *digits = argv->digits[argv->numbers++];
    http_argv_add(argv, slice_of(digits, number_format_i64(digits, number)));
}

#endif
