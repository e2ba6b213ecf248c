/*
 * absentees.h - commands that are not here, and what became of their names.
 *
 * With an upstream a name that is not in the table may be a command of its. But rename-command speaks of
 * those as well: a command of Redis that is not here (redis_names.h) can be given another name, by which it
 * then goes up, and a name that was taken from whatever command had it is nobody's.
 *
 * Threads: immutable once the table is made.
 */
#ifndef SERVER_EXEC_SESSION_ABSENTEES_H
#define SERVER_EXEC_SESSION_ABSENTEES_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

/* One that was given another name, or none. */
struct absentee {
    const char *redis_name;
    char *name; /* lower case; NULL: none */
};

/* All zero: nothing was renamed. */
struct absentees {
    struct absentee *items;
    size_t count;
    char **left; /* names that a command was taken from, in lower case */
    size_t left_count;
};

void absentees_clear(struct absentees *absentees);

/* Is this the name of one by now? `here` tells of a command whether it is here, by any name. */
bool absentees_have(const struct absentees *absentees, const char *name,
                    bool (*here)(const void *context, const char *redis_name), const void *context);
/* Give it, which is the name of one, to another; an empty new name is none. */
void absentees_rename(struct absentees *absentees, const char *name, const char *new_name);
/* A command, here or not, has this name no more. */
void absentees_leave(struct absentees *absentees, const char *name);

/* What a name that no command here has stands for: the command's own name, which is `name` itself where
 * nothing was renamed; empty: nobody's. */
struct slice absentees_resolve(const struct absentees *absentees, struct slice name);

#endif
