/*
 * options.h - the command line of a benchmark program, described by rows.
 *
 * Every option is `--name value` or `--name=value`; a flag has no value. `--help` prints the rows and exits
 * 0; an unknown option or a bad value is said on standard error and exits 2.
 *
 * Threads: one. Ownership: texts point into argv.
 */
#ifndef BENCH_KIT_OPTIONS_H
#define BENCH_KIT_OPTIONS_H

#include <stddef.h>
#include <stdint.h>

enum option_kind {
    OPTION_FLAG,  /* bool: set to true */
    OPTION_COUNT, /* uint64_t: with an optional k or m for thousands and millions */
    OPTION_REAL,  /* double, not negative */
    OPTION_TEXT,  /* const char * */
    OPTION_TEXTS, /* struct option_texts: may be given many times */
};

#define OPTION_TEXTS_MAX 16

struct option_texts {
    const char *items[OPTION_TEXTS_MAX];
    size_t len;
};

struct option {
    const char *name; /* without the dashes; NULL ends the rows */
    enum option_kind kind;
    void *into;          /* its default is what stands there before */
    const char *operand; /* how --help calls the value */
    const char *help;
};

/* The index of the first argument that is no option; argc if there is none. `usage` is the line --help
 * starts with, less the program's name. */
int options_parse(int argc, char **argv, const struct option *options, const char *usage);
/* For a program that takes nothing but options: anything else is said on standard error and exits 2, too. */
void options_parse_all(int argc, char **argv, const struct option *options);

/* Numbers between commas, at most `cap`; how many there were. */
size_t options_split_counts(const char *text, uint64_t *counts, size_t cap);

#endif
