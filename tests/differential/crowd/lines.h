/*
 * lines.h - what the clients of a generated script say.
 *
 * A line is a command, or several with ` | ` between them, which leave in one write. What follows a dollar is
 * drawn anew each time: $text is a key that mostly holds a string, $channel a channel, and so on.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_LINES_H
#define TESTS_DIFFERENTIAL_CROWD_LINES_H

#include <stddef.h>

#include "proto/base/slice.h"

struct random;

/* What a script may be about. */
enum theme {
    THEME_DATA, /* always */
    THEME_TRANSACTIONS,
    THEME_PUBSUB,
    THEME_NOTIFICATIONS,
    THEME_TRACKING,
    THEME_BLOCKING,
    THEME_CLIENTS,
    THEME_TIME,
    THEME_COUNT,
};

struct line {
    enum theme theme;
    unsigned weight; /* among the lines of its theme */
    const char *text;
};

/* "tracking": for options. THEME_COUNT: there is none of this name. */
enum theme theme_find(const char *name);

/* A line that every script about `theme` begins with, or NULL. */
const char *lines_opening(enum theme theme, struct random *random);
const struct line *lines_draw(enum theme theme, struct random *random);

/* What stands for the word `name` behind a dollar; `clients` are in the script. Lives for ever. */
const char *lines_word(struct slice name, size_t clients, struct random *random);

#endif
