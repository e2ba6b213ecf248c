/*
 * cases.h - what a server is made to do while somebody else wants an answer.
 *
 * Each case has a part that is not watched, which brings the server into the state that the case is about,
 * and one that is.
 *
 * Threads: one. Ends the program (program.h) on an error reply.
 */
#ifndef BENCH_STALL_CASES_H
#define BENCH_STALL_CASES_H

#include <stdint.h>

struct address;

struct stall_case {
    const char *name; /* NULL ends the list. In the first nothing happens. One that begins with CACHE is
                         Nuthatch's alone */
    void (*prepare)(const struct address *address, uint64_t keys);
    void (*run)(const struct address *address, uint64_t keys);
    unsigned times;  /* of --keys, so many keys */
    unsigned loops;  /* of Nuthatch, on any core; 0: one, on its own */
    double limit_ms; /* of p99.9; 0: none, STALL_AS_IDLE: as while nothing happens */
};

#define STALL_AS_IDLE (-1.0)

extern const struct stall_case stall_cases[];

#endif
