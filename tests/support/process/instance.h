/*
 * instance.h - a server running for a test: ours, or the Redis that serves as the oracle.
 *
 * It listens on a free port of 127.0.0.1, keeps its files in a directory of its own, and has answered a PING
 * when instance_start() returns. The environment variable NUTHATCH_UNDER_TEST names another program to be
 * tested in the place of ours, which is how the tests themselves are checked against Redis.
 *
 * With NUTHATCH_TEST_TLS in the environment ours listens for TLS at that port, and client.h speaks it: what a
 * test says over a client's calls it says encrypted. One that brings a program, or reads a socket itself,
 * cannot be run that way.
 *
 * Threads: one owner. Failure to start ends the test, with the server's log.
 */
#ifndef TESTS_SUPPORT_PROCESS_INSTANCE_H
#define TESTS_SUPPORT_PROCESS_INSTANCE_H

#include <stdbool.h>
#include <stdint.h>

#include "tests/support/certificates.h"
#include "tests/support/process/child.h"
#include "tests/support/scratch.h"

enum instance_kind { INSTANCE_NUTHATCH, INSTANCE_REDIS, INSTANCE_VALKEY };

struct instance {
    enum instance_kind kind;
    const char *const *options; /* borrowed */
    const char *time_path;      /* of the time that it lives in, borrowed; NULL: the system's */
    struct child child;
    struct scratch scratch;
    int port;
    bool encrypted;
    struct certificates certificates;   /* where it is */
    char log_path[SCRATCH_PATH_MAX];    /* what it wrote to standard output and error */
    char socket_path[SCRATCH_PATH_MAX]; /* its unix socket */
};

/* `options` are arguments behind the usual ones, ended by NULL, and borrowed; NULL for none. */
void instance_start(struct instance *instance, enum instance_kind kind, const char *const *options);

/* The same in a time that is moved (clock/moved_time.h): `time_path` is the file that it is shared by, and is
 * borrowed. */
void instance_start_in_time(struct instance *instance, enum instance_kind kind, const char *const *options,
                            const char *time_path);

/* Ends with SIGTERM and removes the directory. Ours must exit with 0: a leak or a race that a sanitizer
 * reports at the end is a failure of the test. */
void instance_stop(struct instance *instance);

/* Start again one that has ended, crashed say: same port and options. True: it answers. */
bool instance_restart(struct instance *instance);

/* Print its log, and that of the run before a restart, on standard error. */
void instance_print_log(const struct instance *instance);

/* The program that `kind` stands for (of a Valkey what VALKEY_SERVER names; NULL: nothing), and whether the
 * one under test is in truth a Redis. */
const char *instance_program(enum instance_kind kind);
bool instance_is_redis(enum instance_kind kind);

/* Whether ours listens for TLS at its port, and at no other: what is about ports has nothing to look for
 * then. */
bool instance_encrypts(void);

/* A port of 127.0.0.1 that was free a moment ago. */
int instance_free_port(void);

/* Resident memory of the server's process. */
int64_t instance_rss_bytes(const struct instance *instance);

/* Options as instance_start() takes them: instance_start(&s, INSTANCE_NUTHATCH, OPTIONS("--timeout", "1")) */
#define OPTIONS(...)                                                                                         \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

#endif
