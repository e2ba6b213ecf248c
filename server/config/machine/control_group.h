/*
 * control_group.h - what the control groups of a process leave it of the machine.
 *
 * A limit binds all groups below the one that has it, so the smallest on the way up to the root counts. Both
 * versions are understood: one tree for all controllers, or one for each. Threads: any.
 */
#ifndef SERVER_CONFIG_MACHINE_CONTROL_GROUP_H
#define SERVER_CONFIG_MACHINE_CONTROL_GROUP_H

#include <stdint.h>

/* Where the kernel shows them; NULL: where it does on every Linux. */
struct control_group_paths {
    const char *mount;      /* /sys/fs/cgroup */
    const char *membership; /* /proc/self/cgroup */
};

/* INT64_MAX where nothing is limited. */
int64_t control_group_memory_bytes(const struct control_group_paths *paths);
/* Time of cores, rounded up to whole ones, so at least 1; INT64_MAX where it is not limited. */
int64_t control_group_cores(const struct control_group_paths *paths);

#endif
