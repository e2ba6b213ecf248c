#include "server/config/machine/control_group.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* A group's path in /proc, with its controllers before it. */
#define LINE_BYTES 4096

/* One thing that groups limit, and where: `controller` names its tree in version 1, and the reader gets the
 * folder of one group in either. No such file, as in the root, is no limit. */
struct resource {
    const char *controller;
    int64_t (*read_v1)(const char *group);
    int64_t (*read_v2)(const char *group);
};

static FILE *open_in(const char *group, const char *name)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/%s", group, name);
    return len > 0 && (size_t)len < sizeof path ? fopen(path, "re") : NULL;
}

/* INT64_MAX for "max", as for -1. */
static int64_t read_number(const char *group, const char *name)
{
    FILE *file = open_in(group, name);
    if (file == NULL) return INT64_MAX;
    long long number;
    bool limited = fscanf(file, "%lld", &number) == 1 && number > 0;
    fclose(file);
    return limited ? number : INT64_MAX;
}

static int64_t memory_v1(const char *group)
{
    return read_number(group, "memory.limit_in_bytes");
}

static int64_t memory_v2(const char *group)
{
    return read_number(group, "memory.max");
}

static int64_t whole_cores(int64_t quota_us, int64_t period_us)
{
    return quota_us / period_us + (quota_us % period_us != 0);
}

static int64_t cores_v1(const char *group)
{
    int64_t quota_us = read_number(group, "cpu.cfs_quota_us");
    int64_t period_us = read_number(group, "cpu.cfs_period_us");
    return quota_us == INT64_MAX || period_us == INT64_MAX ? INT64_MAX : whole_cores(quota_us, period_us);
}

static int64_t cores_v2(const char *group)
{
    FILE *file = open_in(group, "cpu.max");
    if (file == NULL) return INT64_MAX;
    long long quota_us, period_us;
    bool limited = fscanf(file, "%lld %lld", &quota_us, &period_us) == 2 && quota_us > 0 && period_us > 0;
    fclose(file);
    return limited ? whole_cores(quota_us, period_us) : INT64_MAX;
}

static const struct resource memory = { "memory", memory_v1, memory_v2 };
static const struct resource cores = { "cpu", cores_v1, cores_v2 };

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* From `group`, below `tree`, to the top of the tree. In a container the tree that is mounted begins at its
 * own group, whose path outside is nowhere in it: what does not exist limits nothing, and the top is asked in
 * any case. */
static int64_t least_on_the_way_up(const char *tree, const char *group, int64_t (*read)(const char *group))
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s%s", tree, strstr(group, "..") != NULL ? "" : group);
    if (len < 0 || (size_t)len >= sizeof path) return INT64_MAX;
    size_t top = strlen(tree);
    int64_t least = INT64_MAX;
    for (;;) {
        least = smaller(least, read(path));
        char *last = strrchr(path, '/');
        if (strlen(path) <= top || last == NULL || last < path + top) return least;
        *last = '\0';
    }
}

/* Whether `name` is one of `list`, "cpu,cpuacct". */
static bool is_listed(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *word = list; word != NULL; word = strchr(word, ',')) {
        word += *word == ',';
        if (strncmp(word, name, len) == 0 && (word[len] == ',' || word[len] == '\0')) return true;
    }
    return false;
}

/* A line is `id:controllers:path`; no controllers is version 2. */
static int64_t limit_of_line(const char *mount, char *line, const struct resource *resource)
{
    char *controllers = strchr(line, ':');
    char *group = controllers == NULL ? NULL : strchr(controllers + 1, ':');
    if (group == NULL) return INT64_MAX;
    *controllers++ = '\0';
    *group++ = '\0';
    group[strcspn(group, "\n")] = '\0';
    if (*controllers == '\0') return least_on_the_way_up(mount, group, resource->read_v2);
    if (!is_listed(controllers, resource->controller)) return INT64_MAX;

    char tree[PATH_MAX];
    snprintf(tree, sizeof tree, "%s/%s", mount, resource->controller);
    return least_on_the_way_up(tree, group, resource->read_v1);
}

static int64_t least_of_all(const struct control_group_paths *paths, const struct resource *resource)
{
    const char *mount = paths != NULL ? paths->mount : "/sys/fs/cgroup";
    FILE *groups = fopen(paths != NULL ? paths->membership : "/proc/self/cgroup", "re");
    if (groups == NULL) return resource->read_v2(mount);
    int64_t least = INT64_MAX;
    char line[LINE_BYTES];
    while (fgets(line, sizeof line, groups) != NULL)
        least = smaller(least, limit_of_line(mount, line, resource));
    fclose(groups);
    return least;
}

int64_t control_group_memory_bytes(const struct control_group_paths *paths)
{
    return least_of_all(paths, &memory);
}

int64_t control_group_cores(const struct control_group_paths *paths)
{
    return least_of_all(paths, &cores);
}
