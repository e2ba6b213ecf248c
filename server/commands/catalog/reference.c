#include "server/commands/catalog/reference.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "server/commands/catalog/absences.h"
#include "server/commands/catalog/families.h"
#include "server/commands/catalog/wording.h"
#include "server/exec/command/command.h"

/* In the order of the page. */
static const struct {
    const char *group; /* as rows say it */
    const char *title;
} chapters[] = {
    { "string", "Strings" },
    { "bitmap", "Bits" },
    { "hyperloglog", "HyperLogLog" },
    { "hash", "Hashes" },
    { "list", "Lists" },
    { "set", "Sets" },
    { "sorted-set", "Sorted sets" },
    { "geo", "Places" },
    { "stream", "Streams" },
    { "generic", "Keys" },
    { "transactions", "Transactions" },
    { "scripting", "Scripts and functions" },
    { "cache", "Cached values" },
    { "pubsub", "Publish and subscribe" },
    { "connection", "Connection" },
    { "server", "Server" },
    { "cluster", "Cluster" },
};

/* Text of a cell: a bar would end it. */
static void write_text(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '|') fputc('\\', out);
        fputc(*c, out);
    }
}

static void write_upper(FILE *out, const char *text)
{
    for (const char *c = text; *c != '\0'; c++) fputc(toupper((unsigned char)*c), out);
}

static void write_call(FILE *out, const struct command *row, const struct command *container)
{
    fputc('`', out);
    if (container != NULL) {
        write_upper(out, container->name);
        fputc(' ', out);
    }
    write_upper(out, row->name);
    if (row->syntax != NULL && *row->syntax != '\0') {
        fputc(' ', out);
        write_text(out, row->syntax);
    }
    fputc('`', out);
}

static void write_flags(FILE *out, uint32_t flags)
{
    const char *gap = "";
    for (int i = 0; command_flag_names[i] != NULL; i++) {
        if ((flags >> i & 1) == 0) continue;
        fprintf(out, "%s%s", gap, command_flag_names[i]);
        gap = " ";
    }
}

static void write_row(FILE *out, const struct command *row, const struct command *container)
{
    fputs("| ", out);
    write_call(out, row, container);
    fputs(" | ", out);
    write_text(out, row->summary);
    fprintf(out, " | %s%s%s | ", row->origin != NULL ? row->origin : "", row->origin != NULL ? " " : "",
            row->since);
    write_text(out, row->cost != NULL ? row->cost : "");
    fputs(" | ", out);
    write_text(out, row->reply != NULL ? row->reply : "");
    fputs(" | ", out);
    write_flags(out, row->flags);
    fputs(" |\n", out);
}

/* A container has no line of its own: it only runs with a subcommand. */
static void write_command(FILE *out, const struct command *row)
{
    if (row->run != NULL) write_row(out, row, NULL);
    for (const struct command *sub = row->subcommands; sub != NULL && sub->name != NULL; sub++) {
        write_row(out, sub, row);
    }
}

static void write_heading(FILE *out, const char *title)
{
    fprintf(out, "\n## %s\n\n", title);
    fputs("| command | what it does | since | cost | reply | flags |\n", out);
    fputs("|---|---|---|---|---|---|\n", out);
}

static void write_chapter(FILE *out, const char *group, const char *title)
{
    write_heading(out, title);
    for (const struct command *const *family = command_families; *family != NULL; family++) {
        for (const struct command *row = *family; row->name != NULL; row++) {
            if (strcmp(row->group, group) == 0) write_command(out, row);
        }
    }
}

static bool is_among(const struct command *rows, const char *name, size_t len)
{
    for (const struct command *row = rows; row != NULL && row->name != NULL; row++) {
        const char *bar = name + len;
        if (strlen(row->name) != len || memcmp(row->name, name, len) != 0) continue;
        return *bar != '|' || is_among(row->subcommands, bar + 1, strlen(bar + 1));
    }
    return false;
}

static bool has_row(const char *name)
{
    for (const struct command *const *family = command_families; *family != NULL; family++)
        if (is_among(*family, name, strcspn(name, "|"))) return true;
    return false;
}

/* "script|show" as it is called. */
static void write_name(FILE *out, const char *name)
{
    for (const char *c = name; *c != '\0'; c++) fputc(*c == '|' ? ' ' : toupper((unsigned char)*c), out);
}

static void write_absences(FILE *out)
{
    fputs("\n## Not here\n\n"
          "What Redis 8.0 and Valkey 9.1 have besides.\n\n"
          "| command | why not |\n|---|---|\n",
          out);
    for (const struct absence *absence = absences; absence->name != NULL; absence++) {
        if (has_row(absence->name)) continue;
        fputs("| `", out);
        write_name(out, absence->name);
        fprintf(out, "` | %s |\n", absence->reason);
    }
    fputs(
        "\nOf options that Valkey has besides, these are not there yet: `BITCOUNT key start` without an end, "
        "`GEOSEARCH` and\n`GEOSEARCHSTORE` with `BYPOLYGON`, `SHUTDOWN FAILOVER`.\n",
        out);
}

void commands_write_docs(FILE *out)
{
    fputs("# Commands\n\n"
          "Written from the command table by `./dev docs`; edit the rows in `server/commands/`, not this "
          "page.\n\n"
          "*Since* is the version of Redis that brought the command, or of Valkey where it says so. Flags "
          "are those of `COMMAND INFO`.\n",
          out);
    for (size_t i = 0; i < sizeof(chapters) / sizeof(chapters[0]); i++) {
        write_chapter(out, chapters[i].group, chapters[i].title);
    }
    write_absences(out);
}
