/*
 * clock.h - where the server takes the time from.
 *
 * One function, so that tests can stop time and move it. Read once per turn of a loop, never by handlers.
 *
 * Threads: `now_us` is called from every loop.
 */
#ifndef SERVER_CORE_CLOCK_H
#define SERVER_CORE_CLOCK_H

#include <stdint.h>

struct clock {
    int64_t (*now_us)(void *context); /* Unix time in microseconds */
    void *context;
};

/* The system's clock. */
struct clock clock_of_system(void);
/* Unix time. */
static inline int64_t clock_now_ms(const struct clock *clock)
{
    return clock->now_us(clock->context) / 1000;
}

#endif
