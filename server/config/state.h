/*
 * state.h - the inside of a config, for the files that load, change and rewrite it.
 */
#ifndef SERVER_CONFIG_STATE_H
#define SERVER_CONFIG_STATE_H

#include <pthread.h>

#include "server/config/config.h"
#include "server/config/option.h"
#include "server/config/option_value.h"

struct config_entry {
    const struct option *option;
    struct config_entry *target; /* itself, or the entry that its option is an alias of */
    struct option_value value;   /* of a target */
    bool given;                  /* somebody has said it, even if it is the default */
    bool warned;
};

struct config_reaction {
    const struct config_entry *entry;
    config_hook hook;
    void *context;
};

struct config {
    pthread_mutex_t lock;      /* of all below */
    pthread_mutex_t file_lock; /* held while the file is rewritten; taken before the other */
    struct settings settings;
    struct config_entry *entries; /* in the order of the rows */
    size_t count;
    struct config_reaction *reactions;
    size_t reaction_count;
    struct config_rename *renames;
    size_t rename_count;
    struct config_user *users;
    size_t user_count;
    void (*write_users)(void *context, struct buffer *out); /* NULL: nobody knows them */
    void *users_context;
    struct buffer warnings; /* texts, each with its terminator */
    char *path;
};

/* The entry of a name in any case, aliases not followed, or NULL. */
struct config_entry *config_find(struct config *config, struct slice name);
/* What the policy is when nobody has said it. */
const char *config_policy_preset(const struct config *config);
/* The value that an entry has when nobody has said it. `value` is replaced. */
void config_preset(const struct config *config, const struct config_entry *entry, struct option_value *value);
/* Keep a warning when the entry is not acted on and is not at its default. */
void config_consider_warning(struct config *config, struct config_entry *entry);
void config_warn(struct config *config, const char *warning);
/* Go where `dir` says and make its value absolute. False leaves a complaint. */
bool config_enter_directory(struct config_entry *entry, struct buffer *complaint);

#endif
