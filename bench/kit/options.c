#include "bench/kit/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/kit/program.h"

static _Noreturn void print_help(const struct option *options, const char *usage)
{
    printf("usage: %s %s\n", program_invocation_short_name, usage);
    for (; options->name != NULL; options++) {
        char left[64];
        snprintf(left, sizeof left, "--%s %s", options->name, options->operand ? options->operand : "");
        printf("  %-26s %s\n", left, options->help);
    }
    exit(0);
}

/* The row of `--name` or `--name=value`; the value inside the argument, or NULL, in `*value`. */
static const struct option *find(const struct option *options, const char *argument, const char **value)
{
    const char *name = argument + 2;
    size_t len = strcspn(name, "=");
    *value = name[len] == '=' ? name + len + 1 : NULL;
    for (; options->name != NULL; options++) {
        if (strlen(options->name) == len && memcmp(options->name, name, len) == 0) return options;
    }
    program_fail("unknown option %s (try --help)", argument);
}

/* Where the number ends in `*end`; -1 if there is none. */
static double parse_count(const char *text, char **end)
{
    double count = strtod(text, end);
    if (*end == text || !(count >= 0)) return -1;
    if (**end == 'k')
        count *= 1e3, ++*end;
    else if (**end == 'm')
        count *= 1e6, ++*end;
    return count < 1e18 ? count : -1;
}

static void store(const struct option *option, const char *value)
{
    char *end = NULL;
    double number = 0;
    if (option->kind == OPTION_COUNT) number = parse_count(value, &end);
    if (option->kind == OPTION_REAL) number = strtod(value, &end);
    if (end != NULL && (*end != '\0' || end == value || !(number >= 0)))
        program_fail("--%s takes a number, not %s", option->name, value);

    if (option->kind == OPTION_COUNT) *(uint64_t *)option->into = (uint64_t)number;
    if (option->kind == OPTION_REAL) *(double *)option->into = number;
    if (option->kind == OPTION_TEXT) *(const char **)option->into = value;
    if (option->kind == OPTION_TEXTS) {
        struct option_texts *texts = option->into;
        if (texts->len == OPTION_TEXTS_MAX) program_fail("too many --%s", option->name);
        texts->items[texts->len++] = value;
    }
}

int options_parse(int argc, char **argv, const struct option *options, const char *usage)
{
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", strlen("--")) == 0; i++) {
        if (strcmp(argv[i], "--") == 0) return i + 1;
        if (strcmp(argv[i], "--help") == 0) print_help(options, usage);
        const char *value;
        const struct option *option = find(options, argv[i], &value);
        if (option->kind == OPTION_FLAG) {
            *(bool *)option->into = true;
            continue;
        }
        if (value == NULL && ++i == argc) program_fail("--%s takes a value", option->name);
        store(option, value != NULL ? value : argv[i]);
    }
    return i;
}

void options_parse_all(int argc, char **argv, const struct option *options)
{
    int first = options_parse(argc, argv, options, "[options]");
    if (first < argc) program_fail("what is %s? (try --help)", argv[first]);
}

size_t options_split_counts(const char *text, uint64_t *counts, size_t cap)
{
    size_t len = 0;
    for (;;) {
        char *end;
        double count = parse_count(text, &end);
        if (count < 0 || (*end != '\0' && *end != ',')) program_fail("not a list of numbers: %s", text);
        if (len == cap) program_fail("more than %zu numbers", cap);
        counts[len++] = (uint64_t)count;
        if (*end == '\0') return len;
        text = end + 1;
    }
}
