/*
 * stream.h - entries with ids that rise, in blocks behind a tree, and groups of consumers that read them.
 *
 * A stream always has a root, also while it is empty: it stays when its last entry goes, since it remembers
 * its last id and its groups. A value without a root is one that is not there; stream_open() makes it be.
 * Groups are worked on with the functions of group.h, found and made with those of the root (stream_root.h).
 *
 * OBJECT ENCODING: stream. Threads: the owner's lock.
 */
#ifndef STORAGE_TYPES_STREAM_H
#define STORAGE_TYPES_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/value.h"
#include "storage/types/streams/stream_block.h"
#include "storage/types/streams/stream_id.h"
#include "storage/types/streams/stream_root.h"

extern const struct value_type stream_type;

/* NULL: it is not there. */
static inline struct stream_root *stream_root_of(const struct value *stream)
{
    return stream->root;
}

/* It is there from now on. */
struct stream_root *stream_open(struct value *stream);

/* The id is behind its last, and the words are at most STREAM_WORDS_MAX bytes. No word may lie in the stream.
 */
void stream_add(struct value *stream, const struct stream_new *entry);
/* False: it is not there. */
bool stream_remove(struct value *stream, struct stream_id id);
bool stream_has(const struct value *stream, struct stream_id id);
/* The first or last entry that is there; of an empty stream 0-0. */
struct stream_id stream_first_id(const struct value *stream);
struct stream_id stream_last_there(const struct value *stream);

/* What is in front goes, as long as it is too much. */
struct stream_trim {
    bool by_id;        /* what is before `min_id`; or what is more than `max_len` */
    bool whole_blocks; /* only as Redis does with ~ */
    size_t max_len;
    struct stream_id min_id;
    size_t limit; /* of entries that whole blocks may have in all; 0: none */
};
/* How many were removed. */
size_t stream_trim(struct value *stream, const struct stream_trim *trim);

/* Entries from an id on, included. Good until the stream is written to. */
struct stream_walk {
    const struct stream_root *root;
    struct stream_place place;
    struct stream_cursor cursor;
};
struct stream_walk stream_walk(const struct value *stream, struct stream_id from);
bool stream_next(struct stream_walk *walk, struct stream_entry *entry);

/* The same behind an id, for who goes on where he was: the place is known as long as the stream has only
 * grown. The second remembers it, of a walk that has shown an entry `last`, and no other since. */
struct stream_walk stream_walk_on(const struct value *stream, const struct stream_bookmark *bookmark,
                                  struct stream_id behind);
void stream_walk_remember(const struct stream_walk *walk, struct stream_id last,
                          struct stream_bookmark *bookmark);

/* The same down from an id. A block is read upwards, some entries at a time. */
#define STREAM_WALK_BACK 32
struct stream_walk_back {
    const struct stream_root *root;
    struct stream_place place;
    struct stream_cursor begins[STREAM_WALK_BACK]; /* of the records in front of which it stands, a ring */
    size_t known;                                  /* how many of them */
    size_t newest;
    struct stream_id upto; /* it goes on below, in this block */
    bool is_inclusive;
    bool has_more; /* in this block */
};
void stream_walk_back(struct stream_walk_back *walk, const struct value *stream, struct stream_id from);
bool stream_back(struct stream_walk_back *walk, struct stream_entry *entry);

#endif
