#include "storage/entry/entry_making.h"

#include <string.h>

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "storage/entry/long_text.h"
#include "storage/memory/block.h"
#include "storage/types/blocks/value.h"

#define INTEGER_TEXT_MAX 20 /* characters that any int64 fits in */
#define EMBSTR_MAX       44 /* where Redis draws the line that OBJECT ENCODING shows */

/* A value on its way into an entry. */
struct draft {
    struct slice key;
    struct slice text; /* of a string, or the packed block of a collection */
    union {
        int64_t integer; /* for ENTRY_INT */
        void *root;      /* for ENTRY_ROOTED */
    };
    enum entry_type type;
    enum entry_encoding encoding;
    enum entry_timing timing;
};

static size_t at_least_min(size_t size)
{
    return size < ENTRY_SIZE_MIN ? ENTRY_SIZE_MIN : size;
}

static unsigned klen_of(struct slice key)
{
    return key.len < ENTRY_LONG_KEY ? (unsigned)key.len : ENTRY_LONG_KEY;
}

/* The shape of its extras. */
static inline uint32_t timing_extras(enum entry_timing timing)
{
    return (uint32_t)timing >> TIMING_EXTRAS_SHIFT;
}

static size_t key_offset(enum entry_timing timing, unsigned klen)
{
    size_t extras = __builtin_expect(timing & ENTRY_EXTRA, 0) ? extras_size(timing_extras(timing)) : 0;
    return sizeof(struct entry) + extras + (klen == ENTRY_LONG_KEY ? 4 : 0);
}

enum entry_timing entry_timing_of(const struct entry *entry)
{
    uint32_t shape = entry_extras(entry) & EXTRA_SHAPE;
    return (enum entry_timing)((entry->kind & TIMING_KIND) | shape << TIMING_EXTRAS_SHIFT);
}

static void write_extras(struct entry *entry, enum entry_timing timing)
{
    uint32_t extras = timing_extras(timing);
    if (extras != 0) memcpy(entry->bytes, &extras, sizeof extras);
}

static unsigned with_timing(const struct entry *entry, enum entry_timing timing)
{
    return (entry->kind & ~(unsigned)TIMING_KIND) | (timing & TIMING_KIND);
}

static size_t size_before_value(struct slice key, enum entry_timing timing)
{
    return key_offset(timing, klen_of(key)) + key.len;
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
    if (entry_is_word(draft->encoding))
        return (struct entry_shape){ .entry_size = at_least_min(before + sizeof(int64_t)) };
    return text_shape(before, draft->text.len);
}

static inline __attribute__((always_inline)) size_t outside_len(const struct entry *entry)
{
    return entry->vlen != ENTRY_LONG_TEXT ? entry->vlen : long_text(entry_block(entry)).len;
}

struct entry_shape entry_shape_of(const struct entry *entry)
{
    size_t before = (size_t)(entry_value(entry) - (const char *)entry);
    if (entry->kind & ENTRY_OUTSIDE) {
        size_t len = outside_len(entry);
        return (struct entry_shape){ at_least_min(before + sizeof(char *)), text_block_size(len), true };
    }
    size_t value = entry_is_word(entry_layout_encoding(entry)) ? sizeof(int64_t) : entry->vlen;
    return (struct entry_shape){ .entry_size = at_least_min(before + value) };
}

size_t entry_shape_bytes(struct entry_shape shape)
{
    return block_real_size(shape.entry_size) + (shape.outside ? block_real_size(shape.block_size) : 0);
}

static inline __attribute__((always_inline)) bool same_allocations(struct entry_shape a, struct entry_shape b)
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
static inline __attribute__((always_inline)) void write_value(struct entry *entry, const struct draft *draft,
                                                              char *block)
{
    char *value = entry_value(entry);
    struct slice text = draft->text;
    entry->vlen = 0;
    if (entry_is_word(draft->encoding)) {
        memcpy(value, &draft->integer, sizeof draft->integer);
        return;
    }
    entry->vlen = text.len < ENTRY_LONG_TEXT ? (uint16_t)text.len : ENTRY_LONG_TEXT;
    if (block != NULL) value = set_block(entry, block, text.len);
    if (text.len > 0) memcpy(value, text.data, text.len);
}

/* And the extras before it. The key moves before anything else is written: it may be read from the entry
 * itself, a little off. */
static inline __attribute__((always_inline)) void write_key(struct entry *entry, struct slice key,
                                                            enum entry_timing timing)
{
    entry->klen = (uint8_t)klen_of(key);
    char *place = (char *)entry + key_offset(timing, entry->klen);
    if (key.len > 0) memmove(place, key.data, key.len);
    if (entry->klen == ENTRY_LONG_KEY) {
        uint32_t len = (uint32_t)key.len;
        memcpy(place - sizeof len, &len, sizeof len);
    }
    write_extras(entry, timing);
}

static unsigned draft_kind(const struct draft *draft, bool outside)
{
    return (unsigned)draft->type | (unsigned)draft->encoding << ENTRY_ENCODING_SHIFT |
           (draft->timing & TIMING_KIND) | (outside ? ENTRY_OUTSIDE : 0);
}

static struct entry *write_new(const struct draft *draft, uint32_t access)
{
    struct entry_shape shape = draft_shape(draft);
    struct entry *entry = block_alloc(shape.entry_size);
    entry->kind = (uint8_t)draft_kind(draft, shape.outside);
    entry->access = access;
    write_key(entry, draft->key, draft->timing);
    write_value(entry, draft, shape.outside ? block_alloc(shape.block_size) : NULL);
    return entry;
}

/* Where text was received it has less room behind it, and what is pinned must stay as it is. */
static bool can_write_over(const struct entry *old, const struct draft *draft)
{
    if (entry_is_rooted(old) || !same_allocations(draft_shape(draft), entry_shape_of(old))) return false;
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
    bool key_stays = timing_extras(draft->timing) == (entry_extras(old) & EXTRA_SHAPE);
    old->kind = (uint8_t)draft_kind(draft, outside);
    if (!key_stays) write_key(old, draft->key, draft->timing);
    write_value(old, draft, block);
}

struct entry *entry_make_string(struct entry *old, struct slice key, struct slice text,
                                enum entry_timing timing)
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

struct entry *entry_make_received(struct slice key, const struct entry_received *received,
                                  enum entry_timing timing)
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
    write_key(entry, key, timing);
    entry->vlen = ENTRY_LONG_TEXT;
    char *place = long_text_init(received->memory, before, text.len);
    memcpy(entry_value(entry), &place, sizeof place);
    return entry;
}

struct entry *entry_make_packed(struct slice key, enum entry_type type, struct slice packed,
                                enum entry_timing timing)
{
    struct draft draft = {
        .key = key, .text = packed, .type = type, .encoding = ENTRY_RAW, .timing = timing
    };
    return write_new(&draft, 0);
}

struct entry *entry_make_rooted(struct slice key, enum entry_type type, void *root, enum entry_timing timing)
{
    struct draft draft = {
        .key = key, .root = root, .type = type, .encoding = ENTRY_ROOTED, .timing = timing
    };
    return write_new(&draft, 0);
}

/* All but key, timing and what a root owns. */
static struct draft draft_of(const struct entry *entry)
{
    struct draft draft = { .type = entry_type(entry), .encoding = entry_encoding(entry) };
    if (draft.encoding == ENTRY_INT)
        entry_integer(entry, &draft.integer);
    else if (draft.encoding == ENTRY_ROOTED)
        draft.root = entry_root(entry);
    else
        draft.text = draft.type == ENTRY_STRING ? entry_text(entry, NULL) : entry_packed(entry);
    return draft;
}

struct entry *entry_make_copy(const struct entry *entry, struct slice key, enum entry_timing timing)
{
    struct draft draft = draft_of(entry);
    draft.key = key;
    draft.timing = timing;
    if (draft.encoding == ENTRY_ROOTED) draft.root = entry_value_type(entry)->copy(draft.root);
    return write_new(&draft, entry->access);
}

/* The bytes of its pointer are its text now, so that its allocation is as large as it was. */
static void disown(struct entry *entry)
{
    entry->kind =
        (uint8_t)(ENTRY_STRING | ENTRY_EMBSTR << ENTRY_ENCODING_SHIFT | (entry->kind & TIMING_KIND));
    entry->vlen = sizeof(char *);
}

struct entry *entry_make_moved(struct entry *entry, struct slice key, enum entry_timing timing)
{
    if (!has_long_text(entry) && !entry_is_rooted(entry)) return entry_make_copy(entry, key, timing);
    struct entry *moved = block_alloc(at_least_min(size_before_value(key, timing) + sizeof(char *)));
    moved->kind = (uint8_t)with_timing(entry, timing);
    moved->access = entry->access;
    moved->vlen = entry->vlen;
    write_key(moved, key, timing);
    const char *pointer = entry_block(entry);
    memcpy(entry_value(moved), &pointer, sizeof pointer);
    disown(entry);
    return moved;
}

struct entry *entry_root_packed(struct entry *entry, void *root)
{
    struct slice key = entry_layout_key(entry);
    enum entry_timing timing = entry_timing_of(entry);
    struct entry *rooted = entry_make_rooted(key, entry_type(entry), root, timing);
    rooted->access = entry->access;
    if (entry_is_far(entry)) entry_set_far_deadline(rooted, entry_far_deadline_ms(entry));
    entry_free(entry);
    return rooted;
}

/* Of what is kept as bytes. */
static char *text_start(const struct entry *entry)
{
    if (!(entry->kind & ENTRY_OUTSIDE)) return entry_value(entry);
    char *block = entry_block(entry);
    return entry->vlen != ENTRY_LONG_TEXT ? block : (char *)(uintptr_t)long_text(block).data;
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
    const char *old_text = text_start(entry);
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
    memset(text_start(entry) + kept, 0, len - kept);
}

/* To a new place, or the old one when the sizes are of one class. */
static struct entry *resize_inline(struct entry *entry, size_t len)
{
    char scratch[NUMBER_I64_MAX];
    bool is_string = entry_type(entry) == ENTRY_STRING;
    struct slice old = is_string ? entry_text(entry, scratch) : entry_packed(entry);
    struct slice key = entry_layout_key(entry);
    size_t kept = old.len < len ? old.len : len;
    struct entry_shape shape = text_shape(size_before_value(key, entry_timing_of(entry)), len);
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
        memcpy(text_start(resized), old.data, kept);
        entry_free(entry);
    }
    memset(text_start(resized) + kept, 0, len - kept);
    return resized;
}

struct entry *entry_resize_text(struct entry *entry, size_t len)
{
    REQUIRE(!entry_is_rooted(entry));
    /* What has left its key stays apart: only the block is resized from then on. */
    if (!(entry->kind & ENTRY_OUTSIDE)) return resize_inline(entry, len);
    resize_block(entry, outside_len(entry), len);
    return entry;
}

struct entry *entry_set_timing(struct entry *entry, enum entry_timing timing)
{
    uint32_t had = entry_extras(entry) & EXTRA_SHAPE, extras = timing_extras(timing);
    unsigned kind = with_timing(entry, timing);
    if (had == extras) {
        entry->kind = (uint8_t)kind;
        return entry;
    }

    REQUIRE(!((had | extras) & EXTRA_DRESS));
    size_t old_size = entry_shape_of(entry).entry_size;
    int64_t deadline_ms = had & extras & EXTRA_DEADLINE ? entry_far_deadline_ms(entry) : 0;
    size_t from = sizeof *entry + extras_size(had);
    size_t to = sizeof *entry + extras_size(extras);
    size_t used = (size_t)(entry_value(entry) - (char *)entry);
    if (entry->kind & ENTRY_OUTSIDE)
        used += sizeof(char *);
    else
        used += entry_is_word(entry_layout_encoding(entry)) ? sizeof(int64_t) : entry->vlen;
    size_t size = at_least_min(used - from + to);

    struct entry *moved = entry;
    if (block_real_size(size) != block_real_size(old_size)) {
        moved = block_alloc(size);
        memcpy(moved, entry, sizeof *entry);
    }
    memmove((char *)moved + to, (char *)entry + from, used - from);
    moved->kind = (uint8_t)kind;
    write_extras(moved, timing);
    if (had & extras & EXTRA_DEADLINE) entry_set_far_deadline(moved, deadline_ms);
    if (moved != entry) block_free(entry, old_size);
    return moved;
}

bool entry_drain(struct entry *entry, size_t blocks)
{
    if (entry_is_rooted(entry) && entry_value_type(entry)->drain(entry_root(entry), blocks)) return true;
    struct entry_shape shape = entry_shape_of(entry);
    if (shape.outside) free_text(entry);
    block_free(entry, shape.entry_size);
    return false;
}

void entry_free(struct entry *entry)
{
    while (entry_drain(entry, SIZE_MAX)) {}
}
