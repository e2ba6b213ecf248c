#include "server/commands/catalog/reference.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "server/commands/catalog/families.h"
#include "server/exec/command/command.h"

static char *page;

static void write_page(void)
{
    size_t len;
    FILE *out = open_memstream(&page, &len);
    commands_write_docs(out);
    fclose(out);
}

static void free_page(void)
{
    free(page);
}

TestSuite(reference, .init = write_page, .fini = free_page);

/* A line begins with the command in capitals, "" for what is no subcommand. */
static void expect_line(const char *name, const char *subcommand)
{
    struct buffer line = { 0 };
    buffer_printf(&line, "\n| `%s%s%s", name, *subcommand != '\0' ? " " : "", subcommand);
    for (size_t i = 0; i < line.len; i++) line.data[i] = (char)toupper((unsigned char)line.data[i]);
    buffer_append(&line, "", 1);
    cr_expect_not_null(strstr(page, line.data), "%s %s is in no chapter", name, subcommand);
    buffer_clear(&line);
}

Test(reference, has_a_line_for_every_row)
{
    for (const struct command *const *family = command_families; *family != NULL; family++) {
        for (const struct command *row = *family; row->name != NULL; row++) {
            if (row->run != NULL) expect_line(row->name, "");
            for (const struct command *sub = row->subcommands; sub != NULL && sub->name != NULL; sub++)
                expect_line(row->name, sub->name);
        }
    }
}
