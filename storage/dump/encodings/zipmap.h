/*
 * zipmap.h - the packed form of small hashes up to Redis 2.4: a count (254 and more: unknown), fields and
 * values by turns, an end of 0xff.
 *
 * Each has its length before it: a byte, or 0xfe and 4 bytes. Between that of a value and the value is a byte
 * that says how many bytes behind it are waste.
 *
 * Threads: as elements.h, which alone uses it.
 */
#ifndef STORAGE_DUMP_ENCODINGS_ZIPMAP_H
#define STORAGE_DUMP_ENCODINGS_ZIPMAP_H

#include <stdbool.h>

struct atom;
struct elements;

void zipmap_open(struct elements *elements);
bool zipmap_next(struct elements *elements, struct atom *atom);

#endif
