#include "server/core/clock.h"

#include <stddef.h>
#include <time.h>

static int64_t system_now_us(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct clock clock_of_system(void)
{
    return (struct clock){ .now_us = system_now_us, .context = NULL };
}
