/*
 * ints.h - distinct integers in one block, sorted: a set that has nothing else.
 *
 *     0     2      3      4
 *     +-----+------+------+---------+---------+--- ...      all of 1, 2, 4 or 8 bytes, as the widest needs
 * that |  0  | form | name | integer | integer |             was ever in it
 *     +-----+------+------+---------+---------+--- ...
 *
 * Form and name are where packed.h has them, and the form has a bit that packed blocks lack, so the two are
 * told apart. How many there are follows from the length of the block, which is the caller's to know. Nothing
 * here allocates; a block may stand at any address.
 *
 * Threads: functions over bytes.
 */
#ifndef STORAGE_TYPES_BLOCKS_INTS_H
#define STORAGE_TYPES_BLOCKS_INTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INTS_HEAD 4
#define INTS_FORM 0x80 /* or'ed with the logarithm of the width */

static inline bool ints_are(const char *block)
{
    return (unsigned char)block[2] & INTS_FORM;
}

static inline unsigned ints_width(const char *block)
{
    return (unsigned char)block[2] & 3;
}

static inline size_t ints_count(const char *block, size_t len)
{
    return (len - INTS_HEAD) >> ints_width(block);
}

/* A block without integers: INTS_HEAD bytes. */
void ints_init(char *block);

int64_t ints_at(const char *block, size_t index);
/* Whether it is there; in either case the place where it is or would be. */
bool ints_find(const char *block, size_t len, int64_t integer, size_t *index);

/* The length of the block with an integer more, which is not in it. */
size_t ints_len_with(const char *block, size_t len, int64_t integer);
/* Put it to where ints_find() says, in memory that has room for that length. */
void ints_add(char *block, size_t len, size_t index, int64_t integer);
/* Take one out. The length afterwards. */
size_t ints_remove(char *block, size_t len, size_t index);

/* Aborts unless `len` bytes are such a block. */
void ints_check(const char *block, size_t len);

#endif
