/*
 * memory_use.h - what the process takes from the allocator and the kernel.
 *
 * Threads: any. Costs some microseconds: not for the request path.
 */
#ifndef SERVER_MEMORY_MEMORY_USE_H
#define SERVER_MEMORY_MEMORY_USE_H

#include <stddef.h>

struct server;

struct memory_use {
    size_t allocated; /* in use by the program */
    size_t active;    /* in pages that hold any of it */
    size_t resident;  /* kept by the allocator in memory */
    size_t mapped;
    size_t retained; /* given back, addresses kept */
    size_t rss;      /* the whole process, by the kernel */
};

struct memory_use memory_use_now(void);
/* Its `allocated` alone. */
size_t memory_use_allocated(void);
/* The same of a server: what tables and large collections have mapped beside the allocator is added to all
 * but `rss`, and what is reserved for clients, but not theirs yet, is left out. */
struct memory_use memory_use_of(const struct server *server);
/* Its `allocated` alone, at less cost. */
size_t memory_used_by(const struct server *server);
/* "jemalloc-5.3.0" or "libc". */
const char *memory_allocator_name(void);
/* Give unused pages back now. */
void memory_purge(void);
/* All the memory of this machine. */
size_t memory_of_machine(void);

#endif
