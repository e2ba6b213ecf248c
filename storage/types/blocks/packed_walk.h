/*
 * packed_walk.h - the records of a packed block one after the other, inline: whole collections are read so.
 */
#ifndef STORAGE_TYPES_BLOCKS_PACKED_WALK_H
#define STORAGE_TYPES_BLOCKS_PACKED_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/slice.h"

#define PACKED_RECORD_MAX 0x7fffffff

/* A record as it stands in a block: good until the block is written to. */
struct packed_record {
    struct slice bytes;
    bool mark;
};

/* A length with its mark in the top bit of 32. `width` is the logarithm of its bytes. */
static inline uint32_t packed_length(const char *lengths, unsigned width, size_t index)
{
    const char *at = lengths + (index << width);
    if (__builtin_expect(width == 0, 1)) {
        unsigned char byte = (unsigned char)*at;
        return (byte & 0x7fu) | (uint32_t)(byte & 0x80) << 24;
    }
    if (width == 1) {
        uint16_t pair;
        memcpy(&pair, at, sizeof pair);
        return (pair & 0x7fffu) | (uint32_t)(pair & 0x8000) << 16;
    }
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* In either direction, until the block is written to. All zero is at the end of nothing. */
struct packed_walk {
    const char *at;
    const char *lengths;
    uint32_t index; /* of what packed_next() gives; packed_back() gives the one before */
    uint32_t count;
    unsigned width;
};

/* `index` may be the count. */
struct packed_walk packed_walk(const char *block, size_t index);

/* The record at `index`, which is below the count and not behind what comes next. Nothing moves. */
struct packed_record packed_ahead(const struct packed_walk *walk, size_t index);

/* To what is behind a record that was told of ahead, at `index`. */
static inline void packed_pass(struct packed_walk *walk, size_t index, const struct packed_record *record)
{
    walk->index = (uint32_t)index + 1;
    walk->at = record->bytes.data + record->bytes.len;
}

/* False, and nothing moved: there is none. */
static inline bool packed_next(struct packed_walk *walk, struct packed_record *record)
{
    if (walk->index == walk->count) return false;
    uint32_t length = packed_length(walk->lengths, walk->width, walk->index++);
    *record = (struct packed_record){ slice_of(walk->at, length & PACKED_RECORD_MAX), length >> 31 };
    walk->at += record->bytes.len;
    return true;
}

static inline bool packed_back(struct packed_walk *walk, struct packed_record *record)
{
    if (walk->index == 0) return false;
    uint32_t length = packed_length(walk->lengths, walk->width, --walk->index);
    walk->at -= length & PACKED_RECORD_MAX;
    *record = (struct packed_record){ slice_of(walk->at, length & PACKED_RECORD_MAX), length >> 31 };
    return true;
}

#endif
