/*
 * string_options.h - the words behind SET, GETEX and MSETEX.
 *
 * They are all read before anything else happens: a word that is not understood, or contradicts another, is a
 * syntax error whatever the key holds. Times are numbers only after that, when the command gets to them.
 *
 * Threads: no state of its own.
 */
#ifndef SERVER_COMMANDS_STRING_STRING_OPTIONS_H
#define SERVER_COMMANDS_STRING_STRING_OPTIONS_H

#include <stdbool.h>

#include "server/commands/key/deadline.h"
#include "server/commands/string/string_condition.h"

struct call;
struct slice;

/* All zero: none. */
struct string_options {
    enum string_condition condition;
    int condition_arg;       /* SET: what it compares with; 0: it compares with nothing */
    bool get;                /* SET: reply the old value */
    bool keep_ttl;           /* SET, MSETEX */
    bool persist;            /* GETEX */
    int time_arg;            /* where the time stands; 0: none is given */
    enum deadline_unit unit; /* of that time */
};

/* The options from argv[from] on. False: a syntax error has been replied. */
bool string_options_read_set(struct string_options *options, struct call *call, int from);
bool string_options_read_getex(struct string_options *options, struct call *call, int from);
bool string_options_read_msetex(struct string_options *options, struct call *call, int from);
/* False: a syntax error, of which nobody is told. */
bool string_options_parse_set(struct string_options *options, const struct slice *argv, int argc, int from);

#endif
