/*
 * catalogue.h - the commands that streams are made of, with their syntax understood.
 *
 * Threads: immutable after catalogue_create().
 */
#ifndef TESTS_DIFFERENTIAL_GENERATE_CATALOGUE_H
#define TESTS_DIFFERENTIAL_GENERATE_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct grammar;

/* What the command table, or a test, says of one command. */
struct catalogue_source {
    const char *name; /* "get", "client|list" */
    const char *syntax;
    const char *group; /* of COMMAND DOCS: which keys it mostly meets; NULL: any */
};

struct catalogue_row {
    const char *name;
    struct slice words[2]; /* the name as it is sent */
    size_t word_count;
    const struct grammar *syntax;
    const char *group;
    bool timed;   /* takes a deadline: numbers must not make one that passes during the test */
    bool careful; /* is only called as its syntax says */
    bool keyed;   /* takes keys */
    bool draws;   /* a negative number may make it reply with that many elements */
    bool skipped; /* the divergences say it is not to be generated */
};

struct catalogue {
    struct catalogue_row *rows;
    size_t len;
    struct slice *tokens; /* every option word of every command */
    size_t token_count;
    unsigned *wheel; /* indexes of rows that are not skipped, those with keys more often */
    size_t wheel_len;
};

struct divergences;

/* `sources` is borrowed. A syntax that cannot be read ends the test. */
struct catalogue *catalogue_create(const struct catalogue_source *sources, size_t len,
                                   const struct divergences *divergences);
void catalogue_destroy(struct catalogue **catalogue);

#endif
