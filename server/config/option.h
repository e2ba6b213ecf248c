/*
 * option.h - one row per name that a configuration may hold.
 *
 * Everything about a setting follows from its row: how its value is read and shown, which values are refused,
 * whether CONFIG SET may change it, where it is kept, what --help and docs/configuration.md say. The rows
 * stand in server/config/options/, a file per group.
 *
 * The value of a row is kept as the canonical text that CONFIG GET shows, beside a number where it has one.
 *
 * Threads: rows are constant.
 */
#ifndef SERVER_CONFIG_OPTION_H
#define SERVER_CONFIG_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/settings.h"

enum option_kind {
    OPTION_BOOL,    /* yes, no */
    OPTION_INT,     /* min to max */
    OPTION_OCTAL,   /* a file mode */
    OPTION_MEMORY,  /* bytes with an optional unit */
    OPTION_RAM,     /* the same, or `N%` of the memory this process may have */
    OPTION_PERCENT, /* the same, or `N%`, kept as the number -N */
    OPTION_ENUM,    /* one of `choices` */
    OPTION_TEXT,    /* anything */
    OPTION_MULTI,   /* several words, read by `format` */
    OPTION_ALIAS,   /* another name of `of` */
};

enum option_flag {
    OPTION_IMMUTABLE = 1 << 0, /* not by CONFIG SET */
    OPTION_PROTECTED = 1 << 1, /* by CONFIG SET only when enable-protected-configs says so */
    OPTION_HIDDEN = 1 << 2,    /* CONFIG GET shows it only when it is asked for by its full name */
    OPTION_VOLATILE = 1 << 6,  /* it names what may have changed: to set it again is a change */
    OPTION_BINARY = 1 << 4,    /* a text that may hold a NUL */
    OPTION_IGNORED = 1 << 3,   /* known to Redis and kept, but nothing acts on it */
    OPTION_UPSTREAMS = 1 << 5, /* about what an upstream holds and does: CONFIG asks it, where there is one */
};

struct option_choice {
    const char *name; /* NULL ends the list */
    int64_t value;
};

/* What a value of several words is read from. */
struct option_words {
    const struct slice *words;
    size_t count;
    struct slice current; /* the canonical text so far */
    bool fresh;           /* replaces what there is; false: another line of a file adds to it */
};

/* How a value of several words is read: `out`, which is empty, becomes the canonical text. False with Redis's
 * complaint in `error`. `publish` may be NULL. */
struct option_format {
    bool whole; /* one word, never cut at blanks */
    bool (*read)(const struct option_words *source, struct buffer *out, struct buffer *error);
    void (*publish)(struct slice text, struct settings *settings);
};

struct option {
    const char *name; /* NULL ends a table */
    enum option_kind kind;
    size_t field;                       /* FIELD(): where the number is published; 0: nowhere */
    enum setting_text text;             /* where the text is published; TEXT_NONE: nowhere */
    int64_t min, max;                   /* both zero: no limit but that of the kind */
    int64_t floor, ceiling;             /* when not both zero: an accepted number outside is brought inside */
    int64_t (*resolve)(int64_t number); /* what a number stands for, such as 0 for automatic */
    const char *(*complaint)(struct slice text); /* NULL: a good text */
    /* How CONFIG GET shows a text that holds a secret; NULL: as it is. */
    void (*show)(struct slice text, struct buffer *out);
    const struct option_choice *choices;
    const struct option_format *format;
    const char *of;     /* the name an alias stands for */
    const char *preset; /* the default, as it would be written; NULL: empty */
    unsigned flags;
    const char *shown_preset; /* for the documentation, where the default depends on the machine */
    const char *summary;
};

#define FIELD(name) .field = offsetof(struct settings, name)

struct option_group {
    const char *title; /* NULL ends the list */
    const struct option *rows;
};

/* All rows, by group. */
extern const struct option_group option_groups[];

/* Is the name, in any case, one of an OPTION_UPSTREAMS or of its alias? */
bool option_is_upstreams(struct slice name);

#endif
