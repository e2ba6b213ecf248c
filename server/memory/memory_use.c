#include "server/memory/memory_use.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#ifdef NUTHATCH_JEMALLOC
#include <jemalloc/jemalloc.h>
#else
#include <malloc.h>
#endif

#include "server/core/server.h"
#include "server/memory/client_account.h"
#include "storage/memory/segments.h"

static size_t resident_set(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    if (file == NULL) return 0;
    unsigned long pages = 0;
    if (fscanf(file, "%*u %lu", &pages) != 1) pages = 0;
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

size_t memory_of_machine(void)
{
    return (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
}

#ifdef NUTHATCH_JEMALLOC

static size_t statistic(const char *name)
{
    size_t value = 0;
    size_t size = sizeof(value);
    return mallctl(name, &value, &size, NULL, 0) == 0 ? value : 0;
}

/* jemalloc answers from a snapshot, which advancing the epoch renews. */
static void renew(void)
{
    uint64_t epoch = 1;
    mallctl("epoch", NULL, NULL, &epoch, sizeof(epoch));
}

size_t memory_use_allocated(void)
{
    renew();
    return statistic("stats.allocated");
}

struct memory_use memory_use_now(void)
{
    renew();
    return (struct memory_use){
        .allocated = statistic("stats.allocated"),
        .active = statistic("stats.active"),
        .resident = statistic("stats.resident"),
        .mapped = statistic("stats.mapped"),
        .retained = statistic("stats.retained"),
        .rss = resident_set(),
    };
}

#define TEXT_OF(number)                   #number
#define VERSION_TEXT(major, minor, patch) "jemalloc-" TEXT_OF(major) "." TEXT_OF(minor) "." TEXT_OF(patch)

const char *memory_allocator_name(void)
{
    return VERSION_TEXT(JEMALLOC_VERSION_MAJOR, JEMALLOC_VERSION_MINOR, JEMALLOC_VERSION_BUGFIX);
}

void memory_purge(void)
{
    char name[64];
    snprintf(name, sizeof(name), "arena.%u.purge", (unsigned)MALLCTL_ARENAS_ALL);
    mallctl(name, NULL, NULL, NULL, 0);
}

#else

size_t memory_use_allocated(void)
{
    return memory_use_now().allocated;
}

struct memory_use memory_use_now(void)
{
    struct mallinfo2 info = mallinfo2();
    size_t rss = resident_set();
    size_t allocated = info.uordblks + info.hblkhd;
    size_t mapped = info.arena + info.hblkhd;
    return (struct memory_use){
        .allocated = allocated, .active = mapped, .resident = rss, .mapped = mapped, .rss = rss
    };
}

const char *memory_allocator_name(void)
{
    return "libc";
}

void memory_purge(void)
{
    malloc_trim(0);
}

#endif

/* What is reserved may have come, or gone, since the allocator was asked; and built with a sanitizer there is
 * none that counts. */
static size_t without(size_t bytes, size_t reserved)
{
    return bytes > reserved ? bytes - reserved : 0;
}

struct memory_use memory_use_of(const struct server *server)
{
    struct memory_use use = memory_use_now();
    size_t mapped = segments_mapped_bytes();
    size_t reserved = client_account_reserved(server);
    use.allocated = without(use.allocated + mapped, reserved);
    use.active = without(use.active + mapped, reserved);
    use.resident += mapped;
    use.mapped += mapped;
    return use;
}

size_t memory_used_by(const struct server *server)
{
    size_t mapped = segments_mapped_bytes();
    return without(memory_use_allocated() + mapped, client_account_reserved(server));
}
