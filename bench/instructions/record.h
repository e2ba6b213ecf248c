/*
 * record.h - the instruction counts that were agreed on: bench/instructions.txt.
 *
 * A count holds for one compiler and one set of libraries; the first line names them.
 *
 * Threads: one. Ends the program (program.h) when the file cannot be read or written.
 */
#ifndef BENCH_INSTRUCTIONS_RECORD_H
#define BENCH_INSTRUCTIONS_RECORD_H

#include <stddef.h>
#include <stdint.h>

#define RECORD_LINES_MAX 64

struct record_line {
    char name[32];
    uint64_t depth;
    double instructions; /* per operation */
    double allocations;
};

struct record {
    char build[256];
    size_t len;
    struct record_line lines[RECORD_LINES_MAX];
};

/* What this program was built with and runs on. */
void record_describe_build(char *out, size_t cap);

void record_read(struct record *record, const char *path);
void record_write(const struct record *record, const char *path);

/* NULL: not recorded. */
const struct record_line *record_find(const struct record *record, const char *name, uint64_t depth);

#endif
