/*
 * words.h - a line of configuration as words, with Redis's quoting.
 *
 * Splitting is that of proto/inline_words.h, over a copy of the line; this keeps the words together.
 *
 * Ownership: lives in the caller's memory, all zero is empty, words_clear() frees. The slices are good until
 * the next words_split() or words_clear(). Threads: one owner.
 */
#ifndef SERVER_CONFIG_TEXT_WORDS_H
#define SERVER_CONFIG_TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct words {
    struct slice *list;
    size_t count;
    size_t cap;
    struct buffer bytes; /* what the slices point into */
};

/* False when quotes are not balanced; `words` is then empty. */
bool words_split(struct words *words, struct slice line);
/* At each space, without quoting: two that follow each other have an empty word between them. An empty line
 * has none. */
void words_split_plain(struct words *words, struct slice line);
void words_clear(struct words *words);

/* Append `text` in double quotes, so that words_split() gives it back. */
void words_quote(struct buffer *out, struct slice text);
/* The same, without quotes where none are needed. */
void words_quote_if_needed(struct buffer *out, struct slice text);
/* Without white space at either end. */
struct slice words_trim(struct slice text);

#endif
