/*
 * list_encoding.h - what a list would weigh in Redis, which decides what OBJECT ENCODING says.
 *
 * There, a list is one listpack until that has grown beyond list-max-listpack-size. Here it is not, but to
 * name it alike its size in that form must be known. Threads: no state.
 */
#ifndef STORAGE_TYPES_BLOCKS_LIST_ENCODING_H
#define STORAGE_TYPES_BLOCKS_LIST_ENCODING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "storage/types/blocks/packed.h"

/* Head and end of a listpack. */
#define LISTPACK_EMPTY_BYTES 7

/* Bytes of an entry of a listpack, and of one that is an integer, or a text that is none. */
size_t list_entry_bytes(const struct packed_record *record);
size_t list_integer_bytes(int64_t integer);
size_t list_long_text_bytes(size_t len);
static inline size_t list_text_bytes(size_t len)
{
    return len < 64 ? len + 2 : list_long_text_bytes(len);
}
/* Of all records of a block. */
size_t list_entries_bytes(const char *block);

/* False: a packed block of so many bytes and elements certainly does not exceed `limit`. */
bool list_may_exceed(int64_t limit, size_t packed_bytes, size_t elements);
/* Whether a listpack of so many bytes and elements is beyond `limit`, which is as in value_limits. */
bool list_exceeds(int64_t limit, size_t bytes, size_t elements);
/* Whether it is within half of it, where a quicklist becomes a listpack again. */
bool list_fits_half(int64_t limit, size_t bytes, size_t elements);

#endif
