/*
 * array.h - arrays that grow by one element at a time.
 *
 *     ARRAY_RESERVE(list->items, list->len, list->cap, 8);
 *     list->items[list->len++] = item;
 *
 * Threads: none of its own.
 */
#ifndef PROTO_BASE_ARRAY_H
#define PROTO_BASE_ARRAY_H

#include "proto/base/alloc.h"

/* Room for one element behind `len` of them in `items`, which has room for `cap` and may be NULL when that is
 * 0: from `first` on it doubles. Pointers into it are good no longer. */
#define ARRAY_RESERVE(items, len, cap, first)                                                                \
    do {                                                                                                     \
        if ((len) == (cap)) {                                                                                \
            (cap) = (cap) > 0 ? 2 * (cap) : (first);                                                         \
            (items) = alloc_resize((items), (cap) * sizeof(*(items)));                                       \
        }                                                                                                    \
    } while (0)

#endif
