/*
 * profile.h - what callgrind wrote about one case: instructions by function.
 *
 * Its counts of calls are no use here: they go on while instructions are not counted.
 *
 * Threads: one owner. A plain value.
 */
#ifndef BENCH_INSTRUCTIONS_PROFILE_H
#define BENCH_INSTRUCTIONS_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROFILE_FUNCTIONS_MAX 512

struct profile_function {
    char name[64];         /* [library] for all without a symbol in one */
    uint64_t instructions; /* its own, without those of what it calls */
};

struct profile {
    uint64_t instructions;
    size_t functions_len;
    struct profile_function functions[PROFILE_FUNCTIONS_MAX];
};

/* Reads a file written with --compress-strings=no and --compress-pos=no. False: there is none. */
bool profile_read(struct profile *profile, const char *path);

/* The dearest functions first. */
void profile_sort(struct profile *profile);

#endif
