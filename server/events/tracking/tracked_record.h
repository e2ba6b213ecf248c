/*
 * tracked_record.h - who has a key, in one word, or in a block where a word is not enough.
 *
 * The word is 0 for nobody. One or two numbers stand in it, or more that are close together, as those of an
 * application's connections mostly are: it is a *pair* then, or a *span*, marked by the lowest bit. Otherwise
 * it is the address of a block with the numbers in rising order, and the key's name if one is kept.
 *
 *     pair    0  second number, 31 bits              first number, 31 bits    1
 *     span    1  which of the 31 behind it as well   lowest number, 31 bits   1
 *
 * Threads: those of tracked_keys.h, whose part it is.
 */
#ifndef SERVER_EVENTS_TRACKING_TRACKED_RECORD_H
#define SERVER_EVENTS_TRACKING_TRACKED_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct tracked;

/* Numbers that a span reaches over, the lowest included. */
#define TRACKED_SPAN 32u

static inline bool tracked_word_is_record(uint64_t word)
{
    return !(word & 1);
}

/* The first of a pair, the lowest of a span. */
static inline uint32_t tracked_word_first(uint64_t word)
{
    return (uint32_t)word >> 1;
}

static inline bool tracked_word_is_span(uint64_t word)
{
    return word >> 63;
}

/* Of a pair; 0: there is none. */
static inline uint32_t tracked_word_second(uint64_t word)
{
    return (uint32_t)(word >> 32);
}

/* Of a span: a bit for each number from the lowest on. */
static inline uint32_t tracked_word_bits(uint64_t word)
{
    return (uint32_t)(word >> 32) << 1 | 1;
}

/* The word for one client; a name that is not empty is copied. */
uint64_t tracked_word(uint32_t number, struct slice name);
/* Add a client that is not there. */
void tracked_word_add(uint64_t *word, uint32_t number);
bool tracked_record_has(uint64_t word, uint32_t number);
static inline bool tracked_word_has(uint64_t word, uint32_t number)
{
    if (tracked_word_is_record(word)) return tracked_record_has(word, number);
    uint32_t above = number - tracked_word_first(word);
    if (tracked_word_is_span(word)) return above < TRACKED_SPAN && tracked_word_bits(word) >> above & 1;
    return above == 0 || tracked_word_second(word) == number;
}
/* Hand over what the word knows. */
void tracked_word_take(uint64_t word, struct tracked *tracked);
size_t tracked_word_len(uint64_t word);
/* Of the block, 0 without one. */
size_t tracked_word_bytes(uint64_t word);
/* Of the block, if there is one. */
void tracked_word_prefetch(uint64_t word);
void tracked_word_check(uint64_t word);

#endif
