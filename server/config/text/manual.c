#include "server/config/text/manual.h"

#include <stdbool.h>
#include <string.h>

#include "server/config/option.h"

static bool is_effective(const struct option *row)
{
    return row->kind != OPTION_ALIAS && !(row->flags & (OPTION_IGNORED | OPTION_HIDDEN));
}

static bool is_ignored(const struct option *row)
{
    return row->kind != OPTION_ALIAS && (row->flags & OPTION_IGNORED);
}

static bool has(const struct option_group *group, bool (*property)(const struct option *row))
{
    for (const struct option *row = group->rows; row->name != NULL; row++) {
        if (property(row)) return true;
    }
    return false;
}

static const char *kind_name(const struct option *row)
{
    switch (row->kind) {
    case OPTION_BOOL: return "yes or no";
    case OPTION_INT: return "number";
    case OPTION_OCTAL: return "octal number";
    case OPTION_MEMORY: return "bytes";
    case OPTION_RAM:
    case OPTION_PERCENT: return "bytes or %";
    case OPTION_ENUM: return "one of";
    case OPTION_TEXT: return "text";
    case OPTION_MULTI: return "words";
    case OPTION_ALIAS: break;
    }
    return "";
}

static void write_choices(FILE *out, const struct option *row, const char *around)
{
    for (const struct option_choice *choice = row->choices; choice->name != NULL; choice++) {
        fprintf(out, "%s%s%s%s", choice == row->choices ? "" : ", ", around, choice->name, around);
    }
}

static const char *shown_preset(const struct option *row)
{
    if (row->shown_preset != NULL) return row->shown_preset;
    return row->preset == NULL ? "" : row->preset;
}

static void write_preset(FILE *out, const struct option *row)
{
    const char *preset = shown_preset(row);
    if (row->shown_preset != NULL) {
        fprintf(out, "%s", preset);
    } else if (*preset == '\0') {
        fprintf(out, "empty");
    } else {
        fprintf(out, "`%s`", preset);
    }
}

static void write_other_names(FILE *out, const struct option *of)
{
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (row->kind == OPTION_ALIAS && strcmp(row->of, of->name) == 0) {
                fprintf(out, ", `%s`", row->name);
            }
        }
    }
}

static const char *when_changeable(const struct option *row)
{
    if (row->flags & OPTION_IMMUTABLE) return "no";
    return row->flags & OPTION_PROTECTED ? "protected" : "yes";
}

static void write_row(FILE *out, const struct option *row)
{
    fprintf(out, "| `%s`", row->name);
    write_other_names(out, row);
    fprintf(out, " | %s", kind_name(row));
    if (row->kind == OPTION_ENUM) {
        fputc(' ', out);
        write_choices(out, row, "`");
    }
    fprintf(out, " | ");
    write_preset(out, row);
    fprintf(out, " | %s | %s |\n", when_changeable(row), row->summary);
}

static void write_group(FILE *out, const struct option_group *group)
{
    if (!has(group, is_effective)) return;
    fprintf(out, "\n## %s\n\n", group->title);
    fprintf(out, "| Name | Value | Default | CONFIG SET | Meaning |\n|---|---|---|---|---|\n");
    for (const struct option *row = group->rows; row->name != NULL; row++) {
        if (is_effective(row)) write_row(out, row);
    }
}

static void write_ignored_group(FILE *out, const struct option_group *group)
{
    if (!has(group, is_ignored)) return;
    fprintf(out, "\n**%s**:", group->title);
    const char *separator = " ";
    for (const struct option *row = group->rows; row->name != NULL; row++) {
        if (!is_ignored(row)) continue;
        fprintf(out, "%s`%s`", separator, row->name);
        write_other_names(out, row);
        separator = ", ";
    }
    fprintf(out, ".\n");
}

static const char introduction[] =
    "# Configuration\n"
    "\n"
    "<!-- Written by docs_writer from the rows in server/config/options/. Change them, not this page. -->\n"
    "\n"
    "    nuthatch [/path/to/nuthatch.conf] [--name value ...] [-]\n"
    "\n"
    "A configuration file has a setting per line: a name and its value. Lines that start with `#` are "
    "comments;\n"
    "words with blanks stand in quotes. A `redis.conf` works unchanged, with two exceptions (below). Every "
    "name is also an option of the "
    "command\n"
    "line, and a lone `-` at the end reads more of the same from standard input. What is said later wins: "
    "the file,\n"
    "then standard input, then the options.\n"
    "\n"
    "Sizes are bytes or have a unit, in any case: `k` is 1000, `kb` 1024, and so on with `m`, `mb`, `g`, "
    "`gb`.\n"
    "\n"
    "`CONFIG GET` takes patterns, `CONFIG SET` changes several settings at once or none, and `CONFIG "
    "REWRITE` writes\n"
    "what has changed back to the file. A setting that is *protected* can be changed only by whom\n"
    "`enable-protected-configs` allows to.\n"
    "\n"
    "With `--upstream`, settings about what the upstream holds and does (listpack sizes, `lua-time-limit`, "
    "keyspace events\n"
    "and so on) are read and set there when a command names nothing else; `CONFIG GET` of a pattern shows "
    "what stands here.\n"
    "One `CONFIG SET` cannot name both theirs and ours: that is an error and changes nothing.\n"
    "\n"
    "Besides settings a file may hold `include PATH` (wildcards allowed) and `rename-command NAME NEW-NAME`, "
    "where an\n"
    "empty new name disables the command. `loadmodule` is passed over with a warning.\n"
    "\n"
    "`user NAME RULE ...` declares a user, as `ACL SETUSER` does: [security.md](security.md#users).\n";

static const char on_ignored[] =
    "\n## Accepted without effect\n"
    "\n"
    "Redis has these settings, and nothing here acts on them. They are checked, kept and shown by `CONFIG "
    "GET` so\n"
    "that files and tools go on working; giving one another value than its default logs one warning.\n";

void config_write_docs(FILE *out)
{
    fputs(introduction, out);
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        write_group(out, group);
    }
    fputs(on_ignored, out);
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        write_ignored_group(out, group);
    }
}

static const char page_beginning[] =
    ".\\\" Written by docs_writer from the rows in server/config/options/. Change them, not this page.\n"
    ".TH NUTHATCH.CONF 5 \"2026-11-30\" \"nuthatch\" \"File Formats\"\n"
    ".SH NAME\n"
    "nuthatch.conf \\- configuration of the cache server nuthatch\n"
    ".SH DESCRIPTION\n"
    "A setting per line: a name and its value. Lines that begin with # are comments; words with blanks stand "
    "in quotes. Files made for Redis work. Sizes are bytes or have a unit, in any case: k is 1000, kb 1024, "
    "and so on with m, mb, g, gb. Each name is also an option of the command line, where it has two dashes "
    "before it. What is said later wins.\n"
    ".PP\n"
    "A file may also hold\n"
    ".B include\n"
    "with a path or a pattern,\n"
    ".B rename\\-command\n"
    "with a name and another, and\n"
    ".B user\n"
    "with a name and rules, as ACL SETUSER takes them.\n";

static const char page_end[] = ".SH SEE ALSO\n.BR nuthatch (1)\n";

/* A text without what roff would take for its own; marks of code are left out. */
static void write_roff(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '-' || *text == '\\') fputc('\\', out);
        if (*text == '\\') fputc('e', out);
        if (*text != '`' && *text != '\\') fputc(*text, out);
    }
}

static void write_page_row(FILE *out, const struct option *row)
{
    fprintf(out, ".TP\n.B ");
    write_roff(out, row->name);
    fprintf(out, "\n\\&");
    write_roff(out, row->summary);
    fprintf(out, "\n");
    if (row->kind == OPTION_ENUM) {
        fprintf(out, "One of ");
        write_choices(out, row, "");
        fprintf(out, ".\n");
    }
    const char *preset = shown_preset(row);
    fprintf(out, "Default: ");
    write_roff(out, *preset == '\0' ? "empty" : preset);
    fprintf(out, ".\n");
}

void config_write_manual_page(FILE *out)
{
    fputs(page_beginning, out);
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        if (!has(group, is_effective)) continue;
        fprintf(out, ".SH %s\n", group->title);
        for (const struct option *row = group->rows; row->name != NULL; row++)
            if (is_effective(row)) write_page_row(out, row);
    }
    fputs(page_end, out);
}

static const char usage[] =
    "Usage: nuthatch [/path/to/nuthatch.conf] [options] [-]\n"
    "       nuthatch --healthcheck [/path/to/nuthatch.conf] [options]\n"
    "\n"
    "  -                read more configuration from standard input\n"
    "  --healthcheck    ask the server of this configuration whether it serves; 0 if so\n"
    "  -v, --version    show the version\n"
    "  -h, --help       show this\n"
    "\n"
    "Examples:\n"
    "  nuthatch --port 7777 --maxmemory 80%\n"
    "  nuthatch /etc/redis/redis.conf --threads 4\n"
    "  echo 'maxmemory 128mb' | nuthatch -\n";

/* Names are padded to one column, so that what they mean stands in another. */
static void print_row(FILE *out, const struct option *row)
{
    fprintf(out, "  --%-32s %s", row->name, row->summary);
    if (row->kind == OPTION_ENUM) {
        fprintf(out, " (");
        write_choices(out, row, "");
        fprintf(out, ")");
    }
    const char *preset = shown_preset(row);
    fprintf(out, " [%s]\n", *preset == '\0' ? "empty" : preset);
}

void config_print_help(FILE *out)
{
    fputs(usage, out);
    for (const struct option_group *group = option_groups; group->title != NULL; group++) {
        if (!has(group, is_effective)) continue;
        fprintf(out, "\n%s:\n", group->title);
        for (const struct option *row = group->rows; row->name != NULL; row++) {
            if (is_effective(row)) print_row(out, row);
        }
    }
    fprintf(out, "\nOther names that redis.conf knows are accepted without effect.\n");
}
