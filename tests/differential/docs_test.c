/*
 * COMMAND DOCS: the group and flags of every command, since when it is deprecated, and the tree of its
 * arguments are those that Redis tells, whatever the words around them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/compare/divergences.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/process/instance.h"

/* Redis documents these in a shape that its own syntax page does not show, or leaves their arguments out; of
 * the last two 7.2 tells more. */
static const char *const otherwise[] = {
    "client|kill",
    "client|list",
    "client|no-evict",
    "command|getkeys",
    "command|getkeysandflags",
    "config|get",
    "debug",
    "migrate", /* the empty string is a key like another */
    "geohash", /* its arity says that there may be no members; Redis 7.2 says it here, too */
    "geopos",
    "hello",
    "psubscribe",
    "quit",
    "replconf",
    "psync",
    "failover",
    "replicaof",
    "slaveof",
    "module|loadex",
    "bitop",
    "pfmerge",
};

static void write_field(struct buffer *out, struct slice argument, const char *name)
{
    struct slice value = reply_part_field(argument, name);
    if (value.len == 0) return;
    struct slice text = reply_part_text(value);
    buffer_printf(out, " %s=%.*s", name, (int)text.len, text.data);
}

static void write_arguments(struct buffer *out, struct slice arguments, int depth)
{
    struct reply_parts parts, flags;
    struct slice argument, flag;
    for (reply_parts_init(&parts, arguments); reply_parts_next(&parts, &argument);) {
        buffer_printf(out, "\n%*s", depth * 2, "");
        write_field(out, argument, "name");
        write_field(out, argument, "type");
        write_field(out, argument, "token");
        write_field(out, argument, "key_spec_index");
        for (reply_parts_init(&flags, reply_part_field(argument, "flags")); reply_parts_next(&flags, &flag);)
            buffer_printf(out, " %.*s", (int)reply_part_text(flag).len, reply_part_text(flag).data);
        write_arguments(out, reply_part_field(argument, "arguments"), depth + 1);
    }
}

/* Empty: it is not known. */
static void write_docs(struct buffer *out, struct client *client, const char *full_name)
{
    char line[128];
    snprintf(line, sizeof line, "COMMAND DOCS %s", full_name);
    struct slice docs = reply_part(client_ask(client, line), 1), flag;
    struct reply_parts flags;
    if (docs.len > 0) {
        for (reply_parts_init(&flags, reply_part_field(docs, "doc_flags")); reply_parts_next(&flags, &flag);)
            buffer_printf(out, "%.*s ", (int)reply_part_text(flag).len, reply_part_text(flag).data);
        write_field(out, docs, "group");
        write_field(out, docs, "deprecated_since");
        write_field(out, docs, "replaced_by");
        write_arguments(out, reply_part_field(docs, "arguments"), 1);
    }
    buffer_append(out, "", 1);
}

/* Also where Redis 7.0 lacks an option, as the rules of docs/divergences.md say. */
static bool is_told_otherwise(const struct divergences *divergences, const char *name)
{
    for (size_t i = 0; i < divergences->len; i++) {
        const struct divergence *rule = &divergences->items[i];
        if (rule->verb == DIVERGENCE_LACKS && slice_equal_nocase(rule->words[0], slice_of_cstr(name)))
            return true;
    }
    for (size_t i = 0; i < sizeof otherwise / sizeof *otherwise; i++)
        if (strcmp(otherwise[i], name) == 0) return true;
    return false;
}

Test(command_docs, arguments_are_told_as_redis_tells_them, .timeout = 120)
{
    struct command_table *table = command_table_create(command_families, NULL, NULL);
    struct divergences divergences;
    struct instance ours, redis;
    struct client client, oracle;
    divergences_read(&divergences);
    instance_start(&ours, INSTANCE_NUTHATCH, NULL);
    instance_start(&redis, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&client, ours.port));
    cr_assert(client_open_tcp(&oracle, redis.port));
    for (unsigned id = 0; id < command_table_ids(table); id++) {
        const char *name = command_table_by_id(table, id)->full_name;
        struct buffer mine = { 0 }, other = { 0 };
        write_docs(&mine, &client, name);
        write_docs(&other, &oracle, name);
        bool comparable = other.len > 1 && !is_told_otherwise(&divergences, name);
        cr_expect(!comparable || strcmp(mine.data, other.data) == 0, "%s:%s\nbut Redis:%s", name, mine.data,
                  other.data);
        buffer_clear(&mine);
        buffer_clear(&other);
    }
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
    divergences_clear(&divergences);
    command_table_destroy(&table);
}
