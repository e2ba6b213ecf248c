/*
 * utf8.h - which bytes are a character in UTF-8 (RFC 3629).
 *
 * Threads: no state.
 */
#ifndef PROTO_BASE_UTF8_H
#define PROTO_BASE_UTF8_H

#include <stddef.h>

/* How many of the `left` bytes at `at`, of which there is one, are one character; 0: they are none. */
size_t utf8_character_len(const char *at, size_t left);

#endif
