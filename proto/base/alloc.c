#include "proto/base/alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static _Noreturn void out_of_memory(size_t size)
{
    fprintf(stderr, "Out of memory allocating %zu bytes\n", size);
    fflush(stderr);
    abort();
}

/* The C library may answer NULL to a request for nothing, so nothing is never asked for. */
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *alloc_bytes(size_t size)
{
    void *memory = malloc(at_least_one(size));
    if (memory == NULL) out_of_memory(size);
    return memory;
}

void *alloc_try_resize(void *old, size_t size)
{
    return realloc(old, at_least_one(size));
}

void *alloc_zeroed(size_t size)
{
    void *memory = calloc(1, at_least_one(size));
    if (memory == NULL) out_of_memory(size);
    return memory;
}

void *alloc_resize(void *old, size_t size)
{
    void *memory = realloc(old, at_least_one(size));
    if (memory == NULL) out_of_memory(size);
    return memory;
}

char *alloc_cstr(const char *text, size_t len)
{
    char *copy = alloc_bytes(len + 1);
    if (len > 0) memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

void alloc_free(void *memory)
{
    free(memory);
}
