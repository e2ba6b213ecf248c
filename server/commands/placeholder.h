/*
 * placeholder.h - what the words of a syntax mean: `seconds` is an integer, `[NX | XX]` a condition.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_PLACEHOLDER_H
#define SERVER_COMMANDS_PLACEHOLDER_H

#include "server/commands/syntax.h"

/* The type of what stands for `name` in the syntax of `command`; SYNTAX_STRING unless it is known better. */
enum syntax_type placeholder_type(const char *command, const char *name);

/* What Redis calls a choice whose first alternative is `token`; NULL: made of the alternatives' names. */
const char *placeholder_choice_name(const char *token);

#endif
