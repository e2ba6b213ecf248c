#include "server/observe/allocator.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#ifdef NUTHATCH_JEMALLOC
#include <jemalloc/jemalloc.h>
#endif

#include "proto/base/buffer.h"

/* The second number of /proc/self/statm counts the resident pages. */
static size_t resident_bytes(void)
{
    char text[128] = "";
    int file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t len = read(file, text, sizeof(text) - 1);
    close(file);
    unsigned long pages = 0;
    if (len <= 0 || sscanf(text, "%*u %lu", &pages) != 1) return 0;
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

#ifdef NUTHATCH_JEMALLOC

static size_t number_of(const char *name)
{
    size_t value = 0;
    size_t len = sizeof(value);
    return mallctl(name, &value, &len, NULL, 0) == 0 ? value : 0;
}

struct allocator_stats allocator_stats(void)
{
    /* The numbers are those of the last epoch: start a new one. */
    uint64_t epoch = 1;
    mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
    return (struct allocator_stats){
        .allocated = number_of("stats.allocated"),
        .active = number_of("stats.active"),
        .mapped = number_of("stats.resident"),
        .resident = resident_bytes(),
    };
}

bool allocator_purge(void)
{
    char name[64];
    snprintf(name, sizeof(name), "arena.%u.purge", (unsigned)MALLCTL_ARENAS_ALL);
    return mallctl(name, NULL, NULL, NULL, 0) == 0;
}

static void append(void *buffer, const char *text)
{
    buffer_append(buffer, text, strlen(text));
}

bool allocator_report(struct buffer *out)
{
    malloc_stats_print(append, out, NULL);
    return true;
}

#else

struct allocator_stats allocator_stats(void)
{
    return (struct allocator_stats){ .resident = resident_bytes() };
}

bool allocator_purge(void)
{
    return false;
}

bool allocator_report(struct buffer *out)
{
    (void)out;
    return false;
}

#endif
