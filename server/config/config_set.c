#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/config.h"
#include "server/config/state.h"

/* What has been put in place of what, so that it can be put back. */
struct change {
    struct config_entry *entry;
    struct slice name; /* as the client spelled it */
    struct option_value old;
    bool was_given;
};

struct change_list {
    struct config *config;
    struct change *list;
    size_t count;
};

static bool fail(struct buffer *error, struct slice name, const char *complaint)
{
    buffer_printf(error, "ERR CONFIG SET failed (possibly related to argument '%.*s') - %s", (int)name.len,
                  name.data, complaint);
    return false;
}

static bool fail_with(struct buffer *error, struct slice name, struct buffer *complaint)
{
    buffer_append(complaint, "", 1);
    return fail(error, name, complaint->data);
}

static bool may_set_protected(struct config *config, const struct config_request *request)
{
    int64_t permission = SETTING(&config->settings, enable_protected_configs);
    return permission == PERMISSION_YES || (permission == PERMISSION_LOCAL && request->from_this_machine);
}

static struct slice name_at(const struct config_request *request, size_t pair)
{
    return request->pairs[2 * pair];
}

/* Two names of one option are not a duplicate, as in Redis: the later one wins. */
static bool is_repeated(const struct config_request *request, size_t pair)
{
    for (size_t i = 0; i < pair; i++) {
        if (slice_equal_nocase(name_at(request, i), name_at(request, pair))) return true;
    }
    return false;
}

/* What CONFIG SET may not change, or not by everybody. */
static bool is_guarded(const struct config_entry *entry)
{
    return entry->option->flags & (OPTION_IMMUTABLE | OPTION_PROTECTED);
}

/* Whether `text` is what the entry says already, or what CONFIG GET shows for it: who gives back all that was
 * read changes nothing. */
static bool is_unchanged(const struct config_entry *entry, struct slice text)
{
    struct option_value value = { 0 };
    struct buffer ignored = { 0 }, shown = { 0 };
    bool same = slice_equal(buffer_slice(&entry->value.text), text) ||
                (option_value_read_text(&value, entry->option, text, &ignored) &&
                 option_value_equal(&value, &entry->value));
    if (!same && entry->option->show != NULL) {
        entry->option->show(buffer_slice(&entry->value.text), &shown);
        same = slice_equal(buffer_slice(&shown), text);
    }
    option_value_clear(&value);
    buffer_clear(&ignored);
    buffer_clear(&shown);
    return same;
}

static bool may_set(struct config *config, const struct config_request *request, size_t pair,
                    struct buffer *error)
{
    struct slice name = name_at(request, pair);
    struct config_entry *entry = config_find(config, name);
    if (entry == NULL) {
        buffer_printf(error, "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'",
                      (int)name.len, name.data);
        return false;
    }
    unsigned flags = entry->target->option->flags;
    bool same = is_guarded(entry->target) && is_unchanged(entry->target, request->pairs[2 * pair + 1]);
    if (!same && (flags & OPTION_IMMUTABLE)) return fail(error, name, "can't set immutable config");
    if (!same && (flags & OPTION_PROTECTED) && !may_set_protected(config, request)) {
        return fail(error, name, "can't set protected config");
    }
    return !is_repeated(request, pair) || fail(error, name, "duplicate parameter");
}

static struct change *begin_change(struct change_list *changes, struct config_entry *entry, struct slice name)
{
    struct change *change = &changes->list[changes->count++];
    *change = (struct change){ .entry = entry, .name = name, .was_given = entry->given };
    option_value_copy(&change->old, &entry->value);
    return change;
}

static bool place(struct change_list *changes, struct slice name, struct slice text, struct buffer *error)
{
    struct config_entry *entry = config_find(changes->config, name)->target;
    if (is_guarded(entry) && is_unchanged(entry, text)) return true;
    struct buffer complaint = { 0 };
    begin_change(changes, entry, name);
    bool good = option_value_read_text(&entry->value, entry->option, text, &complaint);
    if (good) entry->given = true;
    if (!good) fail_with(error, name, &complaint);
    buffer_clear(&complaint);
    return good;
}

/* The policy follows maxmemory as long as nobody has chosen one. */
static void place_policy(struct change_list *changes)
{
    struct config_entry *entry = config_find(changes->config, SLICE("maxmemory-policy"));
    if (entry->given) return;
    begin_change(changes, entry, SLICE("maxmemory"));
    config_preset(changes->config, entry, &entry->value);
}

static bool has_changed(const struct change_list *changes, const struct config_entry *entry)
{
    for (size_t i = 0; i < changes->count; i++) {
        const struct change *change = &changes->list[i];
        if (change->entry != entry) continue;
        if (entry->option->flags & OPTION_VOLATILE) return true;
        if (!option_value_equal(&change->old, &entry->value)) return true;
    }
    return false;
}

static void publish(struct change_list *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        struct config_entry *entry = changes->list[i].entry;
        option_value_publish(&entry->value, entry->option, &changes->config->settings);
    }
}

static struct slice blamed_name(const struct change_list *changes, const struct config_entry *entry)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (changes->list[i].entry == entry) return changes->list[i].name;
    }
    return slice_of_cstr(entry->option->name);
}

/* Whether the reaction at `index` is due, and the first of its hook that is. */
static bool is_due(const struct change_list *changes, const bool *changed, size_t index)
{
    const struct config_reaction *all = changes->config->reactions;
    if (!changed[index]) return false;
    for (size_t i = 0; i < index; i++) {
        bool same = all[i].hook == all[index].hook && all[i].context == all[index].context;
        if (same && changed[i]) return false;
    }
    return true;
}

/* Later directories are relative to earlier ones, so `dir` takes effect before any hook looks at the result.
 */
static bool enter_directory(struct change_list *changes, struct buffer *complaint, struct slice *name)
{
    struct config_entry *entry = config_find(changes->config, SLICE("dir"));
    if (!has_changed(changes, entry)) return true;
    *name = blamed_name(changes, entry);
    return config_enter_directory(entry, complaint);
}

static void put_back(struct change_list *changes)
{
    struct config_entry *directory = config_find(changes->config, SLICE("dir"));
    bool moved = has_changed(changes, directory);
    for (size_t i = changes->count; i-- > 0;) {
        struct change *change = &changes->list[i];
        option_value_copy(&change->entry->value, &change->old);
        change->entry->given = change->was_given;
    }
    /* Where it was started or sent to before; if that is gone by now there is nowhere better to be. */
    struct buffer ignored = { 0 };
    if (moved) config_enter_directory(directory, &ignored);
    buffer_clear(&ignored);
    publish(changes);
}

/* How many reactions have been passed; all of them when none refuses. */
static size_t react(struct change_list *changes, const bool *changed, struct buffer *complaint)
{
    struct config *config = changes->config;
    for (size_t i = 0; i < config->reaction_count; i++) {
        const struct config_reaction *reaction = &config->reactions[i];
        if (!is_due(changes, changed, i)) continue;
        if (!reaction->hook(reaction->context, &config->settings, complaint)) return i;
    }
    return config->reaction_count;
}

/* The refusing hook is run again too: it may have gone half the way. */
static void react_again(struct change_list *changes, const bool *changed, size_t last)
{
    struct config *config = changes->config;
    struct buffer ignored = { 0 };
    for (size_t i = 0; i <= last; i++) {
        const struct config_reaction *reaction = &config->reactions[i];
        if (is_due(changes, changed, i)) reaction->hook(reaction->context, &config->settings, &ignored);
    }
    buffer_clear(&ignored);
}

static bool run_hooks(struct change_list *changes, struct buffer *error)
{
    struct config *config = changes->config;
    struct buffer complaint = { 0 };
    bool *changed = alloc_zeroed(config->reaction_count * sizeof *changed);
    for (size_t i = 0; i < config->reaction_count; i++) {
        changed[i] = has_changed(changes, config->reactions[i].entry);
    }
    size_t passed = react(changes, changed, &complaint);
    bool good = passed == config->reaction_count;
    if (!good) {
        fail_with(error, blamed_name(changes, config->reactions[passed].entry), &complaint);
        put_back(changes);
        react_again(changes, changed, passed);
    }
    alloc_free(changed);
    buffer_clear(&complaint);
    return good;
}

static bool place_all(struct change_list *changes, const struct config_request *request, struct buffer *error)
{
    for (size_t i = 0; i < request->count; i++) {
        if (!may_set(changes->config, request, i, error)) return false;
    }
    for (size_t i = 0; i < request->count; i++) {
        if (!place(changes, name_at(request, i), request->pairs[2 * i + 1], error)) return false;
    }
    place_policy(changes);

    struct buffer complaint = { 0 };
    struct slice name = SLICE("dir");
    bool good = enter_directory(changes, &complaint, &name) || fail_with(error, name, &complaint);
    buffer_clear(&complaint);
    return good;
}

static bool set(struct change_list *changes, const struct config_request *request, struct buffer *error)
{
    if (!place_all(changes, request, error)) {
        put_back(changes);
        return false;
    }
    publish(changes);
    if (!run_hooks(changes, error)) return false;
    for (size_t i = 0; i < changes->count; i++) {
        config_consider_warning(changes->config, changes->list[i].entry);
    }
    return true;
}

bool config_set(struct config *config, const struct config_request *request, struct buffer *error)
{
    pthread_mutex_lock(&config->lock);
    struct change_list changes = { .config = config };
    changes.list = alloc_zeroed((request->count + 1) * sizeof *changes.list); /* one more for the policy */
    bool good = set(&changes, request, error);
    for (size_t i = 0; i < changes.count; i++) option_value_clear(&changes.list[i].old);
    alloc_free(changes.list);
    pthread_mutex_unlock(&config->lock);
    return good;
}

void config_adopt(struct config *config, const char *name, struct slice text)
{
    pthread_mutex_lock(&config->lock);
    struct config_entry *entry = config_find(config, slice_of_cstr(name))->target;
    struct buffer error = { 0 };
    bool good = option_value_read_text(&entry->value, entry->option, text, &error);
    REQUIRE(good);
    option_value_publish(&entry->value, entry->option, &config->settings);
    buffer_clear(&error);
    pthread_mutex_unlock(&config->lock);
}
