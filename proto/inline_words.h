/*
 * inline_words.h - a line that a person typed, cut into words.
 *
 * Words are separated by white space. Double quotes understand \xHH, \n, \r, \t, \b, \a and a backslash
 * before any other byte; single quotes only \'. A closing quote must end its word. Words are unquoted in
 * place, which never makes them longer.
 *
 * Used for inline requests and for the lines of a configuration file. Threads: no state.
 */
#ifndef PROTO_INLINE_WORDS_H
#define PROTO_INLINE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

enum inline_word { INLINE_WORD, INLINE_END, INLINE_UNBALANCED };

/* The words still to come of a line in the caller's memory. */
struct inline_words {
    char *at;
    char *end;
};

/* The next word in `*word`, a slice of the line, which has been written to up to its end. INLINE_UNBALANCED
 * for a quote that is not closed or whose word goes on behind it. */
enum inline_word inline_words_next(struct inline_words *words, struct slice *word);

#endif
