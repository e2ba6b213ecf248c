/*
 * report.h - a result written for programs: JSON, with the day and the machine it was measured on.
 *
 * A cursor that is written to from front to back; commas are its business. By default reports lie in
 * bench/results/, which git ignores: numbers of one machine mean little on another.
 *
 * Threads: one owner. Ends the program (program.h) when the file cannot be written.
 */
#ifndef BENCH_KIT_REPORT_REPORT_H
#define BENCH_KIT_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct report {
    FILE *file;
    bool comma; /* something stands before the next item */
    char path[512];
};

/* Opens the object and writes date and machine. `path` NULL: bench/results/DATE-name.json. */
void report_open(struct report *report, const char *path, const char *name);
/* Closes the object and the file. */
void report_close(struct report *report);

/* A name inside an object is given, inside an array NULL. */
void report_text(struct report *report, const char *name, const char *text);
void report_number(struct report *report, const char *name, double number);
void report_numbers(struct report *report, const char *name, const double *numbers, size_t len);
void report_begin(struct report *report, const char *name, char bracket); /* { or [ */
void report_end(struct report *report, char bracket);                     /* } or ] */

#endif
