/*
 * http_chars.h - which bytes may stand where in a message (RFC 9110, 5.5 and 5.6.2).
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_CHARS_H
#define PROTO_HTTP_FIELDS_HTTP_CHARS_H

#include <stdbool.h>

#include "proto/base/slice.h"

static inline bool http_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool http_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Of a method, or the name of a field. */
static inline bool http_is_token_char(char c)
{
    return http_is_alpha(c) || http_is_digit(c) || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/* Of the value of a field: anything but control characters, a tab apart. */
static inline bool http_is_value_char(char c)
{
    return (unsigned char)c >= ' ' ? c != 0x7f : c == '\t';
}

static inline bool http_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* 0 to 15; -1: no digit. */
static inline int http_hex_digit(char c)
{
    if (http_is_digit(c)) return c - '0';
    char lower = (char)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool http_is_token(struct slice text);
/* Nothing in it ends a line or means something to a terminal. */
bool http_is_value(struct slice text);
/* Without blanks at its ends. */
struct slice http_trim(struct slice text);

#endif
