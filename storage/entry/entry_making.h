/*
 * entry_making.h - entries are made, changed in size and freed here; for the shard only.
 *
 * Nothing here knows tables or tokens. A function that takes an entry and returns one may have moved it: the
 * old pointer is then gone, and whoever holds a slot must store the new one.
 *
 * Threads: the owner's lock; freeing what nobody else can reach needs none.
 */
#ifndef STORAGE_ENTRY_ENTRY_MAKING_H
#define STORAGE_ENTRY_ENTRY_MAKING_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/entry/entry_layout.h"

/* What an entry asks the allocator for. */
struct entry_shape {
    size_t entry_size;
    size_t block_size; /* meaningless unless `outside` */
    bool outside;
};

/* What an entry has besides its value: the bits of its kind that say so, and above them the shape of its
 * extras. With deadlines of elements, its own is in the entry as one that is far. A dress adds its own bits
 * (dress.h). */
#define TIMING_KIND         (ENTRY_TTL | ENTRY_EXTRA)
#define TIMING_EXTRAS_SHIFT 8
enum entry_timing {
    TIMING_NONE = 0,
    TIMING_STAMPED = ENTRY_TTL,
    TIMING_FAR = ENTRY_TTL | ENTRY_EXTRA | EXTRA_DEADLINE << TIMING_EXTRAS_SHIFT,
    TIMING_ELEMENTS = ENTRY_EXTRA | EXTRA_ELEMENTS << TIMING_EXTRAS_SHIFT,
    TIMING_FAR_ELEMENTS = TIMING_FAR | EXTRA_ELEMENTS << TIMING_EXTRAS_SHIFT,
    TIMING_DRESSED = ENTRY_EXTRA | EXTRA_DRESS << TIMING_EXTRAS_SHIFT,
};

/* What an entry has. */
enum entry_timing entry_timing_of(const struct entry *entry);

struct entry_shape entry_shape_of(const struct entry *entry);
/* As charged. */
size_t entry_shape_bytes(struct entry_shape shape);

/*
 * A string entry. Written over `old`, an entry of the same key, where its allocations fit exactly, which
 * spares the allocator; otherwise a new one, and `old` still to be freed by the caller. `old` may be NULL.
 * Its use (entry_access) carries over, its deadline does not. `text` must not lie in `old`; `key` may.
 *
 * `timing` says what deadline it is to have, of which TIMING_FAR makes room in the entry, to be filled by the
 * caller.
 */
struct entry *entry_make_string(struct entry *old, struct slice key, struct slice text,
                                enum entry_timing timing);

/* Text and the memory it was received into. */
struct entry_received {
    struct slice text;
    char *memory; /* from alloc_bytes() or alloc_resize() */
    size_t size;
};

/* A new entry whose text stays where it is. The memory is the entry's from then on, and the eight bytes
 * before the text are overwritten. NULL, with nothing changed, when the text is too short to be worth it,
 * stands too far from the start, or has memory of another size class than a block of its own would be. */
struct entry *entry_make_received(struct slice key, const struct entry_received *received,
                                  enum entry_timing timing);

/* A collection, of which the entry takes the root or copies the packed block. */
struct entry *entry_make_packed(struct slice key, enum entry_type type, struct slice packed,
                                enum entry_timing timing);
struct entry *entry_make_rooted(struct slice key, enum entry_type type, void *root, enum entry_timing timing);
/* A packed collection whose elements are in `root` now. */
struct entry *entry_root_packed(struct entry *entry, void *root);

/* The same value, encoding and use under another key. */
struct entry *entry_make_copy(const struct entry *entry, struct slice key, enum entry_timing timing);

/* The same, but a long text or a root is not copied: it goes over to the new entry. What is left of `entry`,
 * an arbitrary short text, is for entry_free() only. */
struct entry *entry_make_moved(struct entry *entry, struct slice key, enum entry_timing timing);

/* The text, or the packed block, is `len` bytes and ENTRY_RAW afterwards, growth is zero bytes. */
struct entry *entry_resize_text(struct entry *entry, size_t len);

/* Another timing, with or without room for a deadline. One that had room and has it still keeps what is
 * there. */
struct entry *entry_set_timing(struct entry *entry, enum entry_timing timing);

/* With all that it owns. */
void entry_free(struct entry *entry);
/* The same in steps of so many blocks; false: all is freed. */
bool entry_drain(struct entry *entry, size_t blocks);

#endif
