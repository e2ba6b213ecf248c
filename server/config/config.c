#include "server/config/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "proto/base/glob.h"
#include "server/config/state.h"

struct config_entry *config_find(struct config *config, struct slice name)
{
    for (size_t i = 0; i < config->count; i++) {
        struct config_entry *entry = &config->entries[i];
        if (slice_equal_nocase(slice_of_cstr(entry->option->name), name)) return entry;
    }
    return NULL;
}

static struct config_entry *get_entry(struct config *config, const char *name)
{
    struct config_entry *entry = config_find(config, slice_of_cstr(name));
    REQUIRE(entry != NULL);
    return entry;
}

static size_t count_rows(void)
{
    size_t count = 0;
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) count++;
    }
    return count;
}

static void add_entries(struct config *config)
{
    config->entries = alloc_zeroed(count_rows() * sizeof *config->entries);
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            config->entries[config->count++].option = row;
        }
    }
    for (size_t i = 0; i < config->count; i++) {
        struct config_entry *entry = &config->entries[i];
        bool alias = entry->option->kind == OPTION_ALIAS;
        entry->target = alias ? get_entry(config, entry->option->of) : entry;
    }
}

/* The directory is what the process was started in, and only that: nothing is changed. */
static void note_directory(struct config_entry *entry)
{
    char *path = getcwd(NULL, 0);
    entry->value.text.len = 0;
    if (path != NULL) buffer_append(&entry->value.text, path, strlen(path));
    free(path);
}

struct config *config_create(void)
{
    struct config *config = ALLOC_NEW(struct config);
    pthread_mutex_init(&config->lock, NULL);
    pthread_mutex_init(&config->file_lock, NULL);
    settings_init(&config->settings);
    add_entries(config);
    for (size_t i = 0; i < config->count; i++) {
        struct config_entry *entry = &config->entries[i];
        if (entry->target != entry) continue;
        option_value_preset(&entry->value, entry->option);
        if (entry->option->text == TEXT_DIR) note_directory(entry);
        option_value_publish(&entry->value, entry->option, &config->settings);
    }
    config->path = alloc_cstr("", 0);
    return config;
}

static void clear_user(struct config_user *user)
{
    for (size_t i = 0; i < user->count; i++) alloc_free((void *)user->words[i].data);
    alloc_free(user->words);
    alloc_free(user->text);
}

void config_destroy(struct config **config)
{
    struct config *c = *config;
    for (size_t i = 0; i < c->count; i++) option_value_clear(&c->entries[i].value);
    for (size_t i = 0; i < c->rename_count; i++) {
        alloc_free((void *)c->renames[i].from);
        alloc_free((void *)c->renames[i].to);
        alloc_free((void *)c->renames[i].text);
    }
    alloc_free(c->entries);
    alloc_free(c->reactions);
    alloc_free(c->renames);
    for (size_t i = 0; i < c->user_count; i++) clear_user(&c->users[i]);
    alloc_free(c->users);
    alloc_free(c->path);
    buffer_clear(&c->warnings);
    settings_clear(&c->settings);
    pthread_mutex_destroy(&c->lock);
    pthread_mutex_destroy(&c->file_lock);
    alloc_free(c);
    *config = NULL;
}

struct settings *config_settings(struct config *config)
{
    return &config->settings;
}

const char *config_path(const struct config *config)
{
    return config->path;
}

const struct config_rename *config_rename_at(const struct config *config, size_t index)
{
    return index < config->rename_count ? &config->renames[index] : NULL;
}

const struct config_user *config_user_at(const struct config *config, size_t index)
{
    return index < config->user_count ? &config->users[index] : NULL;
}

void config_provide_users(struct config *config, void (*write)(void *context, struct buffer *out),
                          void *context)
{
    config->write_users = write;
    config->users_context = context;
}

const char *config_policy_preset(const struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        if (entry->option->field != offsetof(struct settings, maxmemory)) continue;
        return entry->value.number > 0 ? "allkeys-lru" : "noeviction";
    }
    return "noeviction";
}

void config_preset(const struct config *config, const struct config_entry *entry, struct option_value *value)
{
    option_value_preset(value, entry->option);
    if (entry->option->field != offsetof(struct settings, maxmemory_policy)) return;
    struct buffer ignored = { 0 };
    option_value_read_text(value, entry->option, slice_of_cstr(config_policy_preset(config)), &ignored);
    buffer_clear(&ignored);
}

void config_warn(struct config *config, const char *warning)
{
    buffer_append(&config->warnings, warning, strlen(warning) + 1);
}

void config_consider_warning(struct config *config, struct config_entry *entry)
{
    if (!(entry->option->flags & OPTION_IGNORED) || !entry->given || entry->warned) return;
    struct option_value preset = { 0 };
    option_value_preset(&preset, entry->option);
    /* An empty value, as in `save ""`, asks for nothing, and that is what there is. */
    if (entry->value.text.len > 0 && !option_value_equal(&preset, &entry->value)) {
        buffer_printf(&config->warnings, "Option '%s' is accepted for compatibility and has no effect",
                      entry->option->name);
        buffer_append(&config->warnings, "", 1);
        entry->warned = true;
    }
    option_value_clear(&preset);
}

void config_take_warnings(struct config *config, config_warning_visit visit, void *context)
{
    pthread_mutex_lock(&config->lock);
    struct buffer warnings = config->warnings;
    config->warnings = (struct buffer){ 0 };
    pthread_mutex_unlock(&config->lock);

    for (size_t at = 0; at < warnings.len; at += strlen(warnings.data + at) + 1) {
        visit(context, warnings.data + at);
    }
    buffer_clear(&warnings);
}

bool config_enter_directory(struct config_entry *entry, struct buffer *complaint)
{
    char *path = alloc_cstr(entry->value.text.data, entry->value.text.len);
    int failed = chdir(path);
    if (failed != 0) buffer_printf(complaint, "%s", strerror(errno));
    alloc_free(path);
    if (failed == 0) note_directory(entry);
    return failed == 0;
}

static bool has_wildcards(struct slice pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (pattern.data[i] != '\0' && strchr("[*?", pattern.data[i]) != NULL) return true;
    }
    return false;
}

struct search {
    struct config *config;
    bool *found; /* by entry */
    config_visit visit;
    void *context;
};

static void report_entry(struct search *search, struct config_entry *entry, struct slice name)
{
    size_t index = (size_t)(entry - search->config->entries);
    if (search->found[index]) return;
    search->found[index] = true;
    struct slice text = buffer_slice(&entry->target->value.text);
    struct buffer shown = { 0 };
    if (entry->target->option->show != NULL) {
        entry->target->option->show(text, &shown);
        text = buffer_slice(&shown);
    }
    search->visit(search->context, name, text);
    buffer_clear(&shown);
}

static void search_pattern(struct search *search, struct slice pattern)
{
    if (!has_wildcards(pattern)) {
        struct config_entry *entry = config_find(search->config, pattern);
        if (entry != NULL) report_entry(search, entry, pattern);
        return;
    }
    for (size_t i = 0; i < search->config->count; i++) {
        struct config_entry *entry = &search->config->entries[i];
        struct slice name = slice_of_cstr(entry->option->name);
        bool hidden = entry->option->flags & OPTION_HIDDEN;
        if (!hidden && glob_match_nocase(pattern, name)) report_entry(search, entry, name);
    }
}

void config_get(struct config *config, const struct slice *patterns, size_t count, config_visit visit,
                void *context)
{
    struct search search = { .config = config, .visit = visit, .context = context };
    search.found = alloc_zeroed(config->count * sizeof *search.found);
    pthread_mutex_lock(&config->lock);
    for (size_t i = 0; i < count; i++) search_pattern(&search, patterns[i]);
    pthread_mutex_unlock(&config->lock);
    alloc_free(search.found);
}

void config_on_change(struct config *config, const char *name, config_hook hook, void *context)
{
    size_t bytes = (config->reaction_count + 1) * sizeof *config->reactions;
    config->reactions = alloc_resize(config->reactions, bytes);
    config->reactions[config->reaction_count++] = (struct config_reaction){
        .entry = get_entry(config, name)->target, .hook = hook, .context = context
    };
}
