/*
 * syscalls.h - counts the system calls of a running server with `perf stat`, which hardly slows it.
 *
 * Threads: one.
 */
#ifndef BENCH_SURVEY_SYSCALLS_H
#define BENCH_SURVEY_SYSCALLS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct syscalls {
    pid_t perf;
    int output; /* what perf prints */
};

/* False: there is no perf, or it may not count here. */
bool syscalls_start(struct syscalls *syscalls, pid_t server);
/* Those since the start. False: perf did not count. */
bool syscalls_stop(struct syscalls *syscalls, uint64_t *count);

#endif
