/*
 * measurement.h - runs the script under callgrind and collects what each case cost.
 *
 * Counts are meant to be the same on every machine: the C library is told to use its plain string functions
 * whatever the processor has, and jemalloc not to give memory back by the clock.
 *
 * Threads: one. Ends the program (program.h) when valgrind or the script fails.
 */
#ifndef BENCH_INSTRUCTIONS_MEASUREMENT_H
#define BENCH_INSTRUCTIONS_MEASUREMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/instructions/profile.h"

/* Where PATH has no valgrind, nothing can be measured. */
bool measurement_is_possible(void);

struct measurement {
    struct profile profile;
    uint64_t allocations;
};

/* One for each of script_cases(); `program` is the one that understands --script. */
void measurement_run(const char *program, struct measurement *measurements);

#endif
