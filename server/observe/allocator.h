/*
 * allocator.h - what the memory allocator knows about the process, and what it can be asked to do.
 *
 * jemalloc where the server is built with it; under sanitizers the C library stands in, which knows less:
 * then only `resident` is told and the others are 0.
 *
 * Threads: any. Reading the statistics takes the allocator's locks for some microseconds.
 */
#ifndef SERVER_OBSERVE_ALLOCATOR_H
#define SERVER_OBSERVE_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>

struct buffer;

struct allocator_stats {
    size_t allocated; /* bytes in use, in size classes */
    size_t active;    /* bytes of the pages they stand in */
    size_t mapped;    /* bytes of those and of free pages held back */
    size_t resident;  /* of the whole process, by the kernel's account */
};

struct allocator_stats allocator_stats(void);

/* Give free pages back to the kernel. False: this allocator cannot. */
bool allocator_purge(void);

/* Append the allocator's own report. False: it makes none. */
bool allocator_report(struct buffer *out);

#endif
