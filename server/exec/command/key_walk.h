/*
 * key_walk.h - which arguments of a call are keys: the one reader of a row's key specs.
 *
 *     struct key_walk walk = key_walk(command->row, argv, argc);
 *     while (key_next(&walk)) visit(argv[walk.arg], walk.spec->use);
 *
 * Keys come spec by spec. A call that says its keys wrongly has none by that spec, and its handler must reply
 * the error before it reaches for one: the number of keys is none, below 1, or larger than what follows.
 *
 * One key in a fixed place is the usual case, for which command_info is enough: `one_key`, `first_key`. On
 * the path of a request it is asked first.
 *
 * Threads: no state.
 */
#ifndef SERVER_EXEC_COMMAND_KEY_WALK_H
#define SERVER_EXEC_COMMAND_KEY_WALK_H

#include <stdbool.h>

#include "proto/base/slice.h"
#include "server/exec/command/command.h"

struct key_walk {
    int arg;                     /* of the key */
    const struct key_spec *spec; /* by which it was found */
    bool broken;                 /* a number of keys was wrong */
    bool derived;                /* there are more, whose names only values tell */
    /* Its own. */
    const struct command *row;
    const struct slice *argv;
    int argc;
    int next; /* of the spec begun last */
    int last;
    int specs; /* that were begun */
};

/* Before the first key. Borrows all. */
struct key_walk key_walk(const struct command *row, const struct slice *argv, int argc);
/* The first key of the next spec that has one. */
bool key_next_found(struct key_walk *walk);

/* False: there are no more; `broken` and `derived` are certain then. Inline for ranges: MGET and its like. */
static inline bool key_next(struct key_walk *walk)
{
    if (walk->next > walk->last) return key_next_found(walk);
    walk->arg = walk->next;
    walk->next += walk->spec->step;
    return true;
}

/* The place of the first key of a call that is right; 0: there is none. */
int key_first(const struct command *row);
/* Is `argument` the word of `spec`, which has one, or one of them? */
bool key_word_is(const struct key_spec *spec, struct slice argument);
/* Is there one that no range of places covers? */
bool key_places_vary(const struct command *row);

#endif
