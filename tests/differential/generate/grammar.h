/*
 * grammar.h - the syntax of a command, read from the words of its row into a tree.
 *
 *     key value [NX | XX] [GET] [EX seconds | PX milliseconds | KEEPTTL]
 *     key value [key value ...]        a group in brackets that ends in dots may repeat
 *     <LEFT | RIGHT>                   a choice that must be made
 *
 * Words without a lower-case letter stand for themselves; the others name what belongs in their place.
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_GRAMMAR_H
#define TESTS_DIFFERENTIAL_GENERATE_GRAMMAR_H

#include "proto/base/slice.h"
#include "tests/differential/generate/arena.h"

enum grammar_kind {
    GRAMMAR_SEQUENCE,    /* all children in order */
    GRAMMAR_CHOICE,      /* one of the children */
    GRAMMAR_OPTIONAL,    /* its child or nothing */
    GRAMMAR_REPEAT,      /* its child any number of times */
    GRAMMAR_TOKEN,       /* `text` itself */
    GRAMMAR_PLACEHOLDER, /* an argument, named `text` */
};

struct grammar {
    enum grammar_kind kind;
    struct slice text;
    struct grammar *child; /* the first */
    struct grammar *next;  /* sibling */
};

/* The tree lives in `arena`, its texts in `text`. NULL: brackets that do not match. */
const struct grammar *grammar_parse(struct arena *arena, const char *text);

/* Call `visit` for every token and placeholder. */
void grammar_each_word(const struct grammar *syntax, void (*visit)(void *context, const struct grammar *word),
                       void *context);

#endif
