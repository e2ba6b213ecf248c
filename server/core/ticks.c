#include "server/core/ticks.h"

#include <time.h>

static uint64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t ticks_calibrate(void)
{
    uint64_t start_ns = monotonic_ns();
    uint64_t start = ticks_now();
    uint64_t elapsed_ns;
    do elapsed_ns = monotonic_ns() - start_ns;
    while (elapsed_ns < 2000000);
    uint64_t elapsed = ticks_now() - start;
    return (uint64_t)(((unsigned __int128)elapsed_ns << 32) / (elapsed > 0 ? elapsed : 1));
}
