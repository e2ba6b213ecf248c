/*
 * trace.h - reads the requests of a kvtrace file, gzipped or not.
 *
 * The format is text: `#kvtrace 1 NAME`, header lines that start with `#`, then `KEY [SIZE [TTL [OP [DT]]]]`
 * a request. A key is a number, `n` for the next new one, or `+` for the last one and 1; a size and TTL stay
 * with their key until a line changes them; `.` leaves a column as it is. A file that ends in .gz is unpacked
 * by a `gzip -dc` child.
 *
 * Threads: one owner, the one that opened it.
 */
#ifndef BENCH_KIT_TRACE_TRACE_H
#define BENCH_KIT_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

enum trace_op {
    TRACE_READ = 'r', /* GET, and SET on a miss */
    TRACE_SET = 's',
    TRACE_GET = 'g',
    TRACE_DELETE = 'd',
};

struct trace_request {
    uint32_t key; /* from 0, in order of first use */
    uint32_t value_bytes;
    uint32_t ttl_s; /* 0: none */
    enum trace_op op;
};

enum trace_status { TRACE_READY, TRACE_END, TRACE_BROKEN };

struct trace {
    char name[64];
    uint32_t keys; /* as the header says; 0: it does not */
    uint32_t key_bytes;
    bool sized; /* sizes are part of the trace */

    uint32_t default_value_bytes;
    uint32_t default_ttl_s;
    uint32_t last_key;
    uint32_t known; /* keys seen */
    uint32_t known_cap;
    struct trace_key *known_keys; /* what each key's lines said last */
    uint64_t line_number;
    FILE *file;
    pid_t child;
    bool held; /* `line` is the first request, met behind the header */
    char line[512];
};

/* False when there is no such file, or it is no kvtrace; nothing is left open. */
bool trace_open(struct trace *trace, const char *path);
/* False when the child could not unpack all of it. */
bool trace_close(struct trace *trace);

enum trace_status trace_next(struct trace *trace, struct trace_request *request);

#endif
