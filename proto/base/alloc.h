/*
 * alloc.h - memory that is there or ends the process.
 *
 * Nothing in a cache server can carry on sensibly when a small allocation fails, so these never return NULL:
 * running out is reported with the size asked for and aborts. Sizes that a peer chooses are held against a
 * limit before they get here. Entries are allocated by storage/memory/block.h, which knows real sizes.
 *
 * Threads: any.
 */
#ifndef PROTO_BASE_ALLOC_H
#define PROTO_BASE_ALLOC_H

#include <stddef.h>

/* Uninitialised, never NULL, also for size 0. Free with alloc_free(). */
void *alloc_bytes(size_t size);
void *alloc_zeroed(size_t size);
/* `old` may be NULL. The contents up to the smaller size are kept. */
void *alloc_resize(void *old, size_t size);
/* For what a peer alone asked for, and can be refused: NULL when it is not to be had, and `old` stays. */
void *alloc_try_resize(void *old, size_t size);
/* A terminated copy. */
char *alloc_cstr(const char *text, size_t len);
void alloc_free(void *memory);

/* A zeroed object of `type`. */
#define ALLOC_NEW(type) ((type *)alloc_zeroed(sizeof(type)))

#endif
