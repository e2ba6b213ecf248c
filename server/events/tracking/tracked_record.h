/*
 * tracked_record.h - who has a key, in one word, or in a block where a word is not enough.
 *
 * The word is 0 for nobody. One or two numbers stand in it, marked by its lowest bit; otherwise it is the
 * address of a block with the numbers in rising order, and the key's name if one is kept.
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

/* The word for one client; a name that is not empty is copied. */
uint64_t tracked_word(uint32_t number, struct slice name);
/* Add a client: false if it was there. */
bool tracked_word_add(uint64_t *word, uint32_t number);
bool tracked_word_has(uint64_t word, uint32_t number);
/* Hand over what the word knows. */
void tracked_word_take(uint64_t word, struct tracked *tracked);
size_t tracked_word_len(uint64_t word);
/* Of the block, 0 without one. */
size_t tracked_word_bytes(uint64_t word);
/* Of the block, if there is one. */
void tracked_word_prefetch(uint64_t word);
void tracked_word_check(uint64_t word);

#endif
