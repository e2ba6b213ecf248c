#include "tests/differential/generate/redis_source.h"

#include <criterion/criterion.h>

#include "proto/base/alloc.h"
#include "proto/base/array.h"
#include "tests/support/client/client.h"
#include "tests/support/client/reply_parts.h"

struct writer {
    struct arena *arena;
    struct buffer text; /* of the syntax being written */
    struct catalogue_source *sources;
    size_t len, cap;
};

static struct slice text_field(struct slice list, const char *name)
{
    struct slice value = reply_part_field(list, name);
    return value.len == 0 ? value : reply_part_text(value);
}

static bool has_flag(struct slice argument, const char *name)
{
    struct reply_parts parts;
    struct slice flag;
    for (reply_parts_init(&parts, reply_part_field(argument, "flags")); reply_parts_next(&parts, &flag);) {
        if (slice_equal(reply_part_text(flag), slice_of_cstr(name))) return true;
    }
    return false;
}

static bool is(struct slice text, const char *word)
{
    return slice_equal(text, slice_of_cstr(word));
}

static void put(struct writer *writer, struct slice text)
{
    buffer_append(&writer->text, text.data, text.len);
}

/* What is drawn for an argument follows from its name (argument_pool.h). Types say more than some names do.
 */
static void write_placeholder(struct writer *writer, struct slice argument)
{
    struct slice type = text_field(argument, "type"), name = text_field(argument, "name");
    struct slice token = text_field(argument, "token");
    if (is(type, "key")) {
        name = SLICE("key");
    } else if (is(type, "pattern")) {
        name = SLICE("pattern");
    } else if (is(token, "BLOCK")) {
        name = SLICE("block-for-ms");
    } else if (is(name, "timeout")) {
        name = SLICE("block-for-s");
    } else if (is(name, "id") || is(name, "last-id") || is(name, "lastid")) {
        name = SLICE("stream-id");
    }
    for (size_t i = 0; i < name.len; i++) {
        buffer_append(&writer->text, name.data[i] == ' ' || name.data[i] == '_' ? "-" : name.data + i, 1);
    }
}

static void write_argument(struct writer *writer, struct slice argument);

static void write_all(struct writer *writer, struct slice arguments, struct slice separator)
{
    struct reply_parts parts;
    struct slice argument;
    bool first = true;
    for (reply_parts_init(&parts, arguments); reply_parts_next(&parts, &argument);) {
        /* An identifier that the server makes from its clock is never equal to another server's. */
        if (is(text_field(argument, "token"), "*")) continue;
        if (!first) put(writer, separator);
        write_argument(writer, argument);
        first = false;
    }
}

static void write_body(struct writer *writer, struct slice argument)
{
    struct slice type = text_field(argument, "type"), arguments = reply_part_field(argument, "arguments");
    if (is(type, "pure-token")) return;
    if (is(type, "oneof")) {
        put(writer, SLICE("<"));
        write_all(writer, arguments, SLICE(" | "));
        put(writer, SLICE(">"));
    } else if (is(type, "block")) {
        write_all(writer, arguments, SLICE(" "));
    } else {
        write_placeholder(writer, argument);
    }
}

static void write_token(struct writer *writer, struct slice argument)
{
    struct slice token = text_field(argument, "token");
    if (token.len == 0) return;
    /* The token of XREADGROUP's last id, which has a meaning of its own in no syntax. */
    put(writer, is(token, "") ? SLICE("\"\"") : token);
    put(writer, SLICE(" "));
}

static void write_argument(struct writer *writer, struct slice argument)
{
    bool optional = has_flag(argument, "optional"), again = has_flag(argument, "multiple_token");
    if (optional) put(writer, SLICE("["));
    write_token(writer, argument);
    write_body(writer, argument);
    if (has_flag(argument, "multiple") || again) {
        put(writer, SLICE(" ["));
        if (again) write_token(writer, argument);
        write_body(writer, argument);
        put(writer, SLICE(" ...]"));
    }
    if (optional) put(writer, SLICE("]"));
}

static struct slice terminated(struct arena *arena, struct slice text)
{
    char *copy = arena_bytes(arena, text.len + 1);
    if (text.len > 0) memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return slice_of(copy, text.len);
}

static void add_command(struct writer *writer, struct slice name, struct slice docs)
{
    struct reply_parts parts;
    struct slice sub, sub_docs, subcommands = reply_part_field(docs, "subcommands");
    if (subcommands.len > 0) {
        for (reply_parts_init(&parts, subcommands);
             reply_parts_next(&parts, &sub) && reply_parts_next(&parts, &sub_docs);) {
            add_command(writer, reply_part_text(sub), sub_docs);
        }
        return;
    }
    writer->text.len = 0;
    write_all(writer, reply_part_field(docs, "arguments"), SLICE(" "));
    ARRAY_RESERVE(writer->sources, writer->len, writer->cap, 64);
    struct slice group = text_field(docs, "group");
    writer->sources[writer->len++] =
        (struct catalogue_source){ terminated(writer->arena, name).data,
                                   terminated(writer->arena, buffer_slice(&writer->text)).data,
                                   terminated(writer->arena, group).data };
}

struct catalogue_source *redis_source_create(int port, struct arena *arena, size_t *len)
{
    struct writer writer = { .arena = arena };
    struct client client;
    struct reply_parts parts;
    struct slice name, docs;
    cr_assert(client_open_tcp(&client, port));
    struct slice reply = client_ask(&client, "COMMAND DOCS");
    cr_assert(reply_parts_init(&parts, reply), "COMMAND DOCS is not answered");
    while (reply_parts_next(&parts, &name) && reply_parts_next(&parts, &docs)) {
        add_command(&writer, reply_part_text(name), docs);
    }
    client_close(&client);
    buffer_clear(&writer.text);
    *len = writer.len;
    return writer.sources;
}
