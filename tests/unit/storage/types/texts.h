/*
 * texts.h - texts as clients send them, by number: the same number is always the same text.
 *
 * Integers of all lengths and what looks like them, short and long text, binary bytes, and now and then a
 * text that is larger than a block. Numbers that differ by a multiple of 16 differ in text.
 */
#ifndef TESTS_UNIT_STORAGE_TYPES_TEXTS_H
#define TESTS_UNIT_STORAGE_TYPES_TEXTS_H

#include <stddef.h>

#include "proto/base/slice.h"

/* As many different texts. */
struct slice *texts_make(size_t count);
void texts_free(struct slice *texts, size_t count);

#endif
