/*
 * minima.h - the earliest of many times, and who has those that have passed, without a look at the others.
 *
 * An array of times that grows and shrinks at its end, and above it the earliest of each sixteen, of each
 * sixteen of those, and so on: half a byte for each byte of a time. Setting one touches a few lines; what has
 * passed is found from the top.
 *
 *     level 2    [ . ]                      no more than sixteen: the earliest of all is found here
 *     level 1    [ . . . . ]
 *     level 0    [ . . . . . . . . . . . ]  the times themselves
 *
 * Times are Unix milliseconds, MINIMA_NEVER where there is none.
 *
 * Threads: one at a time.
 */
#ifndef STORAGE_TYPES_LARGE_MINIMA_H
#define STORAGE_TYPES_LARGE_MINIMA_H

#include <stddef.h>
#include <stdint.h>

#define MINIMA_NEVER INT64_MAX

struct minima;

/* So many times, none of them set. */
struct minima *minima_create(size_t count);
void minima_destroy(struct minima **minima);
struct minima *minima_copy(const struct minima *minima);
/* The real size of everything. */
size_t minima_bytes(const struct minima *minima);

/* One more at the end, not set; one less. */
void minima_push(struct minima *minima);
void minima_pop(struct minima *minima);

int64_t minima_at(const struct minima *minima, size_t item);
void minima_set(struct minima *minima, size_t item, int64_t time_ms);
/* Unless it is earlier already. */
void minima_lower(struct minima *minima, size_t item, int64_t time_ms);

/* Of all. */
int64_t minima_first(const struct minima *minima);
/* Items from `from` on whose time is before `now_ms`, rising, `max` at most: how many. */
size_t minima_due(const struct minima *minima, int64_t now_ms, size_t from, size_t *items, size_t max);

/* Aborts unless each level has the earliest of the one below. */
void minima_check(const struct minima *minima);

#endif
