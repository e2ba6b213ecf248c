#include "server/main/accounts.h"

#include <stdint.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "server/auth/envoys.h"
#include "server/commands/client/client_line.h"
#include "server/config/config.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_file.h"
#include "server/exec/acl/acl_log.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/user_lines.h"
#include "server/exec/acl/users.h"
#include "server/observe/log.h"

#define BOTH                                                                                                 \
    "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is "        \
    "invalid. This setup is very likely to lead to configuration errors and security holes, please define "  \
    "either an ACL file or declare users directly in your redis.conf, but not both."

/* What Redis says about a line as soon as it reads it. It quotes the word two before the wrong one, which is
 * mostly the user's name; here it always is. */
static bool refuse(const struct config_user *declared, const char *complaint)
{
    struct buffer report = { 0 }, text = { 0 };
    struct slice name = declared->words[0];
    buffer_printf(&text, "Error in user declaration '%.*s': %s", (int)name.len, name.data, complaint);
    buffer_append(&text, "", 1);
    config_refuse_user(declared, text.data, &report);
    fwrite(report.data, 1, report.len, stderr);
    buffer_clear(&report);
    buffer_clear(&text);
    return false;
}

/* What it says after it has read all of them. */
static bool give_up(const char *complaint)
{
    log_write(LOG_LEVEL_WARNING, "%s", complaint);
    log_write(LOG_LEVEL_WARNING, "Critical error while loading ACLs. Exiting.");
    return false;
}

static bool refuse_open(const struct config_user *declared, struct slice open)
{
    struct buffer text = { 0 };
    buffer_printf(&text, "Unmatched parenthesis in acl selector starting at '%.*s'.", (int)open.len,
                  open.data);
    buffer_append(&text, "", 1);
    refuse(declared, text.data);
    buffer_clear(&text);
    return false;
}

static bool give_up_rule(const struct config_user *declared, struct slice rule, enum rule_fault fault)
{
    struct buffer text = { 0 };
    struct slice name = declared->words[0];
    buffer_printf(&text, "Error loading ACL rule '%.*s' for the user named '%.*s': %s", (int)rule.len,
                  rule.data, (int)name.len, name.data, rule_fault_text(fault));
    buffer_append(&text, "", 1);
    give_up(text.data);
    buffer_clear(&text);
    return false;
}

/* The user that is there already begins anew. */
static size_t reset_known(struct users *users, struct slice name, struct slice *rule)
{
    struct user *known = users_find(users, name);
    if (known == NULL) return 0;
    user_drop(&known);
    *rule = SLICE("reset");
    return 1;
}

/* `rules` has room for one more than the words. */
static bool apply(struct users *users, const struct config_user *declared, struct slice *rules,
                  struct buffer *memory)
{
    struct slice name = declared->words[0], open;
    size_t at = 0, first = reset_known(users, name, rules);
    size_t count = user_lines_join(declared->words + 1, declared->count - 1, rules + first, memory, &open);
    if (count == SIZE_MAX) return refuse_open(declared, open);
    enum rule_fault fault = users_set(users, name, rules, first + count, &at);
    if (fault == RULE_UNKNOWN_COMMAND) return give_up_rule(declared, rules[at], fault);
    return fault == RULE_GOOD || refuse(declared, rule_fault_text(fault));
}

static void warn_of_off(struct users *users, struct slice name)
{
    struct user *user = users_find(users, name);
    if (!(user->flags & USER_ON))
        log_write(
            LOG_LEVEL_NOTICE,
            "The user '%.*s' is disabled (there is no 'on' modifier in the user description). Make sure "
            "this is not a configuration error.",
            (int)name.len, name.data);
    user_drop(&user);
}

static bool is_declared_before(const struct config *config, size_t index)
{
    struct slice name = config_user_at(config, index)->words[0];
    for (size_t i = 0; i < index; i++)
        if (slice_equal(config_user_at(config, i)->words[0], name)) return true;
    return false;
}

static bool declare(struct server *server, size_t index)
{
    const struct config_user *declared = config_user_at(server->config, index);
    struct slice name = declared->words[0];
    if (is_declared_before(server->config, index))
        return refuse(declared, "Duplicate user found. A user can only be defined once in config files");
    if (!user_name_is_writable(name)) return give_up("Spaces not allowed in ACL usernames");
    struct buffer memory = { 0 };
    struct slice *rules = alloc_bytes((declared->count + 1) * sizeof(*rules));
    bool good = apply(server->users, declared, rules, &memory);
    if (good) warn_of_off(server->users, name);
    alloc_free(rules);
    buffer_clear(&memory);
    return good;
}

static bool load_file(struct users *users, struct slice path)
{
    struct buffer complaint = { 0 };
    char *name = alloc_cstr(path.data, path.len);
    bool loaded = acl_file_load(users, name, &complaint);
    if (!loaded)
        log_write(LOG_LEVEL_WARNING, "Aborting Redis startup because of ACL errors: %.*s", (int)complaint.len,
                  complaint.data);
    alloc_free(name);
    buffer_clear(&complaint);
    return loaded;
}

static void set_password(struct server *server)
{
    struct buffer password = { 0 };
    settings_copy_text(server->settings, TEXT_REQUIREPASS, &password);
    if (password.len > 0) users_set_default_password(server->users, buffer_slice(&password));
    buffer_clear(&password);
}

static bool read_users(struct server *server)
{
    struct buffer path = { 0 };
    settings_copy_text(server->settings, TEXT_ACLFILE, &path);
    bool good = path.len == 0 || config_user_at(server->config, 0) == NULL;
    if (!good) log_write(LOG_LEVEL_WARNING, "%s", BOTH);
    for (size_t i = 0; good && config_user_at(server->config, i) != NULL; i++) good = declare(server, i);
    if (good && path.len > 0) good = load_file(server->users, buffer_slice(&path));
    buffer_clear(&path);
    return good;
}

/* With a file of their own they are not the configuration's. */
static void write_users(void *context, struct buffer *out)
{
    struct server *server = context;
    if (settings_text_is_empty(server->settings, TEXT_ACLFILE)) acl_file_write(server->users, out);
}

bool accounts_create(struct server *server)
{
    server->envoys = envoys_create(server->settings);
    server->users = users_create(server->commands, server->settings);
    server->acl_log = acl_log_create(server->settings, client_line_write);
    set_password(server);
    config_provide_users(server->config, write_users, server);
    return read_users(server);
}

void accounts_destroy(struct server *server)
{
    config_provide_users(server->config, NULL, NULL);
    if (server->users != NULL) users_destroy(&server->users);
    if (server->acl_log != NULL) acl_log_destroy(&server->acl_log);
    envoys_destroy(&server->envoys);
}
