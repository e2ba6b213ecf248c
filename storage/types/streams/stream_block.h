/*
 * stream_block.h - some entries of a stream, back to back in one block.
 *
 *     +------+----------------------+-------------------------------------------+
 *     | head | sets of field names  | record | record | record ...              |
 *     +------+----------------------+-------------------------------------------+
 *
 *     record:  byte: set of names 0-6, or 7: they are in the record | 8: a sequence number follows
 *                    | 16 x what the milliseconds are above those of the record before; 15: more follows
 *              [ milliseconds - 15 ] [ sequence number ] [ pairs, names ] values
 *     text:    length x 2, or for an integer + 1, then its bytes
 *
 * All numbers are of as many groups of 7 bits as they need. The sequence number is left out where it is the
 * one that would be drawn: the next within a millisecond, 0 in a new one. Names are there once for all
 * entries that have the same. An entry that is removed leaves nothing behind.
 *
 * A block is what a node is in Redis: it is full at the same entry, since XTRIM ~ drops whole ones and its
 * effect is seen. Hence it also knows what the node would weigh, and what it has lost.
 *
 * Pure functions: the owner gives the memory, of which what is behind `size` is nobody's.
 */
#ifndef STORAGE_TYPES_STREAMS_STREAM_BLOCK_H
#define STORAGE_TYPES_STREAMS_STREAM_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/types/blocks/atom.h"
#include "storage/types/streams/stream_id.h"

struct stream_block {
    struct stream_id first; /* of the first that it ever had, which may be gone */
    struct stream_id last;  /* of the last that it ever had */
    struct stream_id there; /* of the last that is there; without any, the one before `first` */
    uint32_t size;          /* bytes, this head included */
    uint32_t names;         /* bytes of the sets of names */
    uint32_t sets;          /* how many; the first is that of the first entry */
    uint32_t count;         /* entries that are there */
    uint32_t removed;       /* entries that were */
    uint32_t listpack;      /* bytes of a listpack of all that it ever had, but for its two counters */
};

/* An entry that is to be written: fields and values by turns. */
struct stream_new {
    struct stream_id id;
    const struct slice *words;
    size_t pairs;
};

/* More bytes of words than this are in no stream. */
#define STREAM_WORDS_MAX ((size_t)1 << 30)

/* The memory that a new block needs for its first entry, or at most the block for one more. */
size_t stream_block_size_for(const struct stream_block *block, const struct stream_new *entry);
/* A block of one entry. */
void stream_block_begin(struct stream_block *block, const struct stream_new *entry);
/* Behind the last. Returns where in the block its record begins. */
uint32_t stream_block_append(struct stream_block *block, const struct stream_new *entry);
/* The same in two steps, for entries that are known as atoms: a block of the names of its first entry only,
 * whose id is `first`; then entries that have these names, of which these are the values. The memory of the
 * first is stream_block_size_for(NULL, names), and what the second needs it tells. The owner has to say what
 * a listpack of it all would weigh. */
void stream_block_begin_empty(struct stream_block *block, const struct stream_new *names);
size_t stream_block_room_for(const struct stream_block *block, const struct atom *values, size_t pairs);
void stream_block_append_values(struct stream_block *block, struct stream_id id, const struct atom *values,
                                size_t pairs);
/* That a listpack of so many bytes would be a node of the same entries. */
void stream_block_weigh(struct stream_block *block, size_t listpack_bytes);
/* Whether Redis puts an entry into a new node. Settings of 0 are no limits. */
bool stream_block_is_full(const struct stream_block *block, const struct stream_new *entry, size_t bytes_max,
                          size_t entries_max);

/* An entry as it stands there; good until the block is written to. */
struct stream_entry {
    struct stream_id id;
    size_t pairs;
    const char *names; /* stream_entry_next() moves both on */
    const char *values;
};
/* The next pair, of `pairs`. */
void stream_entry_next(struct stream_entry *entry, struct atom *field, struct atom *value);

/* Where in a block: in front of a record, or at the end. */
struct stream_cursor {
    const struct stream_block *block;
    uint32_t at;
    struct stream_id before; /* of the record before it, in the block */
};

struct stream_cursor stream_cursor_at_first(const struct stream_block *block);
/* False: it is at the end. The id and the place of the record that is next; nothing moves. */
bool stream_cursor_peek(const struct stream_cursor *cursor, struct stream_id *id);
/* The next entry; the cursor is behind it then. */
bool stream_cursor_next(struct stream_cursor *cursor, struct stream_entry *entry);
/* To the first record that is not before `id`, from where it is. */
void stream_cursor_seek(struct stream_cursor *cursor, struct stream_id id);

/* The record in front of which the cursor stands goes; the block is no longer than before. */
void stream_block_remove(struct stream_block *block, const struct stream_cursor *cursor);
/* All that are before the cursor's place go, `count` of them. */
void stream_block_remove_before(struct stream_block *block, const struct stream_cursor *cursor,
                                uint32_t count);

/* Walk it all; asserts that it is a block within `room` bytes. */
void stream_block_check(const struct stream_block *block, size_t room);

#endif
