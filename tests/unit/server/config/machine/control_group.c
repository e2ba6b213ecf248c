/* B15 */
#include "server/config/machine/control_group.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/support/scratch.h"

static struct scratch scratch;
static char mount_path[SCRATCH_PATH_MAX], membership[SCRATCH_PATH_MAX];
static struct control_group_paths paths;

static void create(void)
{
    scratch_init(&scratch);
    scratch_path(&scratch, "fs", mount_path);
    scratch_path(&scratch, "cgroup", membership);
    paths = (struct control_group_paths){ .mount = mount_path, .membership = membership };
}

static void destroy(void)
{
    scratch_clear(&scratch);
}

TestSuite(control_group, .init = create, .fini = destroy);

static void belong_to(const char *lines)
{
    char path[SCRATCH_PATH_MAX];
    scratch_write(&scratch, "cgroup", lines, path);
}

/* A file of a group, "/outer/inner" say, with the folders on its way. */
static void limit(const char *group, const char *name, const char *text)
{
    char command[3 * SCRATCH_PATH_MAX];
    snprintf(command, sizeof command, "mkdir -p '%s%s' && printf '%%s\\n' '%s' > '%s%s/%s'", mount_path,
             group, text, mount_path, group, name);
    cr_assert_eq(system(command), 0); /* NOLINT(cert-env33-c): the shell knows what a path is */
}

#define expect_limits(memory, cores)                                                                         \
    do {                                                                                                     \
        cr_expect_eq(control_group_memory_bytes(&paths), memory);                                            \
        cr_expect_eq(control_group_cores(&paths), cores);                                                    \
    } while (0)

Test(control_group, nothing_is_limited_where_nothing_is_said)
{
    expect_limits(INT64_MAX, INT64_MAX);
    belong_to("0::/a/b\n");
    expect_limits(INT64_MAX, INT64_MAX);
    limit("/a/b", "memory.max", "max");
    limit("/a/b", "cpu.max", "max 100000");
    expect_limits(INT64_MAX, INT64_MAX);
}

Test(control_group, a_limit_of_its_own_counts)
{
    belong_to("0::/a/b\n");
    limit("/a/b", "memory.max", "1000");
    limit("/a/b", "cpu.max", "200000 100000");
    expect_limits(1000, 2);
}

Test(control_group, the_smallest_limit_on_the_way_up_counts)
{
    belong_to("0::/a/b/c\n");
    limit("/a/b/c", "memory.max", "max");
    limit("/a/b", "memory.max", "5000");
    limit("/a", "memory.max", "3000");
    limit("", "memory.max", "7000");
    limit("/a/b/c", "cpu.max", "400000 100000");
    limit("/a", "cpu.max", "300000 100000");
    expect_limits(3000, 3);
}

Test(control_group, a_part_of_a_core_is_one)
{
    belong_to("0::/a\n");
    limit("/a", "cpu.max", "1000 100000");
    expect_limits(INT64_MAX, 1);
    limit("/a", "cpu.max", "150000 100000");
    expect_limits(INT64_MAX, 2);
}

Test(control_group, in_a_container_the_mounted_tree_begins_at_its_own_group)
{
    belong_to("0::/outside/of/it\n");
    limit("", "memory.max", "4000");
    limit("", "cpu.max", "100000 100000");
    expect_limits(4000, 1);
    belong_to("0::/../sibling\n");
    expect_limits(4000, 1);
    belong_to("0::/\n");
    expect_limits(4000, 1);
}

Test(control_group, each_controller_has_a_tree_of_its_own_in_version_1)
{
    belong_to("12:cpuset:/other\n4:cpu,cpuacct:/a/b\n3:memory:/a/b\n1:name=systemd:/a\n0::/a\n");
    limit("/memory/a/b", "memory.limit_in_bytes", "9223372036854771712");
    limit("/memory/a", "memory.limit_in_bytes", "2000");
    limit("/cpu/a/b", "cpu.cfs_quota_us", "-1");
    limit("/cpu/a/b", "cpu.cfs_period_us", "100000");
    limit("/cpu/a", "cpu.cfs_quota_us", "250000");
    limit("/cpu/a", "cpu.cfs_period_us", "100000");
    expect_limits(2000, 3);
}
