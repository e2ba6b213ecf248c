/*
 * config_file.h - the text of a configuration: lines, comments, directives.
 *
 * A line is empty, a comment, or a directive: a name in any case and its words. Only the text is looked at;
 * what a directive means, `include` too, is the visitor's business.
 *
 * Threads: no state.
 */
#ifndef SERVER_CONFIG_TEXT_CONFIG_FILE_H
#define SERVER_CONFIG_TEXT_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct directive {
    struct slice name;
    const struct slice *words; /* behind the name */
    size_t count;
    size_t line;       /* counted from 1 */
    struct slice text; /* the whole line without surrounding white space */
};

/* Called per directive, in order; the slices are good during the call. False stops: with a complaint in the
 * buffer, or with none when the visitor has written the report itself. */
typedef bool (*directive_visit)(void *context, const struct directive *directive, struct buffer *complaint);

/* False when a line is broken or refused; `report` then holds what a user should read. */
bool config_file_parse(struct slice text, directive_visit visit, void *context, struct buffer *report);

/* The report about a line, in the form that Redis's users know. */
void config_file_report(struct buffer *report, size_t line, struct slice text, const char *complaint);
/* The same about the configuration as a whole. */
void config_file_report_whole(struct buffer *report, const char *complaint);

/* Take the next line from the front of `*rest`, without its newline. False at the end; a text that ends with
 * a newline ends with an empty line. `*rest` starts out as the text and must not be changed between calls. */
bool config_file_next_line(struct slice *rest, struct slice *line);

#endif
