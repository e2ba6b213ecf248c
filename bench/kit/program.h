/*
 * program.h - what every benchmark program shares: how it gives up, and where its neighbours are.
 *
 * A benchmark that cannot do its work has nothing to save, so what the world does wrong (no such server, a
 * connection lost) ends it here, with a sentence on standard error and exit status 2. Status 1 is left to
 * results: error replies, a limit exceeded.
 *
 * Threads: one.
 */
#ifndef BENCH_KIT_PROGRAM_H
#define BENCH_KIT_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define PROGRAM_ANY_CORE (-1)
#define PROGRAM_FAILED   1 /* it ran, and what it saw was wrong */
#define PROGRAM_NO_START 2 /* it could not do what was asked */

_Noreturn void program_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The path of `name` relative to the folder of this program's own file ("floor", "../nuthatch"). */
void program_neighbour(const char *name, char *out, size_t cap);

/* Keep a thread (0: the calling one) and those that it will start on one core, so that a load and the server
 * under test never share one, or let it run wherever there is room. False, and nothing done, where the
 * machine has no such core. */
bool program_pin_thread(pid_t thread, int core);
bool program_pin(int core); /* the calling one */

/* Let the calling thread run before all others of its core (true), or in its turn again, where the system
 * allows it. Otherwise what it times shows how it waited for its turn. */
void program_go_first(bool first);

#endif
