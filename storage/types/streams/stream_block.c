#include "storage/types/streams/stream_block.h"

#include <string.h>

#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "storage/types/blocks/list_encoding.h"
#include "storage/types/blocks/record.h"
#include "storage/types/streams/varint.h"

/* Of a record's first byte. */
enum { OWN_NAMES = 7, HAS_SEQ = 8, MS_SHIFT = 4, MS_MORE = 15 };
#define SETS_MAX 7

#define HEAD_SIZE sizeof(struct stream_block)

static const char *sets_of(const struct stream_block *block)
{
    return (const char *)block + HEAD_SIZE;
}

static const char *end_of(const struct stream_block *block)
{
    return (const char *)block + block->size;
}

static uint32_t records_at(const struct stream_block *block)
{
    return (uint32_t)HEAD_SIZE + block->names;
}

static char *put_text(char *to, struct slice text, bool is_integer)
{
    to = varint_put(to, text.len << 1 | is_integer);
    bytes_copy(to, text.data, text.len);
    return to + text.len;
}

static const char *get_text(const char *from, struct slice *bytes, bool *is_integer)
{
    uint64_t length;
    from = varint_get(from, &length);
    *bytes = slice_of(from, length >> 1);
    *is_integer = length & 1;
    return from + (length >> 1);
}

static const char *skip_text(const char *from)
{
    uint64_t length;
    from = varint_get(from, &length);
    return from + (length >> 1);
}

static const char *get_atom(const char *from, struct atom *atom)
{
    struct slice bytes;
    bool is_integer;
    from = get_text(from, &bytes, &is_integer);
    *atom = record_atom(bytes, is_integer);
    return from;
}

/* Values are kept as integers where they are, names as they come. */
static char *put_value(char *to, struct slice text)
{
    struct record_form form;
    record_of_text(&form, text);
    return put_text(to, form.bytes, form.mark);
}

static size_t names_size(const struct stream_new *entry)
{
    size_t size = 0;
    for (size_t i = 0; i < entry->pairs; i++) {
        size_t len = entry->words[2 * i].len;
        size += varint_size(len << 1) + len;
    }
    return size;
}

static char *put_names(char *to, const struct stream_new *entry)
{
    for (size_t i = 0; i < entry->pairs; i++) to = put_text(to, entry->words[2 * i], false);
    return to;
}

/* A set is a number of pairs, a number of bytes, and the names. */
static const char *open_set(const char *from, uint64_t *pairs, uint64_t *size)
{
    return varint_get(varint_get(from, pairs), size);
}

static const char *find_set(const struct stream_block *block, unsigned index, uint64_t *pairs)
{
    uint64_t size;
    const char *names = open_set(sets_of(block), pairs, &size);
    while (index-- > 0) names = open_set(names + size, pairs, &size);
    return names;
}

static bool has_names(const char *names, const struct stream_new *entry)
{
    for (size_t i = 0; i < entry->pairs; i++) {
        struct slice name;
        bool is_integer;
        names = get_text(names, &name, &is_integer);
        struct slice word = entry->words[2 * i];
        if (name.len != word.len || !bytes_equal(name.data, word.data, name.len)) return false;
    }
    return true;
}

/* The set that has the entry's names; or how many there are. */
static unsigned set_of(const struct stream_block *block, const struct stream_new *entry)
{
    const char *from = sets_of(block);
    for (unsigned i = 0; i < block->sets; i++) {
        uint64_t pairs, size;
        const char *names = open_set(from, &pairs, &size);
        if (pairs == entry->pairs && has_names(names, entry)) return i;
        from = names + size;
    }
    return block->sets;
}

/* Behind the others; the records give way. */
static void add_set(struct stream_block *block, const struct stream_new *entry)
{
    size_t names = names_size(entry);
    size_t size = varint_size(entry->pairs) + varint_size(names) + names;
    char *to = (char *)block + records_at(block);
    memmove(to + size, to, block->size - records_at(block));
    put_names(varint_put(varint_put(to, entry->pairs), names), entry);
    block->names += (uint32_t)size;
    block->size += (uint32_t)size;
    block->sets++;
}

static size_t listpack_text(struct slice text)
{
    struct record_form form;
    record_of_text(&form, text);
    return list_entry_bytes(&(struct packed_record){ form.bytes, form.mark });
}

static size_t listpack_integer(uint64_t integer)
{
    return list_integer_bytes((int64_t)integer);
}

/* The master entry's, but for its two counters. */
static size_t listpack_begun(const struct stream_new *entry)
{
    size_t bytes = LISTPACK_EMPTY_BYTES + listpack_integer(entry->pairs) + listpack_integer(0);
    for (size_t i = 0; i < entry->pairs; i++) bytes += listpack_text(entry->words[2 * i]);
    return bytes;
}

static size_t listpack_entry(const struct stream_block *block, const struct stream_new *entry,
                             bool has_first_names)
{
    size_t parts = entry->pairs * (has_first_names ? 1 : 2) + 3 + !has_first_names;
    size_t bytes = listpack_integer(0) + listpack_integer(entry->id.ms - block->first.ms) +
                   listpack_integer(entry->id.seq - block->first.seq) + listpack_integer(parts);
    if (!has_first_names) bytes += listpack_integer(entry->pairs);
    for (size_t i = 0; i < entry->pairs; i++) {
        if (!has_first_names) bytes += listpack_text(entry->words[2 * i]);
        bytes += listpack_text(entry->words[2 * i + 1]);
    }
    return bytes;
}

static size_t words_bytes(const struct stream_new *entry)
{
    size_t bytes = 0;
    for (size_t i = 0; i < 2 * entry->pairs; i++) bytes += entry->words[i].len;
    return bytes;
}

bool stream_block_is_full(const struct stream_block *block, const struct stream_new *entry, size_t bytes_max,
                          size_t entries_max)
{
    size_t bytes = block->listpack + listpack_integer(block->count) + listpack_integer(block->removed);
    if (bytes_max == 0 || bytes_max > STREAM_WORDS_MAX) bytes_max = STREAM_WORDS_MAX;
    if (bytes + words_bytes(entry) >= bytes_max) return true;
    return entries_max != 0 && (size_t)block->count + block->removed >= entries_max;
}

/* The id that the first record is told from. */
static struct stream_id before_first(const struct stream_block *block)
{
    return (struct stream_id){ block->first.ms, block->first.seq - 1 };
}

static uint64_t expected_seq(struct stream_id before, uint64_t ms)
{
    return ms == before.ms ? before.seq + 1 : 0;
}

/* How a record says its id, and which names it has. */
static char *put_id(char *to, struct stream_id before, struct stream_id id, unsigned set)
{
    uint64_t ms = id.ms - before.ms, expected = expected_seq(before, id.ms);
    char *head = to++;
    *head = (char)(set | (id.seq != expected ? HAS_SEQ : 0) | (ms < MS_MORE ? ms : MS_MORE) << MS_SHIFT);
    if (ms >= MS_MORE) to = varint_put(to, ms - MS_MORE);
    if (id.seq != expected) to = varint_put(to, id.seq - expected);
    return to;
}

static const char *get_id(const char *from, struct stream_id before, struct stream_id *id, unsigned *set)
{
    unsigned char head = (unsigned char)*from++;
    uint64_t ms = head >> MS_SHIFT, seq = 0;
    if (ms == MS_MORE) {
        from = varint_get(from, &ms);
        ms += MS_MORE;
    }
    if ((head & HAS_SEQ) != 0) from = varint_get(from, &seq);
    id->ms = before.ms + ms;
    id->seq = expected_seq(before, id->ms) + seq;
    *set = head & OWN_NAMES;
    return from;
}

size_t stream_block_size_for(const struct stream_block *block, const struct stream_new *entry)
{
    size_t size = block == NULL ? HEAD_SIZE : block->size;
    size += 1 + 3 * VARINT_MAX + 2 * VARINT_MAX;
    for (size_t i = 0; i < entry->pairs; i++) {
        size_t name = entry->words[2 * i].len, value = entry->words[2 * i + 1].len;
        size += varint_size(name << 1) + name + varint_size(value << 1) + value;
    }
    return size;
}

static uint32_t append(struct stream_block *block, const struct stream_new *entry, unsigned set)
{
    uint32_t at = block->size;
    char *to = put_id((char *)block + at, block->there, entry->id, set);
    if (set == OWN_NAMES) to = put_names(varint_put(to, entry->pairs), entry);
    for (size_t i = 0; i < entry->pairs; i++) to = put_value(to, entry->words[2 * i + 1]);
    block->size = (uint32_t)(to - (char *)block);
    block->last = block->there = entry->id;
    block->listpack += (uint32_t)listpack_entry(block, entry, set == 0);
    block->count++;
    return at;
}

void stream_block_begin_empty(struct stream_block *block, const struct stream_new *names)
{
    *block = (struct stream_block){ .first = names->id,
                                    .last = names->id,
                                    .size = (uint32_t)HEAD_SIZE,
                                    .listpack = (uint32_t)listpack_begun(names) };
    add_set(block, names);
    block->there = before_first(block);
}

void stream_block_begin(struct stream_block *block, const struct stream_new *entry)
{
    stream_block_begin_empty(block, entry);
    append(block, entry, 0);
}

size_t stream_block_room_for(const struct stream_block *block, const struct atom *values, size_t pairs)
{
    size_t size = block->size + 1 + 2 * VARINT_MAX;
    for (size_t i = 0; i < pairs; i++) size += VARINT_MAX + values[i].text.len;
    return size;
}

void stream_block_append_values(struct stream_block *block, struct stream_id id, const struct atom *values,
                                size_t pairs)
{
    char *to = put_id((char *)block + block->size, block->there, id, 0);
    for (size_t i = 0; i < pairs; i++) {
        struct record_form form;
        record_of_atom(&form, &values[i]);
        to = put_text(to, form.bytes, form.mark);
    }
    block->size = (uint32_t)(to - (char *)block);
    block->last = block->there = id;
    block->count++;
}

void stream_block_weigh(struct stream_block *block, size_t listpack_bytes)
{
    size_t counters = listpack_integer(block->count) + listpack_integer(block->removed);
    block->listpack = (uint32_t)(listpack_bytes - counters);
}

uint32_t stream_block_append(struct stream_block *block, const struct stream_new *entry)
{
    unsigned set = set_of(block, entry);
    if (set == SETS_MAX)
        set = OWN_NAMES;
    else if (set == block->sets)
        add_set(block, entry);
    return append(block, entry, set);
}

void stream_entry_next(struct stream_entry *entry, struct atom *field, struct atom *value)
{
    entry->names = get_atom(entry->names, field);
    entry->values = get_atom(entry->values, value);
}

struct stream_cursor stream_cursor_at_first(const struct stream_block *block)
{
    return (struct stream_cursor){ block, records_at(block), before_first(block) };
}

bool stream_cursor_peek(const struct stream_cursor *cursor, struct stream_id *id)
{
    unsigned set;
    if (cursor->at == cursor->block->size) return false;
    get_id((const char *)cursor->block + cursor->at, cursor->before, id, &set);
    return true;
}

static const char *skip_texts(const char *from, uint64_t count)
{
    while (count-- > 0) from = skip_text(from);
    return from;
}

/* Where names and values are; `from` is behind the id. */
static void open_entry(const struct stream_block *block, const char *from, unsigned set,
                       struct stream_entry *entry)
{
    uint64_t pairs;
    if (set == OWN_NAMES) {
        entry->names = varint_get(from, &pairs);
        entry->values = skip_texts(entry->names, pairs);
    } else {
        entry->names = find_set(block, set, &pairs);
        entry->values = from;
    }
    entry->pairs = pairs;
}

bool stream_cursor_next(struct stream_cursor *cursor, struct stream_entry *entry)
{
    unsigned set;
    const struct stream_block *block = cursor->block;
    if (cursor->at == block->size) return false;
    const char *from = get_id((const char *)block + cursor->at, cursor->before, &entry->id, &set);
    open_entry(block, from, set, entry);
    const char *end = skip_texts(entry->values, entry->pairs);
    cursor->at = (uint32_t)(end - (const char *)block);
    cursor->before = entry->id;
    return true;
}

void stream_cursor_seek(struct stream_cursor *cursor, struct stream_id id)
{
    struct stream_id next;
    struct stream_entry entry;
    while (stream_cursor_peek(cursor, &next) && stream_id_compare(next, id) < 0)
        stream_cursor_next(cursor, &entry);
}

/* Everything from `from` on is to stand at `to`, its first record told from `before`. What goes in front of
 * it takes at least as much as its id may grow. */
static void close_gap(struct stream_block *block, uint32_t to, struct stream_id before,
                      const struct stream_cursor *from)
{
    char id_bytes[1 + 2 * VARINT_MAX], *start = (char *)block + to;
    const char *rest = (const char *)block + from->at, *end = end_of(block);
    if (rest == end) {
        block->there = before;
    } else {
        struct stream_id id;
        unsigned set;
        rest = get_id(rest, from->before, &id, &set);
        size_t size = (size_t)(put_id(id_bytes, before, id, set) - id_bytes);
        INVARIANT(start + size <= rest);
        memmove(start + size, rest, (size_t)(end - rest));
        memcpy(start, id_bytes, size);
        start += size;
    }
    block->size = (uint32_t)(start + (end - rest) - (char *)block);
}

void stream_block_remove(struct stream_block *block, const struct stream_cursor *cursor)
{
    struct stream_cursor behind = *cursor;
    struct stream_entry entry;
    bool is_there = stream_cursor_next(&behind, &entry);
    REQUIRE(is_there);
    close_gap(block, cursor->at, cursor->before, &behind);
    block->count--;
    block->removed++;
}

void stream_block_remove_before(struct stream_block *block, const struct stream_cursor *cursor,
                                uint32_t count)
{
    REQUIRE(count > 0 && count <= block->count);
    close_gap(block, records_at(block), before_first(block), cursor);
    block->count -= count;
    block->removed += count;
}

void stream_block_check(const struct stream_block *block, size_t room)
{
    INVARIANT(block->size <= room && block->sets >= 1 && block->sets <= SETS_MAX);
    INVARIANT(stream_id_compare(block->first, block->last) <= 0);
    struct stream_cursor cursor = stream_cursor_at_first(block);
    struct stream_entry entry;
    struct stream_id before;
    uint32_t count = 0;
    while (before = cursor.before, stream_cursor_next(&cursor, &entry)) {
        INVARIANT(cursor.at <= block->size && entry.pairs > 0);
        INVARIANT(count++ == 0 || stream_id_compare(before, entry.id) < 0);
        INVARIANT(stream_id_compare(entry.id, block->last) <= 0);
    }
    INVARIANT(count == block->count && stream_id_compare(cursor.before, block->there) == 0);
}
