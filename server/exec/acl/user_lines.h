/*
 * user_lines.h - users as text: the lines of an ACL file, and rules that came as several words.
 *
 * Threads: no state.
 */
#ifndef SERVER_EXEC_ACL_USER_LINES_H
#define SERVER_EXEC_ACL_USER_LINES_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/exec/acl/roll.h"

struct command_table;

/* The words of a rule in parentheses may come apart. Joins them: returns how many rules there are in `rules`,
 * whose joined texts are in `memory`; SIZE_MAX: `*open` is a parenthesis that is not closed. `rules` has room
 * for `count`. */
size_t user_lines_join(const struct slice *words, size_t count, struct slice *rules, struct buffer *memory,
                       struct slice *open);

struct user_lines {
    const struct command_table *commands;
    bool all_channels;  /* of new users: user.h */
    const char *source; /* what the text is called in complaints */
};

/* Adds the users of a text to `roll`, and every complaint, Redis's, to `complaint`. */
void user_lines_read(const struct user_lines *source, struct slice text, struct roll *roll,
                     struct buffer *complaint);

#endif
