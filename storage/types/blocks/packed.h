/*
 * packed.h - records in one block: what every collection is made of.
 *
 *     0        2      3      4            4+r            4+r+r*w
 *     +--------+------+------+------------+--------------+------------------------------+
 *     | count  | form | name |  tags  r   |  lengths r*w |  record | record | record ... |
 *     +--------+------+------+------------+--------------+------------------------------+
 *     r: count below 64, else rounded up to 16; without tags their part is missing
 *     form: the width w of a length (1, 2 or 4 bytes), has tags
 *     length: its top bit is the record's mark, which the user of the block gives a meaning
 *     name: a byte of the user's
 *
 * A tag is eight bits of a hash: a look-up compares sixteen with an instruction. The place of a record is the
 * sum of the lengths before it, sixteen with an instruction as well, so no offsets are stored and an edit has
 * none to correct. Lengths are as wide as the longest record needs.
 *
 * Nothing here allocates. An edit is planned first, which tells the size of the block afterwards; the caller
 * makes room and applies it, in place or while copying to where the block goes:
 *
 *     struct packed_edit edit = packed_insert(block, index, &record);
 *     block = ...at least edit.size bytes, and not less than before while it is edited...
 *     packed_apply(&edit, block, block);
 *
 * A block may stand at any address. What is read of it is loaded in aligned words of 16 bytes, so those that
 * its first and last byte are in must be readable as a whole, as they are in any allocation of block.h.
 *
 * Threads: functions over bytes; readers of the same block do not disturb each other.
 */
#ifndef STORAGE_TYPES_BLOCKS_PACKED_H
#define STORAGE_TYPES_BLOCKS_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/slice.h"
#include "storage/types/blocks/packed_walk.h"

#define PACKED_HEAD        4
#define PACKED_RECORDS_MAX 65535

/* Bits of the form; the low two are the logarithm of the width. */
#define PACKED_WIDTH  0x03
#define PACKED_TAGGED 0x04

/* One to be written: its bytes in up to three pieces, none of which may lie in the block. */
struct packed_new {
    struct slice parts[3];
    bool mark;
    uint8_t tag; /* of a block with tags */
};

static inline size_t packed_count(const char *block)
{
    uint16_t count;
    memcpy(&count, block, sizeof count);
    return count;
}

static inline unsigned packed_form(const char *block)
{
    return (unsigned char)block[2];
}

static inline unsigned packed_name(const char *block)
{
    return (unsigned char)block[3];
}

static inline void packed_set_name(char *block, unsigned name)
{
    block[3] = (char)name;
}

/* A block without records, PACKED_HEAD bytes long, to start from: plan an insert into it, and apply that from
 * it to the new block. `form` is 0 or PACKED_TAGGED. */
const char *packed_empty(unsigned form);

/* Bytes of the whole block. */
size_t packed_size(const char *block);

/* The record at `index`, which is less than the count. */
struct packed_record packed_at(const char *block, size_t index);
uint8_t packed_tag(const char *block, size_t index);

/* The first record from `from` on with this tag, or the count: in a block with tags. */
size_t packed_find(const char *block, uint8_t tag, size_t from);
/* The same, and if there is one, `*record` is it. */
bool packed_find_record(const char *block, uint8_t tag, size_t *index, struct packed_record *record);

/* What is to become of a block: at `index`, `removed` records go and at most one comes. */
struct packed_edit {
    size_t size;     /* of the block afterwards */
    size_t old_size; /* and before */
    size_t index, removed;
    const struct packed_new *record; /* borrowed until the edit is applied; NULL: none comes */
    /* Of packed.c: bytes of the records before `index`, of those that go, of the one that comes; and the form
     * afterwards. */
    size_t before, gone, come;
    unsigned form;
};

/* Of a record that comes to stand at `index`, at most the count, which is below PACKED_RECORDS_MAX. */
struct packed_edit packed_insert(const char *block, size_t index, const struct packed_new *record);
/* At an end of a block whose size is known, which need not be added up then. */
struct packed_edit packed_push(const char *block, size_t size, bool in_front,
                               const struct packed_new *record);
struct packed_edit packed_replace(const char *block, size_t index, const struct packed_new *record);
/* Of `count` records from `index` on. A block may be left without any. */
struct packed_edit packed_remove(const char *block, size_t index, size_t count);
/* Of the one at `index`, whose bytes were told before. */
struct packed_edit packed_remove_record(const char *block, size_t index, const struct packed_record *record);
/* `from` is the block that was planned for, or bytes equal to it. `to` is the same memory, where the larger
 * of both sizes may be written, or other memory of edit->size bytes. */
void packed_apply(const struct packed_edit *edit, char *to, const char *from);

/* Write a record over the `old` one at `index`, if it is exactly as long: then that is all there is to do.
 * Otherwise false. */
bool packed_overwrite(char *block, size_t index, const struct packed_record *old,
                      const struct packed_new *record);

/* Blocks from blocks: `to` is other memory, of the size that is told; name and tags come along. */

/* `count` records from `index` on: for a cut in two. */
size_t packed_range_size(const char *block, size_t index, size_t count);
void packed_range(char *to, const char *block, size_t index, size_t count);

/* Where to cut a block of at least two records so that both parts have about as many bytes; neither is empty.
 */
size_t packed_middle(const char *block);

/* Those whose indexes are given, rising. */
size_t packed_pick_size(const char *block, const uint16_t *indexes, size_t count);
void packed_pick(char *to, const char *block, const uint16_t *indexes, size_t count);

/* The records of `a`, then those of `b`, which has tags if `a` has; its name is that of `a`. */
size_t packed_join_size(const char *a, const char *b);
void packed_join(char *to, const char *a, const char *b);

/* Records that stand anywhere, to become a block together. */
struct packed_piece {
    const char *bytes;
    uint32_t length; /* with the mark as its top bit */
    uint8_t tag;
};
/* Bytes of a block of so many records, of so many bytes together, none longer than `longest`. */
size_t packed_size_for(unsigned form, size_t count, size_t bytes, size_t longest);
/* `form` is 0 or PACKED_TAGGED. */
size_t packed_pieces_size(const struct packed_piece *pieces, size_t count, unsigned form);
void packed_of_pieces(char *to, const struct packed_piece *pieces, size_t count, unsigned form);

/* Aborts unless `len` bytes are a whole block. */
void packed_check(const char *block, size_t len);

#endif
