#include "server/config/machine.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define LINE_BYTES (PATH_BYTES - 64)

int64_t machine_cores(void)
{
    cpu_set_t allowed;
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
    int cores = CPU_COUNT(&allowed);
    return cores > 0 ? cores : 1;
}

/* The smaller of `limit` and the number in a file; "max", or no such file, is no limit. */
static int64_t limit_of_file(const char *path, int64_t limit)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) return limit;
    long long bytes;
    if (fscanf(file, "%lld", &bytes) == 1 && bytes > 0 && bytes < limit) limit = bytes;
    fclose(file);
    return limit;
}

/* A line of /proc/self/cgroup is `id:controllers:path`; no controllers is version 2. */
static int64_t limit_of_group(char *line, int64_t limit)
{
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL) return limit;
    *controllers++ = '\0';
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';

    char path[PATH_BYTES];
    if (*controllers == '\0') {
        snprintf(path, sizeof path, "/sys/fs/cgroup%s/memory.max", group);
    } else if (strcmp(controllers, "memory") == 0) {
        snprintf(path, sizeof path, "/sys/fs/cgroup/memory%s/memory.limit_in_bytes", group);
    } else {
        return limit;
    }
    return limit_of_file(path, limit);
}

int64_t machine_memory_bytes(void)
{
    int64_t limit = (int64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
    /* Inside a container its own group is mounted as the root, whatever its path is outside. */
    limit = limit_of_file("/sys/fs/cgroup/memory.max", limit);
    limit = limit_of_file("/sys/fs/cgroup/memory/memory.limit_in_bytes", limit);

    FILE *groups = fopen("/proc/self/cgroup", "re");
    if (groups == NULL) return limit;
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, groups) != NULL) limit = limit_of_group(line, limit);
    fclose(groups);
    return limit;
}
