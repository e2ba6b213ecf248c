/*
 * content.h - what a write puts into a collection, so that whoever reads a part of it knows which write it
 * was.
 *
 *     hash     f0, f1 ...   each a value of tokens (token.h)
 *     set      token/0, token/1 ...
 *     list     token, token ...
 *     zset     m0, m1 ...   with scores that say the write, and turn the members' order with it
 *     stream   v = token, v = token ...
 *     sketch   e0, e1 ...   of which only the count says something
 *
 * A write of a whole makes a number of elements that follows from its own; one in a while makes hundreds. One
 * into what is there replaces the first six elements, or puts its own in front of the others or behind them.
 *
 * Threads: no state.
 */
#ifndef TESTS_SCENARIOS_CONTENT_H
#define TESTS_SCENARIOS_CONTENT_H

#include "proto/base/buffer.h"
#include "tests/scenarios/history/history.h"

#define CONTENT_PART     6
#define CONTENT_MOST     600
#define CONTENT_SKETCH   12 /* of a sketch */
#define CONTENT_WORD_MAX 32

/* A command under way. */
struct words {
    struct buffer body;
    size_t count;
};

void words_add(struct words *words, struct slice word);
void words_add_text(struct words *words, const char *text);
void words_add_number(struct words *words, int64_t number);
/* Append the command, and begin anew. */
void words_end(struct words *words, struct buffer *out);

/* Of what write `number` makes as a whole: elements, or bytes of a string. */
uint32_t content_len(enum value_type type, uint32_t number);
/* The command that adds elements to such a value; NULL: it takes one for each. */
const char *content_verb(enum value_type type);
/* The arguments of that command, behind the key, for `count` elements. */
void content_add(struct words *words, const struct history *history, enum value_type type, uint32_t number,
                 uint32_t count);
/* The payload of DUMP for such a whole. False: there is none for the type. */
bool content_dump(struct buffer *out, const struct history *history, enum value_type type, uint32_t number);

/* Names of elements. */
struct slice content_field(char out[static CONTENT_WORD_MAX], unsigned index);
struct slice content_token(char out[static CONTENT_WORD_MAX], const struct history *history, uint32_t number);
struct slice content_member(char out[static CONTENT_WORD_MAX], const struct history *history, uint32_t number,
                            unsigned index);
struct slice content_ranked(char out[static CONTENT_WORD_MAX], unsigned index);

/* The place of member `index` among `count` of a sorted set. */
unsigned content_rank(uint32_t number, unsigned index, unsigned count);
int64_t content_score(const struct history *history, uint32_t number, unsigned index, unsigned count);
/* The token of the write that has given this score. */
struct slice content_of_score(char out[static CONTENT_WORD_MAX], const struct history *history,
                              int64_t score);
/* No score of a later write is lower. */
int64_t content_least_score(const struct history *history, uint32_t number);

#endif
