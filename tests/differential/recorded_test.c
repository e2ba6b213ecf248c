/*
 * What servers newer than Redis 7.0 have and answer, as it was recorded of them. The conversation with a
 * Valkey is also had with the one whose program VALKEY_SERVER names.
 */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "server/commands/catalog/families.h"
#include "server/exec/command/table.h"
#include "tests/differential/recorded.h"
#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"
#include "tests/support/scratch.h"

static void play(enum instance_kind kind, const char *name)
{
    struct instance instance;
    struct client client;
    instance_start(&instance, kind, NULL);
    cr_assert(client_open_tcp(&client, instance.port));
    recorded_play(name, &client);
    client_close(&client);
    instance_stop(&instance);
}

Test(recorded, what_valkey_answers_is_answered, .timeout = 60)
{
    play(INSTANCE_NUTHATCH, "valkey-9.1.2.replies");
    if (instance_program(INSTANCE_VALKEY) != NULL) play(INSTANCE_VALKEY, "valkey-9.1.2.replies");
}

static struct command_table *table;
static struct buffer page;

static bool is_here(struct slice name)
{
    const char *bar = memchr(name.data, '|', name.len);
    if (bar == NULL) return command_table_find_any(table, name) != NULL;
    size_t len = (size_t)(bar - name.data);
    const struct command_info *container = command_table_find_any(table, slice_of(name.data, len));
    struct slice sub = slice_of(bar + 1, name.len - len - 1);
    return container != NULL && command_find_subcommand(container, sub) != NULL;
}

/* Does a row of docs/commands.md begin with these `len` bytes of a name? */
static bool has_row(struct slice name, size_t len)
{
    char row[128];
    int end = snprintf(row, sizeof row, "\n| `%.*s` | ", (int)len, name.data);
    for (int i = 0; i < end; i++)
        row[i] = (char)(row[i] == '|' && i > 2 && i < end - 3 ? ' ' : toupper(row[i]));
    return strstr(page.data, row) != NULL;
}

/* A row about a container is one about all that it contains. */
static bool is_excused(struct slice name)
{
    const char *bar = memchr(name.data, '|', name.len);
    return has_row(name, name.len) || (bar != NULL && has_row(name, (size_t)(bar - name.data)));
}

static void expect_all_known(const char *recorded)
{
    struct buffer text = recorded_read(recorded);
    struct slice left = buffer_slice(&text), name;
    while (recorded_next_line(&left, &name))
        cr_expect(is_here(name) || is_excused(name),
                  "recorded/%s: %.*s is neither here nor does docs/commands.md say why not", recorded,
                  (int)name.len, name.data);
    buffer_clear(&text);
}

Test(recorded, every_command_of_the_others_is_here_or_the_page_says_why_not)
{
    table = command_table_create(command_families, NULL, NULL);
    scratch_read(NUTHATCH_SOURCE_DIR "/docs/commands.md", &page);
    buffer_append(&page, "", 1);
    expect_all_known("valkey-9.1.2.commands");
    expect_all_known("redis-8.0.6.commands");
    buffer_clear(&page);
    command_table_destroy(&table);
}
