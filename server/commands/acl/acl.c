/*
 * The command ACL: users, and what they may do.
 */
#include <stdint.h>
#include <stdio.h>

#include "proto/base/alloc.h"
#include "server/auth/password.h"
#include "server/commands/acl/acl_live.h"
#include "server/commands/acl/acl_subcommands.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/families.h"
#include "server/config/settings.h"
#include "server/core/server.h"
#include "server/exec/acl/acl_file.h"
#include "server/exec/acl/user.h"
#include "server/exec/acl/user_lines.h"
#include "server/exec/acl/users.h"
#include "server/exec/call.h"
#include "server/exec/command/category.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_acl.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/session/session.h"
#include "server/observe/log.h"

static void apply(struct call *call, const struct slice *rules, size_t count)
{
    size_t at = 0;
    enum rule_fault fault = users_set(call->server->users, call->argv[2], rules, count, &at);
    if (fault != RULE_GOOD) {
        reply_errorf(call->reply, ERR_ACL_RULE_FMT, (int)rules[at].len, rules[at].data,
                     rule_fault_text(fault));
        return;
    }
    acl_live_change(call);
    reply_ok(call->reply);
}

static void setuser(struct call *call)
{
    if (!user_name_is_writable(call->argv[2])) {
        reply_error(call->reply, SLICE(ERR_ACL_NAME));
        return;
    }
    size_t words = (size_t)call->argc - 3;
    struct slice *rules = alloc_bytes((words + 1) * sizeof(*rules)), open;
    struct buffer memory = { 0 };
    size_t count = user_lines_join(call->argv + 3, words, rules, &memory, &open);
    if (count == SIZE_MAX)
        reply_errorf(call->reply, ERR_ACL_OPEN_FMT, (int)open.len, open.data);
    else
        apply(call, rules, count);
    buffer_clear(&memory);
    alloc_free(rules);
}

static void deluser(struct call *call)
{
    int64_t removed = 0;
    for (int i = 2; i < call->argc; i++) {
        if (!slice_equal(call->argv[i], SLICE("default"))) continue;
        reply_error(call->reply, SLICE(ERR_ACL_DEFAULT));
        return;
    }
    for (int i = 2; i < call->argc; i++) removed += users_remove(call->server->users, call->argv[i]);
    if (removed > 0) acl_live_change(call);
    reply_int(call->reply, removed);
}

static void reply_selector(struct reply *reply, const struct selector *selector)
{
    struct buffer text = { 0 };
    reply_bulk_cstr(reply, "commands");
    reply_bulk(reply, buffer_slice(&selector->rules));
    reply_bulk_cstr(reply, "keys");
    selector_write_keys(selector, &text);
    reply_bulk(reply, buffer_slice(&text));
    reply_bulk_cstr(reply, "channels");
    buffer_truncate(&text, 0);
    selector_write_channels(selector, &text);
    reply_bulk(reply, buffer_slice(&text));
    buffer_clear(&text);
}

static void reply_user(struct reply *reply, const struct user *user)
{
    const char *flags[4];
    size_t count = 0;
    user_flags(user, flags);
    while (count < 4 && flags[count] != NULL) count++;
    reply_map(reply, 6);
    reply_bulk_cstr(reply, "flags");
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++) reply_bulk_cstr(reply, flags[i]);
    reply_bulk_cstr(reply, "passwords");
    reply_array(reply, user->password_count);
    for (size_t i = 0; i < user->password_count; i++)
        reply_bulk(reply, slice_of(user->passwords[i].digits, PASSWORD_HASH_DIGITS));
    reply_selector(reply, &user->selectors[0]);
    reply_bulk_cstr(reply, "selectors");
    reply_array(reply, user->selector_count - 1);
    for (size_t i = 1; i < user->selector_count; i++) {
        reply_map(reply, 3);
        reply_selector(reply, &user->selectors[i]);
    }
}

static void getuser(struct call *call)
{
    struct user *user = users_find(call->server->users, call->argv[2]);
    if (user == NULL)
        reply_null(call->reply);
    else
        reply_user(call->reply, user);
    user_drop(&user);
}

struct listing {
    struct reply *reply;
    size_t count;
};

static void list_line(const struct user *user, void *context)
{
    struct listing *listing = context;
    struct buffer line = { 0 };
    user_write(user, &line);
    reply_bulk(listing->reply, buffer_slice(&line));
    buffer_clear(&line);
    listing->count++;
}

static void list_name(const struct user *user, void *context)
{
    struct listing *listing = context;
    reply_bulk(listing->reply, user_name(user));
    listing->count++;
}

static void list_users(struct call *call, void (*visit)(const struct user *user, void *context))
{
    struct listing listing = { .reply = call->reply };
    struct reply_mark mark = reply_open_counted(call->reply);
    users_each(call->server->users, visit, &listing);
    reply_close_array(call->reply, mark, listing.count);
}

static void list(struct call *call)
{
    list_users(call, list_line);
}

static void users(struct call *call)
{
    list_users(call, list_name);
}

static void whoami(struct call *call)
{
    reply_bulk_cstr(call->reply, user_text(call->session->user));
}

static void reply_category(struct call *call, uint32_t category)
{
    struct reply_mark mark = reply_open_counted(call->reply);
    size_t count = 0;
    for (unsigned id = 0; id < command_table_ids(call->server->commands); id++) {
        const struct command_info *command = command_table_by_id(call->server->commands, id);
        if (!(command_categories(command->row) & category) || command->row->run == NULL) continue;
        reply_bulk_cstr(call->reply, command->full_name);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

static void cat(struct call *call)
{
    if (call->argc > 3) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    if (call->argc == 3) {
        uint32_t category = category_find(call->argv[2]);
        if (category == 0)
            reply_errorf(call->reply, ERR_ACL_CATEGORY_FMT, (int)call->argv[2].len, call->argv[2].data);
        else
            reply_category(call, category);
        return;
    }
    size_t count = 0;
    while (category_names[count] != NULL) count++;
    reply_array(call->reply, count);
    for (size_t i = 0; i < count; i++) reply_bulk_cstr(call->reply, category_names[i] + 1);
}

static void genpass(struct call *call)
{
    int64_t bits = 256;
    char digits[1024];
    if (call->argc > 3) {
        refuse_subcommand_arguments(call, call->command->parent);
        return;
    }
    if (call->argc == 3 && !call_arg_int(call, 2, &bits)) return;
    if (bits <= 0 || bits > 4096) {
        reply_error(call->reply, SLICE(ERR_ACL_GENPASS));
        return;
    }
    password_generate(digits, (size_t)bits);
    reply_bulk(call->reply, slice_of(digits, (size_t)(bits + 3) / 4));
}

/* False: there is none, as was replied. */
static bool find_file(struct call *call, struct buffer *path)
{
    settings_copy_text(call_settings(call), TEXT_ACLFILE, path);
    if (path->len == 0) reply_error(call->reply, SLICE(ERR_ACL_NO_FILE));
    bool found = path->len > 0;
    buffer_append(path, "", 1);
    return found;
}

static void load(struct call *call)
{
    struct buffer path = { 0 }, complaint = { 0 };
    if (find_file(call, &path)) {
        if (acl_file_load(call->server->users, path.data, &complaint)) {
            acl_live_refresh(call->loop);
            reply_ok(call->reply);
        } else {
            reply_errorf(call->reply, "ERR %.*s", (int)complaint.len, complaint.data);
        }
    }
    buffer_clear(&path);
    buffer_clear(&complaint);
}

static void save(struct call *call)
{
    struct buffer path = { 0 }, complaint = { 0 };
    if (find_file(call, &path)) {
        if (acl_file_save(call->server->users, path.data, &complaint)) {
            reply_ok(call->reply);
        } else {
            log_write(LOG_LEVEL_WARNING, "%.*s", (int)complaint.len, complaint.data);
            reply_error(call->reply, SLICE(ERR_ACL_SAVE));
        }
    }
    buffer_clear(&path);
    buffer_clear(&complaint);
}

static void help(struct call *call)
{
    static const char *const lines[] = {
        "CAT [<category>]",
        "    The categories, or the commands of one.",
        "DELUSER <username> [<username> ...]",
        "    Remove users.",
        "DRYRUN <username> <command> [<arg> ...]",
        "    Say whether a user may run a command, without running it.",
        "GETUSER <username>",
        "    All that is known of a user.",
        "GENPASS [<bits>]",
        "    A password drawn at random, of 256 bits, or as many as are asked for.",
        "LIST",
        "    The users, as lines of a configuration file.",
        "LOAD",
        "    Read the users from the ACL file.",
        "LOG [<count> | RESET]",
        "    What was denied of late, or forget it.",
        "SAVE",
        "    Write the users to the ACL file.",
        "SETUSER <username> <attribute> [<attribute> ...]",
        "    Create a user, or change one.",
        "USERS",
        "    The names of all users.",
        "WHOAMI",
        "    The name of this connection's user.",
        NULL,
    };
    help_reply(call, lines);
}

#define SERVER .group = "server", .tier = TIER_LOCAL, .since = "6.0.0"
#define PLAIN  (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)
#define ADMIN  (PLAIN | CMD_ADMIN)

static const struct command acl_subcommands[] = {
    { "cat", cat, .syntax = "[categoryname]", .flags = PLAIN, SERVER, .cost = "O(1)", .reply = "array",
      .summary = "The categories of commands, or the commands of one." },
    { "deluser", deluser, .syntax = "username [username ...]", .flags = ADMIN, SERVER,
      .cost = "O(1) for each connected client", .reply = "integer: how many there were",
      .summary = "Remove users, and close the connections of who is one." },
    { "dryrun", acl_dryrun, .syntax = "username command [arg [arg ...]]", .flags = ADMIN, .group = "server",
      .tier = TIER_LOCAL, .since = "7.0.0", .cost = "O(1)", .reply = "OK, or why not as bulk string",
      .summary = "Say whether a user may run a command, without running it." },
    { "genpass", genpass, .syntax = "[bits]", .flags = PLAIN, SERVER, .cost = "O(1)", .reply = "bulk string",
      .summary = "A password drawn at random." },
    { "getuser", getuser, .syntax = "username", .flags = ADMIN, SERVER, .cost = "O(N) for N rules",
      .reply = "map, or null", .summary = "All that is known of a user." },
    { "help", help, .syntax = "", .flags = CMD_LOADING | CMD_STALE, SERVER, .cost = "O(1)", .reply = "array",
      .summary = "Explain the subcommands." },
    { "list", list, .syntax = "", .flags = ADMIN, SERVER, .cost = "O(N) for N users", .reply = "array",
      .summary = "The users, as lines of a configuration file." },
    { "load", load, .syntax = "", .flags = CMD_APART | ADMIN, SERVER, .cost = "O(N) for N users",
      .reply = "OK", .summary = "Read the users from the ACL file." },
    { "log", acl_log, .syntax = "[count | RESET]", .flags = ADMIN, SERVER, .cost = "O(N) for N entries",
      .reply = "array, or OK", .summary = "What was denied of late." },
    { "save", save, .syntax = "", .flags = CMD_APART | ADMIN, SERVER, .cost = "O(N) for N users",
      .reply = "OK", .summary = "Write the users to the ACL file." },
    { "setuser", setuser, .syntax = "username [rule [rule ...]]", .flags = ADMIN, SERVER,
      .cost = "O(1) for each connected client", .reply = "OK", .summary = "Create a user, or change one." },
    { "users", users, .syntax = "", .flags = ADMIN, SERVER, .cost = "O(N) for N users", .reply = "array",
      .summary = "The names of all users." },
    { "whoami", whoami, .syntax = "", .flags = PLAIN, SERVER, .cost = "O(1)", .reply = "bulk string",
      .summary = "The name of this connection's user." },
    { 0 },
};

const struct command acl_commands[] = {
    { "acl", NULL, .syntax = "", SERVER, .cost = "depends on the subcommand",
      .summary = "Users, and what they may do.", .subcommands = acl_subcommands },
    { 0 },
};
