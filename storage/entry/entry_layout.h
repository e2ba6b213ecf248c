/*
 * entry_layout.h - the bytes of an entry, for the storage layer's own files.
 *
 * entry.h draws the layout and is what everybody else includes. Here stand the bits of `kind`, and the
 * accessors of the look-up path, inline.
 *
 * A string's text is in one of three places:
 *   - inline behind the key, `vlen` bytes of it;
 *   - in a block of exactly its length, when ENTRY_OUTSIDE is set: `vlen` is the length;
 *   - in a block that starts with its own length, and with how many hold it, when `vlen` is ENTRY_LONG_TEXT
 *     (long_text.h).
 * A block's capacity is that of its size class, so appends grow by classes, four to a doubling, and no
 * capacity needs to be stored. Text that was received into memory of its own stays there, and what came
 * before it as well.
 *
 * What few entries have stands behind one bit, ENTRY_EXTRA: a word of four bytes says which of the extras
 * follow. With it the stamp beside the slot means "ask the entry". One is a deadline that does not fit beside
 * the slot, always together with ENTRY_TTL. Another has no bytes of its own: elements of the value may have
 * deadlines, and the stamp is that of the earliest of those and of the entry's own, which is then in the
 * entry. The third is a dress (dress.h), of strings only and never with the others:
 *
 *      deadline:1 | elements:1 | dress:1 | born:1 | version:1 | stale:1 | 0:2 | tags:7 | 0:1 | media type:16
 * the word soft deadline:48 | cost:16 | grace:32 | born:64 | version:64 | tag:64 ...                  12
 * bytes or more
 *
 * Its own deadline, where it has one, is the soft one with the grace behind it.
 */
#ifndef STORAGE_ENTRY_ENTRY_LAYOUT_H
#define STORAGE_ENTRY_ENTRY_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "proto/base/bytes.h"
#include "proto/base/slice.h"
#include "storage/entry/entry.h"

#define ENTRY_TYPE_MASK      0x07
#define ENTRY_ENCODING_SHIFT 3
#define ENTRY_ENCODING_MASK  0x18
#define ENTRY_TTL            0x20 /* has a deadline */
#define ENTRY_EXTRA          0x40 /* extras follow the header */
#define ENTRY_OUTSIDE        0x80 /* the value is a pointer to a block */

#define EXTRA_DEADLINE   0x01u /* int64, Unix milliseconds: too far for a stamp, or not alone */
#define EXTRA_ELEMENTS   0x02u /* elements have deadlines; no bytes */
#define EXTRA_DRESS      0x04u
#define EXTRA_BORN       0x08u /* of a dress */
#define EXTRA_VERSION    0x10u
#define EXTRA_TAGS_SHIFT 8
#define EXTRA_TAGS_MASK  0x7f00u
#define EXTRA_SHAPE      0x7f1fu /* what follows from these bits is how many bytes there are */
#define EXTRA_STALE      0x20u   /* of a dress: not fresh any more, whatever the clock says */
#define EXTRA_TYPE_SHIFT 16
#define DRESS_LEAST      12 /* bytes of a dress behind the word */

#define ENTRY_SIZE_MIN  16    /* smaller ones would not be aligned to 16 bytes, and slots need the low bits */
#define ENTRY_LONG_KEY  255   /* klen: four bytes of length stand before the key */
#define ENTRY_LONG_TEXT 65535 /* vlen with ENTRY_OUTSIDE: the block starts with a header */

struct entry {
    uint8_t kind;
    uint8_t klen;
    uint16_t vlen;
    uint32_t access;
    char bytes[];
};

/* Which extras there are. */
static inline uint32_t entry_extras(const struct entry *entry)
{
    if (__builtin_expect(!(entry->kind & ENTRY_EXTRA), 1)) return 0;
    uint32_t extras;
    memcpy(&extras, entry->bytes, sizeof extras);
    return extras;
}

/* Of the word, which is not 0, and what it names. Without branches, since a look-up of a dressed key asks it
 * twice. Beside a dress there is no deadline of its own. */
static inline __attribute__((always_inline)) size_t extras_size_of(uint32_t extras)
{
    _Static_assert(EXTRA_DEADLINE == 1 && EXTRA_DRESS == 4 && DRESS_LEAST == 3 * EXTRA_DRESS,
                   "bits that become bytes");
    _Static_assert(EXTRA_BORN == 8 && EXTRA_VERSION == 16 && EXTRA_TAGS_SHIFT == 8, "bits that become bytes");
    size_t words = (extras & EXTRA_TAGS_MASK) >> 5;
    size_t rest = (extras & EXTRA_BORN) + ((extras & EXTRA_VERSION) >> 1) + ((extras & EXTRA_DEADLINE) << 3);
    return sizeof extras + 3 * (size_t)(extras & EXTRA_DRESS) + words + rest;
}
/* The same out of line, also of 0, which takes nothing. */
size_t extras_size(uint32_t extras);
size_t entry_extras_size(const struct entry *entry);
/* Behind the word. */
static inline char *entry_extra(const struct entry *entry)
{
    return (char *)(uintptr_t)entry->bytes + sizeof(uint32_t);
}

static inline __attribute__((always_inline)) struct slice entry_layout_key(const struct entry *entry)
{
    const char *key = entry->bytes;
    if (__builtin_expect(entry->kind & ENTRY_EXTRA, 0)) key += entry_extras_size(entry);
    if (__builtin_expect(entry->klen != ENTRY_LONG_KEY, 1)) return slice_of(key, entry->klen);

    uint32_t len;
    memcpy(&len, key, 4);
    return slice_of(key + 4, len);
}

/* Of one with extras. Apart, so that none of it stands in the way of those that have none. */
bool entry_extra_has_key(const struct entry *entry, struct slice name);

static inline __attribute__((always_inline)) bool entry_has_key(const struct entry *entry, struct slice name)
{
    if (__builtin_expect(entry->kind & ENTRY_EXTRA, 0)) return entry_extra_has_key(entry, name);
    struct slice key = entry_layout_key(entry);
    return key.len == name.len && bytes_equal(key.data, name.data, name.len);
}

static inline char *entry_value(const struct entry *entry)
{
    struct slice key = entry_layout_key(entry);
    return (char *)(uintptr_t)key.data + key.len;
}

static inline enum entry_encoding entry_layout_encoding(const struct entry *entry)
{
    return (enum entry_encoding)((entry->kind & ENTRY_ENCODING_MASK) >> ENTRY_ENCODING_SHIFT);
}

/* An integer or a root. */
static inline bool entry_is_word(enum entry_encoding encoding)
{
    _Static_assert(ENTRY_INT == 0 && ENTRY_ROOTED == 3 && sizeof(void *) == 8, "both are eight bytes");
    return (((unsigned)encoding + 1) & 2) == 0;
}

/* The value is a root, which the entry owns. */
static inline bool entry_is_rooted(const struct entry *entry)
{
    return (entry->kind & ENTRY_ENCODING_MASK) == ENTRY_ROOTED << ENTRY_ENCODING_SHIFT;
}

static inline enum entry_type entry_layout_type(const struct entry *entry)
{
    return (enum entry_type)(entry->kind & ENTRY_TYPE_MASK);
}

static inline char *entry_block(const struct entry *entry)
{
    char *block;
    memcpy(&block, entry_value(entry), sizeof block);
    return block;
}

/* Elements of its value may have deadlines. */
static inline bool entry_has_timed_elements(const struct entry *entry)
{
    return entry_extras(entry) & EXTRA_ELEMENTS;
}

static inline bool entry_is_dressed(const struct entry *entry)
{
    return entry_extras(entry) & EXTRA_DRESS;
}

/* The deadline of its key is in the entry. */
static inline bool entry_is_far(const struct entry *entry)
{
    uint32_t extras = entry_extras(entry);
    return extras & EXTRA_DEADLINE || (extras & EXTRA_DRESS && entry->kind & ENTRY_TTL);
}

/* Of one that is far. Of a dressed one what is told is when it goes, its grace included. */
int64_t entry_far_deadline_ms(const struct entry *entry);
void entry_set_far_deadline(struct entry *entry, int64_t deadline_ms);

#endif
