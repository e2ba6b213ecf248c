/*
 * small.h - the packed block of a small value, read and edited where its home keeps it.
 *
 * A value that has nothing yet reads as a block without records. One that has lost all keeps such a block, so
 * what its head says of it stays. Threads: the owner's.
 */
#ifndef STORAGE_TYPES_BLOCKS_SMALL_H
#define STORAGE_TYPES_BLOCKS_SMALL_H

#include <string.h>

#include "storage/types/blocks/packed.h"
#include "storage/types/blocks/value.h"

/* `form` is that of the type's blocks. */
static inline const char *small_block(const struct value *value, unsigned form)
{
    return value->packed_len > 0 ? value->packed : packed_empty(form);
}

/* An edit that was planned for small_block(). */
static inline void small_apply(struct value *value, const struct packed_edit *edit)
{
    if (value->packed_len == 0) {
        const char *empty = packed_empty(edit->form);
        value->home->resize(value, edit->size);
        packed_apply(edit, value->packed, empty);
        return;
    }
    if (edit->size > value->packed_len) value->home->resize(value, edit->size);
    packed_apply(edit, value->packed, value->packed);
    if (edit->size < value->packed_len) value->home->resize(value, edit->size);
}

/* A removal that another edit follows at once: the room is left to that. */
static inline void small_apply_first(struct value *value, const struct packed_edit *removal)
{
    packed_apply(removal, value->packed, value->packed);
}

/* The byte of the block's head that is the type's. */
static inline void small_set_name(struct value *value, unsigned form, unsigned name)
{
    if (value->packed_len == 0) {
        value->home->resize(value, PACKED_HEAD);
        memcpy(value->packed, packed_empty(form), PACKED_HEAD);
    }
    packed_set_name(value->packed, name);
}

#endif
