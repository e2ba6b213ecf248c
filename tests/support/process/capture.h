/*
 * capture.h - run a program to its end and look at what it printed.
 */
#ifndef TESTS_SUPPORT_PROCESS_CAPTURE_H
#define TESTS_SUPPORT_PROCESS_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct capture {
    int code;   /* its exit code; 128 + signal; -1 when it had to be killed after the timeout */
    char *text; /* standard output and error, terminated */
};

/* `argv` is ended by NULL; `input` is its standard input. Takes at most `timeout_ms`, stretched by PACE. */
void capture_run(struct capture *capture, const char *const *argv, struct slice input, int timeout_ms);
void capture_clear(struct capture *capture);

bool capture_contains(const struct capture *capture, const char *text);

#define ARGV(...)                                                                                            \
    (const char *const[])                                                                                    \
    {                                                                                                        \
        __VA_ARGS__, NULL                                                                                    \
    }

#endif
