#include "tests/support/clock/moved_time.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

void moved_time_stop(struct moved_time *time)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    atomic_store(&time->moved_us, 0);
    atomic_store(&time->stopped_at_us, (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000);
}

void moved_time_advance(struct moved_time *time, int64_t ms)
{
    atomic_fetch_add(&time->moved_us, ms * 1000);
}

struct moved_time *moved_time_share(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) return NULL;
    struct moved_time *time = MAP_FAILED;
    if (ftruncate(fd, sizeof *time) == 0)
        time = mmap(NULL, sizeof *time, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (time == MAP_FAILED) return NULL;
    moved_time_stop(time);
    return time;
}
