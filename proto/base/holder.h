/*
 * holder.h - from a member of a struct to the struct that holds it.
 */
#ifndef PROTO_BASE_HOLDER_H
#define PROTO_BASE_HOLDER_H

#include <stddef.h>

/* The `type` of which `*pointer` is the member `member`. */
#define HOLDER_OF(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
