/*
 * placeholder.h - what the words of a syntax mean: `seconds` is an integer, `[NX | XX]` a condition.
 *
 * Threads: no state.
 */
#ifndef SERVER_EXEC_COMMAND_PLACEHOLDER_H
#define SERVER_EXEC_COMMAND_PLACEHOLDER_H

#include <stdbool.h>

#include "server/exec/command/syntax.h"

/* The type of what stands for `name` in the syntax of `command`; SYNTAX_STRING unless it is known better. */
enum syntax_type placeholder_type(const char *command, const char *name);

/* What Redis calls an option that is the word `token` and nothing else; NULL: the word in lower case. */
const char *placeholder_token_name(const char *command, const char *token);
/* A choice whose first alternative begins with `token`, or has that name; NULL: it is made of the
 * alternatives' names. `again`: there was a choice before it. */
const char *placeholder_choice_name(const char *command, const char *token, bool again);
/* What belongs together and begins with what is called `first`; NULL: as a choice. */
const char *placeholder_block_name(const char *command, const char *first);

#endif
