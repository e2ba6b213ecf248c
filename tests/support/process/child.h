/*
 * child.h - a program that a test starts and that cannot outlive it.
 *
 * The kernel is told to kill the child when the test's process dies, so a crashed test leaves nothing behind.
 * Its output goes to a file, or to a descriptor the caller brings (a pipe, the far side of a terminal).
 */
#ifndef TESTS_SUPPORT_PROCESS_CHILD_H
#define TESTS_SUPPORT_PROCESS_CHILD_H

#include <stdbool.h>
#include <sys/types.h>

struct child_options {
    const char *const *argv; /* ended by NULL; argv[0] is looked up in PATH */
    int input;               /* standard input; 0: /dev/null */
    int output;              /* standard output and error; 0: `output_path` */
    const char *output_path; /* created or appended to; NULL: /dev/null */
    const char *directory;   /* working directory; NULL: the test's own */
    bool terminal;           /* `input` is a terminal and becomes the controlling one */
};

struct child {
    pid_t pid;
    bool ended;
    int status; /* as waitpid() gives it, once `ended` */
};

void child_start(struct child *child, const struct child_options *options);

/* True once it has ended by itself within `timeout_ms` (stretched by PACE). */
bool child_wait(struct child *child, int timeout_ms);

/* Exit code of an ended child; 128 + signal when a signal ended it. */
int child_exit_code(const struct child *child);

void child_signal(const struct child *child, int signal_number);

/* Ask it to end, insist after `patience_ms`, and reap it. Nothing happens to one that has ended. */
void child_stop(struct child *child, int patience_ms);

/* Run to the end: its exit code, or -1 when it had to be killed after `timeout_ms`. */
int child_run(const struct child_options *options, int timeout_ms);

#endif
