/*
 * long_text.h - the block of a text that is too long for an entry to say how long it is.
 *
 *     block              place
 *     +---------+- - - -+----------------+----------- - -
 *     | holders |       | length, ahead  | text
 *     +---------+- - - -+----------------+----------- - -
 *       8 bytes               8 bytes
 *
 * Text that was received into memory of its own stays there, and what came before it as well: `ahead` says
 * how far in front of the place its block begins. Otherwise nothing stands between.
 *
 * Such a text can be pinned: whoever pins it may read it after the shard's lock was let go, to send it from
 * where it stands. It stays as it is until the last holder, the entry or a pin, drops it; an entry that is to
 * change a text with other holders gets another block for it. What is held by pins alone is on nobody's
 * budget: long_text_orphaned() says how much that is in this process.
 *
 * Threads: pinning, changing and the entry's drop need the shard's lock, or that nobody else can reach the
 * entry; a pin is dropped by any thread.
 */
#ifndef STORAGE_ENTRY_LONG_TEXT_H
#define STORAGE_ENTRY_LONG_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"

struct entry;

/* Before a text that has nothing else in front of it. */
#define LONG_TEXT_HEADER 16

/* Bytes that the block of a text of `len` bytes asks for. */
static inline size_t long_text_block_size(size_t len)
{
    return LONG_TEXT_HEADER + len;
}

/* A text that begins `before` bytes behind the start of `block`, LONG_TEXT_HEADER at least, and has one
 * holder. Returns its place, by which the others know it. */
char *long_text_init(char *block, size_t before, size_t len);
struct slice long_text(const char *place);
/* Whether it may be written over and resized: nothing but the header is before it, and it has one holder. */
bool long_text_is_plain(const char *place);
/* Make one that is plain longer or shorter. Returns its place. */
char *long_text_resize(char *place, size_t len);
/* The entry's part in it ends. */
void long_text_drop(char *place);

/* A text that somebody reads without a lock. */
struct pin {
    struct slice text;
    char *place;
};

/* Texts from this length on have such a block. */
#define PIN_MIN ((size_t)65535)

/* False: the text of this entry, a string, is not long enough to have a block that can be pinned. */
bool pin_take(struct pin *pin, const struct entry *entry);
void pin_drop(struct pin *pin);

/* Bytes that only pins keep: their entries have gone or have another text. Any thread. */
size_t long_text_orphaned(void);

#endif
