/*
 * The command COMMAND: what this server can do, told to clients.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/glob.h"
#include "proto/reply.h"
#include "server/commands/admin/help.h"
#include "server/commands/catalog/command_docs.h"
#include "server/commands/catalog/command_keys.h"
#include "server/commands/catalog/families.h"
#include "server/commands/catalog/wording.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/category.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"

static void reply_names(struct reply *reply, uint32_t mask, const char *const *names)
{
    size_t count = 0;
    for (int i = 0; names[i] != NULL; i++) count += mask >> i & 1;
    reply_set(reply, count);
    for (int i = 0; names[i] != NULL; i++) {
        if ((mask >> i & 1) != 0) reply_status(reply, slice_of_cstr(names[i]));
    }
}

static void reply_tips(struct reply *reply, const char *tips)
{
    struct reply_mark mark = reply_open(reply);
    size_t count = 0;
    for (const char *tip = tips != NULL ? tips : ""; *tip != '\0';) {
        size_t len = strcspn(tip, " ");
        reply_bulk(reply, slice_of(tip, len));
        tip += len + strspn(tip + len, " ");
        count++;
    }
    reply_close_set(reply, mark, count);
}

static void reply_int_pair(struct reply *reply, const char *name, int value)
{
    reply_bulk_cstr(reply, name);
    reply_int(reply, value);
}

/* A name, and a map of "type" and "spec": how a kind of key search is described. The pairs of the spec
 * follow. */
static void reply_search(struct reply *reply, const char *name, const char *type, size_t pairs)
{
    reply_bulk_cstr(reply, name);
    reply_map(reply, 2);
    reply_bulk_cstr(reply, "type");
    reply_bulk_cstr(reply, type);
    reply_bulk_cstr(reply, "spec");
    reply_map(reply, pairs);
}

static void reply_begin_search(struct reply *reply, const struct key_spec *spec)
{
    if (spec->find >= KEYS_HIDDEN) {
        reply_search(reply, "begin_search", "unknown", 0);
    } else if (spec->find == KEYS_WORD || spec->find == KEYS_REST || spec->find == KEYS_STREAMS ||
               spec->find == KEYS_BEHIND) {
        reply_search(reply, "begin_search", "keyword", 2);
        reply_bulk_cstr(reply, "keyword");
        reply_bulk_cstr(reply, spec->word);
        reply_int_pair(reply, "startfrom", spec->first);
    } else {
        reply_search(reply, "begin_search", "index", 1);
        reply_int_pair(reply, "index", spec->first);
    }
}

static void reply_find_keys(struct reply *reply, const struct key_spec *spec)
{
    if (spec->find >= KEYS_HIDDEN) {
        reply_search(reply, "find_keys", "unknown", 0);
    } else if (spec->find == KEYS_NUMBER) {
        reply_search(reply, "find_keys", "keynum", 3);
        reply_int_pair(reply, "keynumidx", 0);
        reply_int_pair(reply, "firstkey", 1);
        reply_int_pair(reply, "keystep", spec->step);
    } else {
        bool one = spec->find == KEYS_WORD;
        reply_search(reply, "find_keys", "range", 3);
        reply_int_pair(reply, "lastkey", one ? 0 : spec->last < 0 ? spec->last : spec->last - spec->first);
        reply_int_pair(reply, "keystep", spec->step);
        reply_int_pair(reply, "limit", spec->find == KEYS_STREAMS ? 2 : 0);
    }
}

static void reply_key_spec(struct reply *reply, const struct key_spec *spec)
{
    reply_map(reply, spec->note != NULL ? 4 : 3);
    if (spec->note != NULL) {
        reply_bulk_cstr(reply, "notes");
        reply_bulk_cstr(reply, spec->note);
    }
    reply_bulk_cstr(reply, "flags");
    reply_names(reply, spec->use, key_use_names);
    reply_begin_search(reply, spec);
    reply_find_keys(reply, spec);
}

static void reply_key_specs(struct reply *reply, const struct command *row)
{
    size_t count = 0;
    for (int i = 0; i < COMMAND_KEY_SPECS; i++) count += row->keys[i].first != 0;
    reply_set(reply, count + (row->channels.first != 0));
    for (int i = 0; i < COMMAND_KEY_SPECS; i++) {
        if (row->keys[i].first != 0) reply_key_spec(reply, &row->keys[i]);
    }
    if (row->channels.first != 0) reply_key_spec(reply, &row->channels);
}

/* First, last and step, from the time before key specs: one range over all that are in fixed places. */
static void reply_key_range(struct reply *reply, const struct command *row)
{
    struct key_spec range = row->channels;
    for (int i = 0; i < COMMAND_KEY_SPECS && row->keys[i].first != 0; i++) {
        const struct key_spec *spec = &row->keys[i];
        if (spec->find != KEYS_AT && spec->find != KEYS_EITHER) continue;
        if (range.first == 0) range = *spec;
        range.last = spec->last;
    }
    reply_int(reply, range.first);
    reply_int(reply, range.last);
    reply_int(reply, range.step);
}

static void reply_info(struct reply *reply, const struct command_info *command)
{
    const struct command *row = command->row;
    reply_array(reply, 10);
    reply_bulk_cstr(reply, command->full_name);
    reply_int(reply, command->arity);
    reply_names(reply, command->flags, command_flag_names);
    reply_key_range(reply, row);
    reply_names(reply, command_categories(row), category_names);
    reply_tips(reply, row->tips);
    reply_key_specs(reply, row);
    if (command->subcommand_count == 0) {
        reply_set(reply, 0);
        return;
    }
    reply_array(reply, command->subcommand_count);
    for (size_t i = 0; i < command->subcommand_count; i++) reply_info(reply, &command->subcommands[i]);
}

static void command(struct call *call)
{
    const struct command_table *table = call->server->commands;
    reply_array(call->reply, command_table_len(table));
    for (size_t i = 0; i < command_table_len(table); i++) reply_info(call->reply, command_table_at(table, i));
}

static void command_count(struct call *call)
{
    reply_int(call->reply, (int64_t)command_table_len(call->server->commands));
}

static void command_info(struct call *call)
{
    if (call->argc == 2) {
        command(call);
        return;
    }
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        const struct command_info *info = command_table_find_full(call->server->commands, call->argv[i]);
        if (info != NULL) {
            reply_info(call->reply, info);
        } else {
            reply_null(call->reply);
        }
    }
}

/* FILTERBY: does the command belong to the list? */
typedef bool filter(const struct command_info *command, struct slice argument);

static bool is_any(const struct command_info *command, struct slice argument)
{
    (void)command, (void)argument;
    return true;
}

/* Nothing here comes from a module. */
static bool is_of_module(const struct command_info *command, struct slice name)
{
    (void)command, (void)name;
    return false;
}

static bool is_in_category(const struct command_info *command, struct slice category)
{
    uint32_t mask = command_categories(command->row);
    for (int i = 0; category_names[i] != NULL; i++) {
        if (slice_equal_nocase(slice_of_cstr(category_names[i] + 1), category)) return (mask >> i & 1) != 0;
    }
    return false;
}

static bool is_named_like(const struct command_info *command, struct slice pattern)
{
    return glob_match_nocase(pattern, slice_of_cstr(command->full_name));
}

/* NULL: a syntax error. */
static filter *read_filter(const struct call *call)
{
    if (call->argc == 2) return is_any;
    if (call->argc != 5 || !call_arg_is(call, 2, "FILTERBY")) return NULL;
    if (call_arg_is(call, 3, "MODULE")) return is_of_module;
    if (call_arg_is(call, 3, "ACLCAT")) return is_in_category;
    return call_arg_is(call, 3, "PATTERN") ? is_named_like : NULL;
}

static void command_list(struct call *call)
{
    filter *accepts = read_filter(call);
    if (accepts == NULL) {
        reply_error(call->reply, SLICE(ERR_SYNTAX));
        return;
    }
    struct slice argument = call->argc == 5 ? call->argv[4] : SLICE("");
    const struct command_table *table = call->server->commands;
    struct reply_mark mark = reply_open(call->reply);
    size_t count = 0;
    for (unsigned id = 0; id < command_table_ids(table); id++) {
        const struct command_info *info = command_table_by_id(table, id);
        if (!accepts(info, argument)) continue;
        reply_bulk_cstr(call->reply, info->full_name);
        count++;
    }
    reply_close_array(call->reply, mark, count);
}

static void command_help(struct call *call)
{
    static const char *const lines[] = {
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
        NULL,
    };
    help_reply(call, lines);
}

#define SUBCOMMAND .flags = CMD_LOADING | CMD_STALE, .categories = ACL_CONNECTION, .group = "server"

static const struct command subcommands[] = {
    { "count", command_count, .syntax = "", SUBCOMMAND, .since = "2.8.13", .cost = "O(1)", .reply = "integer",
      .summary = "Tell how many commands there are." },
    { "docs", command_docs, .syntax = "[command-name [command-name ...]]", SUBCOMMAND, .since = "7.0.0",
      .cost = "O(N) where N is the number of commands asked for", .reply = "map of maps",
      .summary = "Document some commands, or all of them.", .tips = "nondeterministic_output_order" },
    { "getkeys", command_get_keys, .syntax = "command-name arg [arg ...]", SUBCOMMAND, .since = "2.8.13",
      .cost = "O(N) where N is the number of arguments of the command", .reply = "array of keys",
      .summary = "Find the keys among the arguments of a command." },
    { "getkeysandflags", command_get_keys_and_flags, .syntax = "command-name arg [arg ...]", SUBCOMMAND,
      .since = "7.0.0", .cost = "O(N) where N is the number of arguments of the command",
      .reply = "array of pairs: key, set of flags",
      .summary = "Find the keys among the arguments of a command, and what it does with each." },
    { "help", command_help, .syntax = "", SUBCOMMAND, .since = "5.0.0", .cost = "O(1)",
      .reply = "array of lines", .summary = "Explain the subcommands." },
    { "info", command_info, .syntax = "[command-name [command-name ...]]", SUBCOMMAND, .since = "2.8.13",
      .cost = "O(N) where N is the number of commands asked for",
      .reply = "array of tuples, null for unknown ones",
      .summary = "Tell arity, flags and keys of some commands, or of all.",
      .tips = "nondeterministic_output_order" },
    { "list", command_list, .syntax = "[FILTERBY <MODULE module-name | ACLCAT category | PATTERN pattern>]",
      SUBCOMMAND, .since = "7.0.0", .cost = "O(N) where N is the number of commands",
      .reply = "array of names", .summary = "List the names of commands, of subcommands too.",
      .tips = "nondeterministic_output_order" },
    { 0 },
};

const struct command command_commands[] = {
    { "command", command, .syntax = "", .flags = CMD_LOADING | CMD_STALE, .categories = ACL_CONNECTION,
      .group = "server", .tier = TIER_PASS | TIER_RUNS_ALONE, .since = "2.8.13",
      .cost = "O(N) where N is the number of commands", .reply = "array of tuples",
      .summary = "Tell arity, flags and keys of every command.", .tips = "nondeterministic_output_order",
      .subcommands = subcommands },
    { 0 },
};
