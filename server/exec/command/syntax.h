/*
 * syntax.h - the arguments of a command, as a tree read from its row's syntax string.
 *
 * The string is written as redis.io writes it:
 *
 *     key value [NX | XX] [GET] [EX seconds | KEEPTTL]     key value [key value ...]     <YES | NO>
 *
 * A word without lower-case letters is a token that stands for itself, any other is a placeholder; [ ] may be
 * left out; | is a choice of which < > or [ ] give the bounds; [ ... ] with three dots at its end repeats
 * what stands before it, or, when that is something else, its own contents from zero times on.
 *
 * From the tree follow the arity, the `arguments` of COMMAND DOCS, and the streams of the differential test.
 *
 * Threads: no state. Errors: a malformed syntax breaks a contract, since rows are our own.
 */
#ifndef SERVER_EXEC_COMMAND_SYNTAX_H
#define SERVER_EXEC_COMMAND_SYNTAX_H

#include <stdbool.h>
#include <stddef.h>

#include "server/exec/command/command.h"

/* As COMMAND DOCS names them. */
enum syntax_type {
    SYNTAX_STRING,
    SYNTAX_INTEGER,
    SYNTAX_DOUBLE,
    SYNTAX_KEY,
    SYNTAX_PATTERN,
    SYNTAX_UNIX_TIME,
    SYNTAX_PURE_TOKEN, /* the word in `token` and nothing else */
    SYNTAX_ONEOF,      /* exactly one of the children */
    SYNTAX_BLOCK,      /* all of the children, in order */
};

struct syntax_argument;

struct syntax {
    struct syntax_argument *items;
    size_t len;
};

struct syntax_argument {
    enum syntax_type type;
    char *name;          /* the placeholder, the token in lower case, or made of the children's names */
    char *token;         /* a word sent before the argument ("EX"); NULL: none */
    bool optional;       /* may be left out; meaningless in a child of SYNTAX_ONEOF, of which one is chosen */
    bool multiple;       /* may be repeated */
    bool multiple_token; /* and the token with it, each time: PREFIX a PREFIX b */
    int key_spec;        /* SYNTAX_KEY: index into the row's `keys`; else -1 */
    struct syntax parts; /* of SYNTAX_ONEOF and SYNTAX_BLOCK */
};

/* The arguments of `row`, of which `names` words stand before: 1, of a subcommand 2. Give back with
 * syntax_clear(). */
void syntax_init(struct syntax *syntax, const struct command *row, int names);
void syntax_clear(struct syntax *syntax);

/* Number of words that a call has, `names` included; negative: at least as many. */
int syntax_arity(const struct syntax *syntax, int names);

/* "pure-token", "unix-time", ... */
const char *syntax_type_name(enum syntax_type type);

#endif
