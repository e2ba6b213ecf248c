#include "tests/support/pace.h"

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* The system's own, also where a test has moved the time. */
int64_t pace_now_ms(void)
{
    struct timespec now;
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void pace_sleep_ms(int64_t duration_ms)
{
    struct timespec left = { .tv_sec = duration_ms / 1000, .tv_nsec = duration_ms % 1000 * 1000000 };
    while (nanosleep(&left, &left) != 0) continue;
}
