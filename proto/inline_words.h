/*
 * inline_words.h - a line that a person typed, cut into words.
 *
 * Words are separated by white space. Double quotes understand \xHH, \n, \r, \t, \b, \a and a backslash
 * before any other byte; single quotes only \'. A closing quote must end its word. Unquoting never makes a
 * word longer.
 *
 * Used for inline requests and for the lines of a configuration file. Threads: no state.
 */
#ifndef PROTO_INLINE_WORDS_H
#define PROTO_INLINE_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

enum inline_word { INLINE_WORD, INLINE_END, INLINE_UNBALANCED };

/* The words still to come of a line. */
struct inline_words {
    const char *line;
    const char *at;
    const char *end;
    char *room; /* as long as the line: words with quotes are written there, at their place in the line */
};

/* `room` may be the line itself, if its words are asked for only once; it may be NULL where there are no
 * quotes. Both are the caller's, and outlive the words. */
struct inline_words inline_words_of(struct slice line, char *room);
bool inline_words_have_quotes(struct slice line);

/* The next word in `*word`, a slice of the line or of the room. INLINE_UNBALANCED for a quote that is not
 * closed or whose word goes on behind it. */
enum inline_word inline_words_next(struct inline_words *words, struct slice *word);

#endif
