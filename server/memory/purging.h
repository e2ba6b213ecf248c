/*
 * purging.h - when memory that was freed goes back to the kernel.
 *
 * With maxmemory at once where much of it lies together; without, a thread of the allocator does it later.
 */
#ifndef SERVER_MEMORY_PURGING_H
#define SERVER_MEMORY_PURGING_H

struct settings;

/* On the thread of each loop, and when maxmemory has changed. */
void purging_choose(const struct settings *settings);

#endif
