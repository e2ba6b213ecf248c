/*
 * list_side.h - the two ends of a list. Threads: the owner's.
 */
#ifndef STORAGE_TYPES_LARGE_LIST_SIDE_H
#define STORAGE_TYPES_LARGE_LIST_SIDE_H

enum list_side { LIST_HEAD, LIST_TAIL };

#endif
