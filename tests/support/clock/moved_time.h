/*
 * moved_time.h - time that stands still until a test moves it.
 *
 * clock.c beside this stands between a process and the C library's clocks. It is in every test's binary, for
 * servers that run in the test itself (fixture.h), and it is the library `moved_clock`, which a server in a
 * process of its own is started with (instance_start_in_time()), ours or a Redis: both then see the same
 * time.
 *
 * While time is moved, the wall clock shows `stopped_at_us` and `moved_us`, to the microsecond; the monotonic
 * clock goes on, and jumps by what is moved, so that timers are due when they should be. A poll that sleeps
 * does not wake up from it: whoever moves the time speaks to the server afterwards.
 *
 * Threads: any; moved by one.
 */
#ifndef TESTS_SUPPORT_CLOCK_MOVED_TIME_H
#define TESTS_SUPPORT_CLOCK_MOVED_TIME_H

#include <stdatomic.h>
#include <stdint.h>

struct moved_time {
    _Atomic int64_t stopped_at_us; /* Unix time; 0: all clocks are the system's */
    _Atomic int64_t moved_us;      /* since */
};

/* Names the file, of this structure alone, that processes share. */
#define MOVED_TIME_VARIABLE "NUTHATCH_MOVED_TIME"

/* That of this process; where the variable is not set, its own, and not stopped. */
struct moved_time *moved_time_here(void);

/* Stop the wall clock where it is. */
void moved_time_stop(struct moved_time *time);
void moved_time_advance(struct moved_time *time, int64_t ms);

/* A time to share, stopped, in a new file at `path`; NULL: the file cannot be made. Unmapped at exit. */
struct moved_time *moved_time_share(const char *path);

#endif
