/*
 * readings.h - how often keys were read upstream that a copy could have answered for.
 *
 * A key is worth fetching whole when it is read again and again. What is kept of that is a word for a key in
 * a table of fixed size, of a megabyte, of which only what is used becomes resident. A word is 20 bits of the
 * key's hash and a count. Sixteen words are a cache line and the places of one key: where none is free, one
 * by chance goes, so that of more keys than there are places some are counted all the same. One miss costs
 * one cache line, a hit nothing.
 *
 * While a key is being fetched its word says so, and those who read it may wait for that.
 *
 * A key that turned out to be of no use, too long mostly, is asked for again after some thousand further
 * reads only.
 *
 * Threads: any; of two loops that count the same key at once one may be lost.
 */
#ifndef SERVER_UPSTREAM_TYPED_READINGS_H
#define SERVER_UPSTREAM_TYPED_READINGS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "storage/table/key.h"

#define READINGS_LINES  16384
#define READINGS_PLACES 16   /* in a line */
#define READINGS_MOST   1000 /* that may be asked for */

struct readings_line {
    _Alignas(64) _Atomic uint32_t words[READINGS_PLACES];
};

struct readings {
    struct readings_line *lines;
};

void readings_init(struct readings *readings);
void readings_clear(struct readings *readings);

/* It was read. True for the read that makes `enough`, 0: never. From then on it is being fetched, until
 * readings_end() or readings_deter(); the count begins anew. */
bool readings_note(struct readings *readings, unsigned db, struct key key, unsigned enough);
void readings_end(struct readings *readings, unsigned db, struct key key);
/* Is it being fetched? It may be no wrongly, and is yes for no longer than that takes. */
bool readings_expect(const struct readings *readings, unsigned db, struct key key);
/* It is not to be fetched soon. */
void readings_deter(struct readings *readings, unsigned db, struct key key);
/* So many reads are counted of it; READINGS_DETERRED. */
#define READINGS_DETERRED (-1)
int readings_of(const struct readings *readings, unsigned db, struct key key);

#endif
