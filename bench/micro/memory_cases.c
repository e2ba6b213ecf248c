/* What the machine asks for a cache line that is anywhere, of those that are read sixteen at a time: no
 * look-up in a keyspace of that size can cost less than two of them. */
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#include "bench/kit/program.h"
#include "bench/micro/case.h"
#include "proto/base/alloc.h"
#include "proto/base/random.h"

#define LINE  64
#define BATCH 16

struct field {
    char *memory;
    size_t size;
    struct random random;
};

static void *create(size_t size)
{
    struct field *field = ALLOC_NEW(struct field);
    field->size = size;
    field->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (field->memory == MAP_FAILED) program_fail("no memory");
    madvise(field->memory, size, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < size; i += LINE) field->memory[i] = 1;
    return field;
}

/* As much as entries and table of 100,000 and of 10 million keys with values of 32 bytes. */
static void *create_small(void)
{
    return create((size_t)8 << 20);
}

static void *create_large(void)
{
    return create((size_t)750 << 20);
}

static void read_lines(void *context, uint64_t count)
{
    struct field *field = context;
    const volatile char *lines[BATCH];
    for (uint64_t done = 0; done < count; done += BATCH) {
        for (int i = 0; i < BATCH; i++)
            lines[i] = field->memory + random_below(&field->random, field->size / LINE) * LINE;
        for (int i = 0; i < BATCH; i++) (void)*lines[i];
    }
}

static void destroy(void *context)
{
    struct field *field = context;
    munmap(field->memory, field->size);
    alloc_free(field);
}

const struct micro_case memory_cases[] = {
    { "memory: a line of 8 MB, of 16 at once", create_small, read_lines, destroy },
    { "memory: a line of 750 MB, of 16 at once", create_large, read_lines, destroy },
    { 0 },
};
