/*
 * command_line.h - a command as a person writes it into redis-cli, and back.
 *
 * Words are separated by blanks; "double quotes" know \n \r \t \a \b \xHH, 'single quotes' only \'.
 * Every argument can be written so that reading it gives the same bytes.
 */
#ifndef TESTS_SUPPORT_CLIENT_COMMAND_LINE_H
#define TESTS_SUPPORT_CLIENT_COMMAND_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

#define COMMAND_LINE_WORDS 64

struct command_line {
    size_t argc;
    struct slice argv[COMMAND_LINE_WORDS]; /* into `text` */
    struct buffer text;
};

/* False: quotes that do not end, or too many words; nothing is held then. */
bool command_line_init(struct command_line *words, const char *line);
void command_line_clear(struct command_line *words);

/* Append `bytes` in double quotes, as redis-cli prints a string. */
void command_line_quote(struct buffer *out, struct slice bytes);
/* Append one argument, in quotes only where they are needed. */
void command_line_write(struct buffer *out, struct slice argument);

#endif
