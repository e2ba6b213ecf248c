/*
 * ziplist.h - the packed form of Redis up to 6.2: sizes of 4 bytes for all of it and up to its last element,
 * 2 of count, elements, an end of 0xff.
 *
 * An element is the length of the one before it (a byte, or 0xfe and 4 bytes), then
 *
 *     00...... text             up to 63 bytes        11000000 11010000 11100000     2, 4, 8 bytes, signed
 *     01...... ........ text    14 bits               11110000 11111110              3 bytes, 1 byte
 *     10000000 4 bytes  text    the highest first     1111....                       0 to 12, plus one
 *
 * Threads: as elements.h, which alone uses it.
 */
#ifndef STORAGE_DUMP_ENCODINGS_ZIPLIST_H
#define STORAGE_DUMP_ENCODINGS_ZIPLIST_H

#include <stdbool.h>

struct atom;
struct elements;

void ziplist_open(struct elements *elements);
bool ziplist_next(struct elements *elements, struct atom *atom);

#endif
