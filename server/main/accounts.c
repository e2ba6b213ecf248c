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
#include "server/exec/acl/user_lines.h"
#include "server/exec/acl/users.h"
#include "server/observe/log.h"

#define BOTH                                                                                                 \
    "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is "        \
    "invalid. This setup is very likely to lead to configuration errors and security holes, please define "  \
    "either an ACL file or declare users directly in your redis.conf, but not both."

static bool refuse(const struct config_user *declared, const struct buffer *complaint)
{
    struct buffer report = { 0 };
    char *text = alloc_cstr(complaint->data, complaint->len);
    config_refuse_user(declared, text, &report);
    fwrite(report.data, 1, report.len, stderr);
    buffer_clear(&report);
    alloc_free(text);
    return false;
}

/* `rules` has room for one more than the words, the first of which resets who is there already. */
static void apply(struct users *users, const struct config_user *declared, struct slice *words,
                  struct slice *rules, struct buffer *complaint)
{
    struct buffer memory = { 0 };
    struct slice open;
    size_t at = 0;
    for (size_t i = 0; i < declared->count; i++) words[i] = slice_of_cstr(declared->words[i]);
    rules[0] = SLICE("reset");
    size_t count = user_lines_join(words + 1, declared->count - 1, rules + 1, &memory, &open);
    enum rule_fault fault = RULE_GOOD;
    if (count == SIZE_MAX)
        buffer_printf(complaint, "Unmatched parenthesis in acl selector starting at '%.*s'.", (int)open.len,
                      open.data);
    else
        fault = users_set(users, words[0], rules, count + 1, &at);
    if (fault != RULE_GOOD)
        buffer_printf(complaint, "Error in user declaration '%.*s': %s", (int)rules[at].len, rules[at].data,
                      rule_fault_text(fault));
    buffer_clear(&memory);
}

static bool declare(struct users *users, const struct config_user *declared)
{
    struct buffer complaint = { 0 };
    struct slice *words = alloc_bytes(declared->count * sizeof(*words));
    struct slice *rules = alloc_bytes((declared->count + 1) * sizeof(*rules));
    apply(users, declared, words, rules, &complaint);
    bool good = complaint.len == 0 || refuse(declared, &complaint);
    alloc_free(words);
    alloc_free(rules);
    buffer_clear(&complaint);
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
    const struct config_user *declared = config_user_at(server->config, 0);
    bool good = path.len == 0 || declared == NULL;
    if (!good) log_write(LOG_LEVEL_WARNING, "%s", BOTH);
    for (size_t i = 0; good && (declared = config_user_at(server->config, i)) != NULL; i++)
        good = declare(server->users, declared);
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
