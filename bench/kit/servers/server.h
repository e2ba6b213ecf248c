/*
 * server.h - a server under test, started as a child.
 *
 * Several may be alive at once, each on a free port of 127.0.0.1. A child cannot outlive the program: the
 * kernel kills it when its parent ends, however that happens (PR_SET_PDEATHSIG), so an interrupted benchmark
 * leaves nothing behind.
 *
 * Ends the program (program.h) when a server does not start.
 *
 * Threads: the one that started the server, since its end is the child's.
 */
#ifndef BENCH_KIT_SERVERS_SERVER_H
#define BENCH_KIT_SERVERS_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "bench/kit/program.h"
#include "bench/kit/servers/address.h"

#define SERVER_ARGUMENTS_MAX 32
#define SERVER_ANY_CORE      PROGRAM_ANY_CORE

struct server {
    char name[32];
    char path[512];  /* looked up in PATH when it holds no slash */
    char args[1024]; /* between commas; `{port}` stands for the port, without it `--port N` is added */
    const struct protocol *protocol; /* RESP, unless the caller of server_init() changes it */
    pid_t pid;                       /* 0: not running */
    struct address address;          /* once it was started */
};

/* A server called `name`, or what stands before a `=` in `spec`: `[name=]path[,argument...]`. `args` holds
 * when the spec has none. Not started. */
void server_init(struct server *server, const char *name, const char *spec, const char *args);

/* Start on `core`, and return when it answers. */
void server_start(struct server *server, int core);
/* Ask it to end, then make it; returns when it is gone. */
void server_stop(struct server *server);

/* Stop it where it is, and let it go on: a server that waits for its turn must not stir on the core. */
void server_pause(const struct server *server);
void server_resume(const struct server *server);

/* The time its threads have run for, as the scheduler counts it. */
uint64_t server_cpu_ns(const struct server *server);
/* Memory it holds. */
uint64_t server_rss_bytes(const struct server *server);
/* The most it ever held since this was last called, as the kernel noted it. */
uint64_t server_peak_rss_bytes(const struct server *server);

/* What `path --version` says in its first line. */
void server_version(const struct server *server, char *out, size_t cap);

#endif
