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

#endif
