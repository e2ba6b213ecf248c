/*
 * config.h - the configuration of one server: what it was started with, asked for and changed to.
 *
 * It owns the settings and the value of every row of server/config/options/. Loading happens once, before
 * there are other threads. Afterwards the CONFIG command reads and changes it here, and whoever must do
 * something about a change (listen on another port, open another log) registers a hook.
 *
 *     struct config *config = config_create();
 *     switch (config_load(config, argc, argv, &report)) { ... }
 *     config_on_change(config, "port", listen_again, listener);
 *     while (SETTING(config_settings(config), maxclients) > connected) ...
 *
 * Errors: texts are Redis's, byte for byte; those of CONFIG start with "ERR ". They are appended to buffers
 * that the caller clears.
 *
 * Threads: create, load, on_change and destroy belong to the main thread while it is alone. get, set and
 * rewrite may be called by any loop: a lock of the config's own puts them in a row. Settings are read without
 * it.
 */
#ifndef SERVER_CONFIG_CONFIG_H
#define SERVER_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/config/settings.h"

struct config;

/* Every row at its default. Never NULL. */
struct config *config_create(void);
void config_destroy(struct config **config);

/* Borrowed; lives as long as the config. */
struct settings *config_settings(struct config *config);

enum config_start {
    CONFIG_RUN,
    CONFIG_SHOW_HELP,    /* -h, --help: config_print_help() */
    CONFIG_SHOW_VERSION, /* -v, --version */
    CONFIG_CHECK_HEALTH, /* --healthcheck before anything else, of what would be run */
    CONFIG_BAD,          /* `report` is for standard error; the config is good for destroy only */
};

/* Read the command line: `[--healthcheck] [file] [--name value ...] [-]`. What stands later wins: the file,
 * then standard input (a lone `-` at the end), then the options. The working directory changes where `dir`
 * says so. */
enum config_start config_load(struct config *config, int argc, char *const argv[], struct buffer *report);

/* Read a text as if it were a file, without touching any: `include` is passed over, `dir` and `logfile` are
 * not tried. False with a report. */
bool config_load_text(struct config *config, struct slice text, struct buffer *report);

/* The absolute path of the file it was loaded from; empty when there was none. */
const char *config_path(const struct config *config);

/* A command that has to be called otherwise, or not at all where `to` is empty. Applied to the command table
 * by its owner, who knows which names exist; later ones see the effect of earlier ones. */
struct config_rename {
    const char *from, *to;
    size_t line;
    const char *text; /* the whole line */
};

/* The `index`th rename-command, or NULL behind the last. Borrowed from the config. */
const struct config_rename *config_rename_at(const struct config *config, size_t index);
/* The report that refuses it: "No such command in rename-command", "Target command name already exists". */
void config_refuse_rename(const struct config_rename *rename, const char *complaint, struct buffer *report);

/* A user that a line declares: its name, and rules. Read by its owner, who knows the commands. */
struct config_user {
    struct slice *words; /* each terminated besides */
    size_t count;        /* at least 1 */
    size_t line;
    char *text; /* the whole line */
};

/* The `index`th, or NULL behind the last. Borrowed from the config. */
const struct config_user *config_user_at(const struct config *config, size_t index);
void config_refuse_user(const struct config_user *user, const char *complaint, struct buffer *report);
/* Who knows the lines that CONFIG REWRITE is to write in the place of those: `write` appends them. Called
 * under the lock. */
void config_provide_users(struct config *config, void (*write)(void *context, struct buffer *out),
                          void *context);

/* What is accepted but not acted on and was given another value than its default: one line each, never the
 * same one twice. To be called after loading, once there is a log, and after a config_set(). */
typedef void (*config_warning_visit)(void *context, const char *warning);
void config_take_warnings(struct config *config, config_warning_visit visit, void *context);

/* Every name that matches one of the patterns, in any case, once. A pattern without wildcards finds hidden
 * names too and is answered as it was spelled. Called under the lock: the visitor must not call config
 * functions. */
typedef void (*config_visit)(void *context, struct slice name, struct slice value);
void config_get(struct config *config, const struct slice *patterns, size_t count, config_visit visit,
                void *context);

struct config_request {
    const struct slice *pairs; /* name, value, name, value, ... */
    size_t count;              /* of pairs */
    bool from_this_machine;    /* the client may do what is `local` */
};

/* All or nothing. False with the error reply in `error`; nothing has changed then. */
bool config_set(struct config *config, const struct config_request *request, struct buffer *error);

/* What the server has found out to be the case in place of what was asked for, before its loops start: CONFIG
 * GET shows it, whether or not clients may set it, and CONFIG REWRITE does not take it for somebody's wish.
 * `text` must be good. */
void config_adopt(struct config *config, const char *name, struct slice text);

/* Act on a change that is already visible in the settings. False refuses it, with a complaint without prefix:
 * all is put back, and the hooks that have run are run again. Called by config_set() only, under the lock, on
 * the loop of the client that asked: a hook must not call config functions. */
typedef bool (*config_hook)(void *context, struct settings *settings, struct buffer *complaint);
/* `name` is a row. A hook registered for several names runs once per set, in the order of registration. */
void config_on_change(struct config *config, const char *name, config_hook hook, void *context);

/* Write what has changed back to the file, keeping comments, order and what is unknown. False with the error
 * reply; the file is then as it was. */
bool config_rewrite(struct config *config, struct buffer *error);

#endif
