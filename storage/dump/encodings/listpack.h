/*
 * listpack.h - the packed form of Redis since 5: 4 bytes of size, 2 of count, elements, an end of 0xff.
 *
 *     0.......                        0 to 127            1110.... ........ text     up to 4095 bytes
 *     10...... text                   up to 63 bytes      11110000 4 bytes  text
 *     110..... ........               13 bits, signed     11110001 to 11110100       2, 3, 4, 8 bytes, signed
 *
 * Each is followed by its own length, seven bits a byte, to be read backwards. The count is 65535 for more.
 *
 * Threads: as elements.h, which alone uses it.
 */
#ifndef STORAGE_DUMP_ENCODINGS_LISTPACK_H
#define STORAGE_DUMP_ENCODINGS_LISTPACK_H

#include <stdbool.h>

struct atom;
struct elements;

void listpack_open(struct elements *elements);
bool listpack_next(struct elements *elements, struct atom *atom);

#endif
