/*
 * origin.h - a server of HTTP that is held beside ours: nginx that serves a file, and Varnish in front of it.
 *
 * Both as Debian has them, with what makes them fast: open files are kept, nothing is logged, one worker.
 * They are children that cannot outlive the program.
 *
 * Threads: one owner. Ends the program when one does not start.
 */
#ifndef BENCH_HTTP_ORIGIN_H
#define BENCH_HTTP_ORIGIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct origin {
    pid_t pid; /* 0: there is none on this machine */
    uint16_t port;
    char folder[64];
};

/* A file "k" of `len` bytes under /keys/. */
void origin_start_nginx(struct origin *origin, size_t len, int core);
void origin_start_varnish(struct origin *origin, uint16_t behind, int core);
void origin_stop(struct origin *origin);

void origin_pause(const struct origin *origin);
void origin_resume(const struct origin *origin);
/* Of all its threads, and those of its children. */
uint64_t origin_cpu_ns(const struct origin *origin);

#endif
