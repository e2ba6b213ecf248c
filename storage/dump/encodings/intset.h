/*
 * intset.h - the packed form of sets of integers: 4 bytes that say how wide they are (2, 4 or 8 bytes), 4 of
 * count, the integers.
 *
 * Threads: as elements.h, which alone uses it.
 */
#ifndef STORAGE_DUMP_ENCODINGS_INTSET_H
#define STORAGE_DUMP_ENCODINGS_INTSET_H

#include <stdbool.h>

struct atom;
struct elements;

void intset_open(struct elements *elements);
bool intset_next(struct elements *elements, struct atom *atom);

#endif
