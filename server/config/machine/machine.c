#include "server/config/machine/machine.h"

#include <sched.h>
#include <unistd.h>

#include "server/config/machine/control_group.h"

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t machine_cores(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    int cores = CPU_COUNT(&allowed);
    return smaller(cores > 0 ? cores : 1, control_group_cores(NULL));
}

int64_t machine_memory_bytes(void)
{
    int64_t physical = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    return smaller(physical, control_group_memory_bytes(NULL));
}
