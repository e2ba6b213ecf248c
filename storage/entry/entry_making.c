#include "storage/entry/entry_making.h"

#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "storage/entry/long_text.h"
#include "storage/memory/block.h"

#define INTEGER_TEXT_MAX 20 /* characters that any int64 fits in */
#define EMBSTR_MAX       44 /* where Redis draws the line that OBJECT ENCODING shows */
#define ENTRY_SIZE_MIN   16 /* smaller ones would not be aligned to 16 bytes, and slots need the low bits */

/* A string on its way into an entry. */
struct draft {
    struct slice key;
    struct slice text;
    int64_t integer; /* for ENTRY_INT */
    enum entry_encoding encoding;
    unsigned timing; /* bits of the kind */
};

static size_t at_least_min(size_t size)
{
    return size < ENTRY_SIZE_MIN ? ENTRY_SIZE_MIN : size;
}

static unsigned klen_of(struct slice key)
{
    return key.len < ENTRY_LONG_KEY ? (unsigned)key.len : ENTRY_LONG_KEY;
}

static size_t size_before_value(struct slice key, unsigned timing)
{
    return entry_key_offset(timing, klen_of(key)) + key.len;
}

static size_t text_block_size(size_t len)
{
    return len < ENTRY_LONG_TEXT ? len : long_text_block_size(len);
}

/* Where text of `len` bytes takes less: beside the key or in a block of its own. */
static struct entry_shape text_shape(size_t before, size_t len)
{
    size_t together = at_least_min(before + len);
    struct entry_shape shape = { .entry_size = together };
    /* Classes are evenly spaced up to here: two blocks are never smaller than one. */
    if (together <= 128) return shape;

    size_t block_size = text_block_size(len);
    size_t beside = at_least_min(before + sizeof(char *));
    size_t apart = block_real_size(beside) + block_real_size(block_size);
    if (len < ENTRY_LONG_TEXT && block_real_size(together) <= apart) return shape;
    return (struct entry_shape){ .entry_size = beside, .block_size = block_size, .outside = true };
}

static struct entry_shape draft_shape(const struct draft *draft)
{
    size_t before = size_before_value(draft->key, draft->timing);
    if (draft->encoding == ENTRY_INT)
        return (struct entry_shape){ .entry_size = at_least_min(before + sizeof(int64_t)) };
    return text_shape(before, draft->text.len);
}

struct entry_shape entry_shape_of(const struct entry *entry)
{
    size_t before = (size_t)(entry_value(entry) - (const char *)entry);
    if (entry->kind & ENTRY_OUTSIDE) {
        size_t len = entry->vlen != ENTRY_LONG_TEXT ? entry->vlen : long_text(entry_block(entry)).len;
        return (struct entry_shape){ at_least_min(before + sizeof(char *)), text_block_size(len), true };
    }
    size_t value = entry_layout_encoding(entry) == ENTRY_INT ? sizeof(int64_t) : entry->vlen;
    return (struct entry_shape){ .entry_size = at_least_min(before + value) };
}

size_t entry_shape_bytes(struct entry_shape shape)
{
    return block_real_size(shape.entry_size) + (shape.outside ? block_real_size(shape.block_size) : 0);
}

static bool same_allocations(struct entry_shape a, struct entry_shape b)
{
    if (a.outside != b.outside || block_real_size(a.entry_size) != block_real_size(b.entry_size))
        return false;
    return !a.outside || block_real_size(a.block_size) == block_real_size(b.block_size);
}

static bool has_long_text(const struct entry *entry)
{
    return entry->kind & ENTRY_OUTSIDE && entry->vlen == ENTRY_LONG_TEXT;
}

/* Write how long the text in `block` will be, in the entry or before the text, and return where it starts. */
static char *set_block(struct entry *entry, char *block, size_t len)
{
    entry->vlen = len < ENTRY_LONG_TEXT ? (uint16_t)len : ENTRY_LONG_TEXT;
    char *place = len < ENTRY_LONG_TEXT ? block : long_text_init(block, LONG_TEXT_HEADER, len);
    memcpy(entry_value(entry), &place, sizeof place);
    return len < ENTRY_LONG_TEXT ? block : block + LONG_TEXT_HEADER;
}

/* Text or integer; `block` is where it goes when it does not stand beside the key. */
static void write_value(struct entry *entry, const struct draft *draft, char *block)
{
    char *value = entry_value(entry);
    struct slice text = draft->text;
    entry->vlen = 0;
    if (draft->encoding == ENTRY_INT) {
        memcpy(value, &draft->integer, sizeof draft->integer);
        return;
    }
    entry->vlen = text.len < ENTRY_LONG_TEXT ? (uint16_t)text.len : ENTRY_LONG_TEXT;
    if (block != NULL) value = set_block(entry, block, text.len);
    if (text.len > 0) memcpy(value, text.data, text.len);
}

/* The key moves before its length is written: it may be read from the entry itself, eight bytes off. */
static void write_key(struct entry *entry, struct slice key)
{
    entry->klen = (uint8_t)klen_of(key);
    char *place = (char *)entry + entry_key_offset(entry->kind, entry->klen);
    if (key.len > 0) memmove(place, key.data, key.len);
    if (entry->klen == ENTRY_LONG_KEY) {
        uint32_t len = (uint32_t)key.len;
        memcpy(place - sizeof len, &len, sizeof len);
    }
}

static unsigned draft_kind(const struct draft *draft, bool outside)
{
    return ENTRY_STRING | (unsigned)draft->encoding << ENTRY_ENCODING_SHIFT | draft->timing |
           (outside ? ENTRY_OUTSIDE : 0);
}

static struct entry *write_new(const struct draft *draft, uint32_t access)
{
    struct entry_shape shape = draft_shape(draft);
    struct entry *entry = block_alloc(shape.entry_size);
    entry->kind = (uint8_t)draft_kind(draft, shape.outside);
    entry->access = access;
    write_key(entry, draft->key);
    write_value(entry, draft, shape.outside ? block_alloc(shape.block_size) : NULL);
    return entry;
}

/* Where text was received it has less room behind it, and what is pinned must stay as it is. */
static bool can_write_over(const struct entry *old, const struct draft *draft)
{
    if (!same_allocations(draft_shape(draft), entry_shape_of(old))) return false;
    return !has_long_text(old) || long_text_is_plain(entry_block(old));
}

/* Of one that can be written over. */
static char *block_start(const struct entry *entry)
{
    size_t before = has_long_text(entry) ? LONG_TEXT_HEADER - sizeof(uint64_t) : 0;
    return entry_block(entry) - before;
}

static void write_over(struct entry *old, const struct draft *draft)
{
    bool outside = old->kind & ENTRY_OUTSIDE;
    char *block = outside ? block_start(old) : NULL;
    bool key_stays = (draft->timing & ENTRY_FAR) == (old->kind & ENTRY_FAR);
    old->kind = (uint8_t)draft_kind(draft, outside);
    if (!key_stays) write_key(old, draft->key);
    write_value(old, draft, block);
}

struct entry *entry_make_string(struct entry *old, struct slice key, struct slice text, unsigned timing)
{
    REQUIRE(key.len <= UINT32_MAX);
    struct draft draft = { .key = key, .text = text, .timing = timing };
    if (text.len <= INTEGER_TEXT_MAX && number_parse_i64(text, &draft.integer))
        draft.encoding = ENTRY_INT;
    else
        draft.encoding = text.len <= EMBSTR_MAX ? ENTRY_EMBSTR : ENTRY_RAW;

    if (old == NULL) return write_new(&draft, 0);
    if (!can_write_over(old, &draft)) return write_new(&draft, old->access);
    write_over(old, &draft);
    return old;
}

struct entry *entry_make_received(struct slice key, const struct entry_received *received, unsigned timing)
{
    struct slice text = received->text;
    size_t before = (size_t)(text.data - received->memory);
    size_t size = text_block_size(text.len);
    if (text.len < ENTRY_LONG_TEXT || before < LONG_TEXT_HEADER || before > UINT16_MAX ||
        block_real_size(received->size) != block_real_size(size))
        return NULL;

    size_t entry_size = at_least_min(size_before_value(key, timing) + sizeof(char *));
    struct entry *entry = block_alloc(entry_size);
    struct draft draft = { .key = key, .text = text, .encoding = ENTRY_RAW, .timing = timing };
    entry->kind = (uint8_t)draft_kind(&draft, true);
    entry->access = 0;
    write_key(entry, key);
    entry->vlen = ENTRY_LONG_TEXT;
    char *place = long_text_init(received->memory, before, text.len);
    memcpy(entry_value(entry), &place, sizeof place);
    return entry;
}

struct entry *entry_make_copy(const struct entry *entry, struct slice key, unsigned timing)
{
    char scratch[NUMBER_I64_MAX];
    struct draft draft = { .key = key, .timing = timing, .encoding = entry_encoding(entry) };
    draft.text = entry_text(entry, scratch);
    if (draft.encoding == ENTRY_INT) entry_integer(entry, &draft.integer);
    return write_new(&draft, entry->access);
}

struct entry *entry_make_moved(struct entry *entry, struct slice key, unsigned timing)
{
    if (!has_long_text(entry)) return entry_make_copy(entry, key, timing);
    struct draft draft = { .key = key, .timing = timing, .encoding = ENTRY_RAW };
    struct entry *moved = block_alloc(at_least_min(size_before_value(key, timing) + sizeof(char *)));
    moved->kind = (uint8_t)draft_kind(&draft, true);
    moved->access = entry->access;
    write_key(moved, key);
    moved->vlen = ENTRY_LONG_TEXT;
    const char *block = entry_block(entry);
    memcpy(entry_value(moved), &block, sizeof block);
    /* The pointer's own bytes are its text now, so that its allocation is as large as it was. */
    entry->kind &= (uint8_t)~ENTRY_OUTSIDE;
    entry->vlen = sizeof(char *);
    return moved;
}

static void set_raw(struct entry *entry)
{
    entry->kind = (uint8_t)((entry->kind & ~ENTRY_ENCODING_MASK) | ENTRY_RAW << ENTRY_ENCODING_SHIFT);
}

static void free_text(struct entry *entry)
{
    if (has_long_text(entry))
        long_text_drop(entry_block(entry));
    else
        block_free(entry_block(entry), entry->vlen);
}

/* Into another block, what the old and the new length have in common. */
static void replace_block(struct entry *entry, size_t old_len, size_t len)
{
    bool was_long = has_long_text(entry);
    char *old_block = entry_block(entry);
    const char *old_text = entry_text_edit(entry);
    char *text = set_block(entry, block_alloc(text_block_size(len)), len);
    memcpy(text, old_text, old_len < len ? old_len : len);
    if (was_long)
        long_text_drop(old_block);
    else
        block_free(old_block, old_len);
}

static void resize_block(struct entry *entry, size_t old_len, size_t len)
{
    size_t kept = old_len < len ? old_len : len;
    bool is_long = has_long_text(entry);
    set_raw(entry);
    if (is_long != (len >= ENTRY_LONG_TEXT) || (is_long && !long_text_is_plain(entry_block(entry)))) {
        replace_block(entry, old_len, len);
    } else if (is_long) {
        char *place = long_text_resize(entry_block(entry), len);
        memcpy(entry_value(entry), &place, sizeof place);
    } else {
        set_block(entry, block_resize(entry_block(entry), old_len, len), len);
    }
    memset(entry_text_edit(entry) + kept, 0, len - kept);
}

/* To a new place, or the old one when the sizes are of one class. */
static struct entry *resize_inline(struct entry *entry, size_t len)
{
    char scratch[NUMBER_I64_MAX];
    struct slice old = entry_text(entry, scratch);
    struct slice key = entry_layout_key(entry);
    size_t kept = old.len < len ? old.len : len;
    struct entry_shape shape = text_shape(size_before_value(key, entry->kind), len);
    struct entry *resized = entry;

    if (same_allocations(shape, entry_shape_of(entry))) {
        entry->vlen = (uint16_t)len;
        set_raw(entry);
        memmove(entry_value(entry), old.data, kept);
    } else {
        size_t before = (size_t)(entry_value(entry) - (char *)entry);
        resized = block_alloc(shape.entry_size);
        memcpy(resized, entry, before);
        set_raw(resized);
        resized->vlen = (uint16_t)len;
        if (shape.outside) {
            resized->kind |= ENTRY_OUTSIDE;
            set_block(resized, block_alloc(shape.block_size), len);
        }
        memcpy(entry_text_edit(resized), old.data, kept);
        entry_free(entry);
    }
    memset(entry_text_edit(resized) + kept, 0, len - kept);
    return resized;
}

struct entry *entry_resize_text(struct entry *entry, size_t len)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING);
    /* What has left its key stays apart: only the block is resized from then on. */
    if (!(entry->kind & ENTRY_OUTSIDE)) return resize_inline(entry, len);
    resize_block(entry, entry_text_len(entry), len);
    return entry;
}

struct entry *entry_set_timing(struct entry *entry, unsigned timing)
{
    bool had = entry->kind & ENTRY_FAR, far = timing & ENTRY_FAR;
    unsigned kind = (entry->kind & ~(unsigned)(ENTRY_TTL | ENTRY_FAR)) | timing;
    if (had == far) {
        entry->kind = (uint8_t)kind;
        return entry;
    }

    size_t old_size = entry_shape_of(entry).entry_size;
    size_t from = sizeof *entry + (had ? 8 : 0);
    size_t to = sizeof *entry + (far ? 8 : 0);
    size_t used = (size_t)(entry_value(entry) - (char *)entry);
    if (entry->kind & ENTRY_OUTSIDE)
        used += sizeof(char *);
    else
        used += entry_layout_encoding(entry) == ENTRY_INT ? sizeof(int64_t) : entry->vlen;
    size_t size = at_least_min(used - from + to);

    struct entry *moved = entry;
    if (block_real_size(size) != block_real_size(old_size)) {
        moved = block_alloc(size);
        memcpy(moved, entry, sizeof *entry);
    }
    memmove((char *)moved + to, (char *)entry + from, used - from);
    moved->kind = (uint8_t)kind;
    if (moved != entry) block_free(entry, old_size);
    return moved;
}

void entry_free(struct entry *entry)
{
    REQUIRE(entry_type(entry) == ENTRY_STRING || entry_type(entry) == ENTRY_ABSENT);
    struct entry_shape shape = entry_shape_of(entry);
    if (shape.outside) free_text(entry);
    block_free(entry, shape.entry_size);
}
