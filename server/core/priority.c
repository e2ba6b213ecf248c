#include "server/core/priority.h"

#include <sys/resource.h>
#include <unistd.h>

/* Less would starve who gives memory back, while the limit of memory depends on it. */
#define NICE 10

void priority_give_way(void)
{
    /* On Linux a thread has a priority of its own. Where it cannot be had, things are as before. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), NICE);
}
