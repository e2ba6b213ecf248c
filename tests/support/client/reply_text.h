/*
 * reply_text.h - a reply as redis-cli prints it: what tests say they expect.
 *
 *     OK    "v"    (nil)    (integer) 1    (error) ERR syntax error    (empty array)    (true)
 *     1) "a"       arrays, one element a line; inner ones are indented
 *     1~ "a"       sets                    1# "k" => (integer) 1       maps
 *
 * There is no newline after the last line.
 */
#ifndef TESTS_SUPPORT_CLIENT_REPLY_TEXT_H
#define TESTS_SUPPORT_CLIENT_REPLY_TEXT_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* Append the text of one whole reply. Bytes that are no reply are quoted behind the word "garbage". */
void reply_text(struct buffer *out, struct slice reply);

#endif
