/*
 * entry.h - a key and its value in one allocation.
 *
 *      byte 0    1    2      4            8
 *      +----+----+----+----+----+----+----+----+
 *      |kind|klen|   vlen  |      access       |   header, 8 bytes
 *      +----+----+---------+-------------------+
 *      | extras               if ENTRY_EXTRA   |   a word, and 8 bytes for each that it names
 *      | long key length       if klen is 255  |   4 bytes
 *      | key bytes                             |
 *      | value: text, int64, or pointer        |
 *      +---------------------------------------+
 *
 * A string stands beside its key, or in a block of its own where that is smaller in size classes or the value
 * is longer than vlen can say. A canonical integer is kept as 8 bytes. The packed block of a small collection
 * is kept just as the text of a string; a large collection is a pointer to its root (value.h). Everything
 * that only some entries have is optional, since a byte here is a byte times the number of keys.
 *
 * A deadline mostly stands beside the entry's slot in the table, in four bytes (table.h), and the entry only
 * says that there is one; shard_deadline_ms() tells it.
 *
 * ENTRY_ABSENT is no value: it says that somebody else, who holds the truth, has no such key. It always has a
 * deadline, holds an empty text, and only shard_know() tells it from a key that is not there at all.
 *
 * An entry's kind, key and lengths are fixed by its allocation: what changes them goes through the shard,
 * which may move the entry and knows its slot.
 *
 * Threads: guarded by the shard's lock. Ownership: made and freed by the shard only; pointers are good until
 * the lock is released or the shard is written to. Time: deadlines are Unix milliseconds.
 */
#ifndef STORAGE_ENTRY_ENTRY_H
#define STORAGE_ENTRY_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

enum entry_type { ENTRY_STRING, ENTRY_LIST, ENTRY_SET, ENTRY_ZSET, ENTRY_HASH, ENTRY_STREAM, ENTRY_ABSENT };

/* How a value is kept; of a string as OBJECT ENCODING tells. RAW are strings over 44 bytes and those that
 * were edited in place, whatever their length; a collection is RAW while it is one packed block, and ROOTED
 * beyond. */
enum entry_encoding { ENTRY_INT, ENTRY_EMBSTR, ENTRY_RAW, ENTRY_ROOTED };

#define ENTRY_NO_DEADLINE INT64_MIN /* any other value is a deadline, in Unix milliseconds */

struct entry;
struct value_type;

enum entry_type entry_type(const struct entry *entry);
enum entry_encoding entry_encoding(const struct entry *entry);
struct slice entry_key(const struct entry *entry);

bool entry_has_deadline(const struct entry *entry);

/* Strings. The text of an ENTRY_INT is written to `scratch` (NUMBER_I64_MAX bytes), that of others is where
 * it stands, and `scratch` is left alone. */
struct slice entry_text(const struct entry *entry, char *scratch);
size_t entry_text_len(const struct entry *entry);
/* True, and its value, for an ENTRY_INT, or a text that is a canonical integer. */
bool entry_integer(const struct entry *entry, int64_t *value);
/* Overwrite an ENTRY_INT in place. */
void entry_set_integer(struct entry *entry, int64_t value);
/* The bytes of a string that is not ENTRY_INT, to be edited in place: entry_text_len() of them. */
char *entry_text_edit(struct entry *entry);

/* Collections. NULL for what is none. */
const struct value_type *entry_value_type(const struct entry *entry);
enum entry_type entry_type_of(const struct value_type *type);
/* The packed block of one that is not ROOTED; the root of one that is. */
struct slice entry_packed(const struct entry *entry);
void *entry_root(const struct entry *entry);

/* Bytes the entry takes from the allocator, with all that it owns. */
size_t entry_real_size(const struct entry *entry);

/* When and how often it was used, for OBJECT IDLETIME, OBJECT FREQ and eviction: 32 bits whose meaning is
 * the eviction policy's. Under LRU: Unix milliseconds, truncated. */
uint32_t entry_access(const struct entry *entry);
void entry_set_access(struct entry *entry, uint32_t access);

#endif
