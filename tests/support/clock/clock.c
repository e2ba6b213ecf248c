/*
 * clock.c - the C library's clocks, by way of moved_time.h.
 *
 * The sanitizers ask for the time before they are ready to watch anybody, so nobody watches this.
 */
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/support/clock/moved_time.h"

#ifdef __clang__
#define UNWATCHED __attribute__((no_sanitize("address", "thread", "undefined")))
#else
#define UNWATCHED __attribute__((no_sanitize_address, no_sanitize_thread, no_sanitize_undefined))
#endif

static struct moved_time own;
static struct moved_time *_Atomic here;

UNWATCHED static struct moved_time *map(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0) return NULL;
    void *mapped = mmap(NULL, sizeof own, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return mapped == MAP_FAILED ? NULL : mapped;
}

UNWATCHED struct moved_time *moved_time_here(void)
{
    struct moved_time *time = atomic_load_explicit(&here, memory_order_acquire);
    if (time != NULL) return time;
    const char *path = getenv(MOVED_TIME_VARIABLE);
    time = path == NULL ? NULL : map(path);
    if (time == NULL) time = &own;
    atomic_store_explicit(&here, time, memory_order_release);
    return time;
}

UNWATCHED static void add_us(struct timespec *to, int64_t us)
{
    int64_t ns = to->tv_nsec + us % 1000000 * 1000;
    to->tv_sec += us / 1000000 + ns / 1000000000;
    to->tv_nsec = ns % 1000000000;
}

UNWATCHED static int read_clock(clockid_t clock, struct timespec *now)
{
    int failure = (int)syscall(SYS_clock_gettime, clock, now);
    struct moved_time *time = moved_time_here();
    int64_t stopped_us = atomic_load_explicit(&time->stopped_at_us, memory_order_relaxed);
    if (failure != 0 || stopped_us == 0) return failure;

    int64_t moved_us = atomic_load_explicit(&time->moved_us, memory_order_relaxed);
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        *now = (struct timespec){ 0 };
        add_us(now, stopped_us + moved_us);
    } else if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE || clock == CLOCK_BOOTTIME) {
        add_us(now, moved_us);
    }
    return 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
UNWATCHED int clock_gettime(clockid_t clock, struct timespec *now)
{
    return read_clock(clock, now);
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
UNWATCHED int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    struct timespec precise;
    read_clock(CLOCK_REALTIME, &precise);
    *now = (struct timeval){ .tv_sec = precise.tv_sec, .tv_usec = precise.tv_nsec / 1000 };
    return 0;
}

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name) */
UNWATCHED time_t time(time_t *now)
{
    struct timespec precise;
    read_clock(CLOCK_REALTIME, &precise);
    if (now != NULL) *now = precise.tv_sec;
    return precise.tv_sec;
}
