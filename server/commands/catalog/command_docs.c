#include "server/commands/catalog/command_docs.h"

#include <stddef.h>

#include "proto/reply.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/syntax.h"
#include "server/exec/command/table.h"

static void reply_pair(struct reply *reply, const char *name, const char *text)
{
    if (text == NULL) return;
    reply_bulk_cstr(reply, name);
    reply_bulk_cstr(reply, text);
}

static void reply_status_if(struct reply *reply, bool present, const char *text)
{
    if (present) reply_status(reply, slice_of_cstr(text));
}

static size_t flag_count(const struct syntax_argument *argument)
{
    return (size_t)argument->optional + argument->multiple + argument->multiple_token;
}

static void reply_flags(struct reply *reply, const struct syntax_argument *argument)
{
    if (flag_count(argument) == 0) return;
    reply_bulk_cstr(reply, "flags");
    reply_set(reply, flag_count(argument));
    reply_status_if(reply, argument->optional, "optional");
    reply_status_if(reply, argument->multiple, "multiple");
    reply_status_if(reply, argument->multiple_token, "multiple_token");
}

static void reply_arguments(struct reply *reply, const struct syntax *arguments);

static void reply_argument(struct reply *reply, const struct syntax_argument *argument)
{
    bool is_key = argument->key_spec >= 0;
    size_t pairs = 2 + (size_t)is_key + (argument->token != NULL) + (flag_count(argument) > 0);
    reply_map(reply, pairs + (argument->parts.len > 0));
    reply_pair(reply, "name", argument->name);
    reply_pair(reply, "type", syntax_type_name(argument->type));
    if (is_key) {
        reply_bulk_cstr(reply, "key_spec_index");
        reply_int(reply, argument->key_spec);
    }
    reply_pair(reply, "token", argument->token);
    reply_flags(reply, argument);
    reply_arguments(reply, &argument->parts);
}

static void reply_arguments(struct reply *reply, const struct syntax *arguments)
{
    if (arguments->len == 0) return;
    reply_bulk_cstr(reply, "arguments");
    reply_array(reply, arguments->len);
    for (size_t i = 0; i < arguments->len; i++) reply_argument(reply, &arguments->items[i]);
}

static size_t doc_flag_count(const struct command *row)
{
    return (size_t)(row->deprecated_since != NULL) + ((row->flags & CMD_SYSTEM) != 0);
}

static void reply_doc_flags(struct reply *reply, const struct command *row)
{
    if (doc_flag_count(row) == 0) return;
    reply_bulk_cstr(reply, "doc_flags");
    reply_set(reply, doc_flag_count(row));
    reply_status_if(reply, row->deprecated_since != NULL, "deprecated");
    reply_status_if(reply, row->flags & CMD_SYSTEM, "syscmd");
}

static void reply_deprecation(struct reply *reply, const struct command *row)
{
    if (row->deprecated_since == NULL) return;
    reply_pair(reply, "deprecated_since", row->deprecated_since);
    reply_pair(reply, "replaced_by", row->replaced_by);
}

static size_t pairs_of(const struct command_info *command, const struct syntax *syntax)
{
    const struct command *row = command->row;
    size_t pairs = 3 + (size_t)(row->cost != NULL) + (syntax->len > 0) + (command->subcommand_count > 0);
    if (row->deprecated_since != NULL) pairs += 1 + (size_t)(row->replaced_by != NULL);
    pairs += doc_flag_count(row) > 0;
    return pairs;
}

static void reply_docs(struct reply *reply, const struct command_info *command)
{
    const struct command *row = command->row;
    struct syntax syntax;
    syntax_init(&syntax, row, command->parent != NULL ? 2 : 1);

    reply_bulk_cstr(reply, command->full_name);
    reply_map(reply, pairs_of(command, &syntax));
    reply_pair(reply, "summary", row->summary);
    reply_pair(reply, "since", row->since);
    reply_pair(reply, "group", row->group);
    reply_pair(reply, "complexity", row->cost);
    reply_doc_flags(reply, row);
    reply_deprecation(reply, row);
    reply_arguments(reply, &syntax);
    syntax_clear(&syntax);

    if (command->subcommand_count == 0) return;
    reply_bulk_cstr(reply, "subcommands");
    reply_map(reply, command->subcommand_count);
    for (size_t i = 0; i < command->subcommand_count; i++) reply_docs(reply, &command->subcommands[i]);
}

static void reply_all(struct reply *reply, const struct command_table *table)
{
    reply_map(reply, command_table_len(table));
    for (size_t i = 0; i < command_table_len(table); i++) reply_docs(reply, command_table_at(table, i));
}

void command_docs(struct call *call)
{
    const struct command_table *table = call->server->commands;
    if (call->argc == 2) {
        reply_all(call->reply, table);
        return;
    }
    struct reply_mark mark = reply_open(call->reply);
    size_t known = 0;
    for (int i = 2; i < call->argc; i++) {
        const struct command_info *command = command_table_find_full(table, call->argv[i]);
        if (command == NULL) continue;
        reply_docs(call->reply, command);
        known++;
    }
    reply_close_map(call->reply, mark, known);
}
