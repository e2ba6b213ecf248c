/*
 * crash.h - a last report when the process is about to die of a signal.
 *
 * Which signal, where, and the stack, into the log; then the signal takes its course, so that a core is
 * written and the parent sees what happened. Sanitizers bring reports of their own, and keep theirs.
 *
 * Threads: crash_report_on() on one thread at a time.
 */
#ifndef SERVER_OBSERVE_CRASH_H
#define SERVER_OBSERVE_CRASH_H

#include <stdbool.h>

void crash_report_on(bool on);

/* Until the server runs: an abort, such as that of an allocation that failed, has said what is the matter,
 * and ends the process with exit code 1. In force until crash_report_on() is called. */
void crash_end_quietly(void);

#endif
