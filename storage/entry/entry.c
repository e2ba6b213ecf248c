#include "storage/entry/entry.h"

#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "storage/entry/dress.h"
#include "storage/entry/entry_layout.h"
#include "storage/entry/entry_making.h"
#include "storage/entry/long_text.h"
#include "storage/memory/block.h"
#include "storage/types/hash.h"
#include "storage/types/list.h"
#include "storage/types/set.h"
#include "storage/types/stream.h"
#include "storage/types/zset.h"

__attribute__((cold)) size_t extras_size(uint32_t extras)
{
    return extras != 0 ? extras_size_of(extras) : 0;
}

__attribute__((noinline, cold)) size_t entry_extras_size(const struct entry *entry)
{
    return entry->kind & ENTRY_EXTRA ? extras_size_of(entry_extras(entry)) : 0;
}

/* Not cold, or what looks a dressed key up would be compiled for size. */
__attribute__((noinline)) bool entry_extra_has_key(const struct entry *entry, struct slice name)
{
    const char *key = entry->bytes + extras_size_of(entry_extras(entry));
    if (__builtin_expect(entry->klen == ENTRY_LONG_KEY, 0)) {
        struct slice whole = entry_layout_key(entry);
        return slice_equal(whole, name);
    }
    return entry->klen == name.len && bytes_equal(key, name.data, name.len);
}

__attribute__((cold)) int64_t entry_far_deadline_ms(const struct entry *entry)
{
    if (entry_is_dressed(entry)) return dress_soft_ms(entry) + dress_grace_ms(entry);
    int64_t deadline_ms;
    memcpy(&deadline_ms, entry_extra(entry), sizeof deadline_ms);
    return deadline_ms;
}

__attribute__((cold)) void entry_set_far_deadline(struct entry *entry, int64_t deadline_ms)
{
    if (entry_is_dressed(entry))
        dress_set_soft_ms(entry, deadline_ms - dress_grace_ms(entry));
    else
        memcpy(entry_extra(entry), &deadline_ms, sizeof deadline_ms);
}

enum entry_type entry_type(const struct entry *entry)
{
    return (enum entry_type)(entry->kind & ENTRY_TYPE_MASK);
}

enum entry_encoding entry_encoding(const struct entry *entry)
{
    return entry_layout_encoding(entry);
}

struct slice entry_key(const struct entry *entry)
{
    return entry_layout_key(entry);
}

bool entry_has_deadline(const struct entry *entry)
{
    return entry->kind & ENTRY_TTL;
}

static int64_t integer_of(const struct entry *entry)
{
    int64_t value;
    memcpy(&value, entry_value(entry), sizeof value);
    return value;
}

static struct slice text_outside(const struct entry *entry)
{
    const char *block = entry_block(entry);
    if (entry->vlen != ENTRY_LONG_TEXT) return slice_of(block, entry->vlen);

    return long_text(block);
}

/* The text of a string that is not ENTRY_INT. */
static inline struct slice text_of(const struct entry *entry)
{
    if (entry->kind & ENTRY_OUTSIDE) return text_outside(entry);
    return slice_of(entry_value(entry), entry->vlen);
}

struct slice entry_text(const struct entry *entry, char *scratch)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING);
    if (entry_encoding(entry) != ENTRY_INT) return text_of(entry);
    return slice_of(scratch, number_format_i64(scratch, integer_of(entry)));
}

size_t entry_text_len(const struct entry *entry)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING);
    if (entry_encoding(entry) == ENTRY_INT) return number_length_i64(integer_of(entry));
    return text_of(entry).len;
}

bool entry_integer(const struct entry *entry, int64_t *value)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING);
    if (entry_encoding(entry) != ENTRY_INT) return number_parse_i64(text_of(entry), value);
    *value = integer_of(entry);
    return true;
}

void entry_set_integer(struct entry *entry, int64_t value)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING && entry_encoding(entry) == ENTRY_INT);
    memcpy(entry_value(entry), &value, sizeof value);
}

char *entry_text_edit(struct entry *entry)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING && entry_encoding(entry) != ENTRY_INT);
    return (char *)(uintptr_t)text_of(entry).data;
}

static const struct value_type *const types[] = {
    [ENTRY_LIST] = &list_type, [ENTRY_SET] = &set_type,       [ENTRY_ZSET] = &zset_type,
    [ENTRY_HASH] = &hash_type, [ENTRY_STREAM] = &stream_type, [ENTRY_ABSENT] = NULL,
};

const struct value_type *entry_value_type(const struct entry *entry)
{
    return types[entry_type(entry)];
}

enum entry_type entry_type_of(const struct value_type *type)
{
    unsigned i = ENTRY_LIST;
    while (types[i] != type) i++;
    return (enum entry_type)i;
}

struct slice entry_packed(const struct entry *entry)
{
    REQUIRE(entry_value_type(entry) != NULL && !entry_is_rooted(entry));
    return text_of(entry);
}

void *entry_root(const struct entry *entry)
{
    REQUIRE(entry_is_rooted(entry));
    return entry_block(entry);
}

static __attribute__((noinline)) size_t size_with_block(const struct entry *entry)
{
    return entry_shape_bytes(entry_shape_of(entry));
}

size_t entry_real_size(const struct entry *entry)
{
    if (__builtin_expect(entry->kind & ENTRY_OUTSIDE, 0)) return size_with_block(entry);
    size_t before = (size_t)(entry_value(entry) - (const char *)entry);
    size_t size = before + (entry_is_word(entry_layout_encoding(entry)) ? sizeof(int64_t) : entry->vlen);
    size_t bytes = block_real_size(size < ENTRY_SIZE_MIN ? ENTRY_SIZE_MIN : size);
    if (__builtin_expect(!entry_is_rooted(entry), 1)) return bytes;
    return bytes + entry_value_type(entry)->bytes(entry_root(entry));
}

uint32_t entry_access(const struct entry *entry)
{
    return entry->access;
}

void entry_set_access(struct entry *entry, uint32_t access)
{
    entry->access = access;
}
