#include "storage/types/blocks/packed.h"

#include "proto/base/bytes.h"
#include "proto/base/contract.h"
#include "storage/types/blocks/packed_find.h"

/* Where the parts of a block are; those of an old one are not written to. */
struct layout {
    const char *block;
    char *tags; /* NULL: none */
    char *lengths;
    char *records;
    size_t count;
    unsigned width; /* logarithm */
};

static const char empty_blocks[][PACKED_HEAD] = { { 0, 0, 0, 0 }, { 0, 0, PACKED_TAGGED, 0 } };

const char *packed_empty(unsigned form)
{
    return empty_blocks[(form & PACKED_TAGGED) != 0]; /* whatever its width */
}

/* Tags and lengths of larger blocks have room to spare, so that an insert mostly moves only what is behind
 * it.
 */
static size_t room_of(size_t count)
{
    return count < 64 ? count : (count + 15) & ~(size_t)15;
}

static size_t head_of(unsigned form, size_t count)
{
    size_t beside = (form & PACKED_TAGGED ? 1 : 0) + ((size_t)1 << (form & PACKED_WIDTH));
    return PACKED_HEAD + room_of(count) * beside;
}

static struct layout layout_of(const char *block, unsigned form, size_t count)
{
    char *at = (char *)(uintptr_t)block + PACKED_HEAD;
    size_t room = room_of(count);
    struct layout layout = { .block = block, .count = count, .width = form & PACKED_WIDTH };
    if (form & PACKED_TAGGED) {
        layout.tags = at;
        at += room;
    }
    layout.lengths = at;
    layout.records = at + (room << layout.width);
    return layout;
}

static struct layout layout_in(const char *block)
{
    return layout_of(block, packed_form(block), packed_count(block));
}

static size_t longest_in(unsigned width)
{
    return ((size_t)1 << ((8u << width) - 1)) - 1;
}

static unsigned width_for(size_t len)
{
    return len <= longest_in(0) ? 0 : len <= longest_in(1) ? 1 : 2;
}

static void put_length(char *lengths, unsigned width, size_t index, uint32_t length)
{
    char *at = lengths + (index << width);
    if (width == 0) {
        *at = (char)((length & 0x7f) | length >> 24);
    } else if (width == 1) {
        uint16_t pair = (uint16_t)((length & 0x7fff) | length >> 16);
        memcpy(at, &pair, sizeof pair);
    } else {
        memcpy(at, &length, sizeof length);
    }
}

static size_t bytes_of(uint32_t length)
{
    return length & PACKED_RECORD_MAX;
}

static size_t sum(const struct layout *layout, size_t index, size_t count)
{
    const char *lengths = layout->lengths + (index << layout->width);
    if (__builtin_expect(layout->width == 0, 1)) return packed_sum_bytes(lengths, count);
    if (layout->width == 1) return packed_sum_pairs(lengths, count);
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += bytes_of(packed_length(lengths, 2, i));
    return bytes;
}

/* Whether the width is needed by some of them; the narrowest one is. */
static unsigned width_of_range(const struct layout *layout, size_t index, size_t count)
{
    unsigned width = 0;
    for (size_t i = index; i < index + count && width < layout->width; i++) {
        unsigned needed = width_for(bytes_of(packed_length(layout->lengths, layout->width, i)));
        if (needed > width) width = needed;
    }
    return width;
}

size_t packed_size(const char *block)
{
    struct layout layout = layout_in(block);
    return (size_t)(layout.records - block) + sum(&layout, 0, layout.count);
}

static struct packed_record record_at(const struct layout *layout, const char *at, size_t index)
{
    uint32_t length = packed_length(layout->lengths, layout->width, index);
    return (struct packed_record){ slice_of(at, bytes_of(length)), length >> 31 };
}

struct packed_record packed_at(const char *block, size_t index)
{
    struct layout layout = layout_in(block);
    return record_at(&layout, layout.records + sum(&layout, 0, index), index);
}

uint8_t packed_tag(const char *block, size_t index)
{
    return (uint8_t)block[PACKED_HEAD + index];
}

size_t packed_find(const char *block, uint8_t tag, size_t from)
{
    return packed_find_byte(block + PACKED_HEAD, packed_count(block), tag, from);
}

bool packed_find_record(const char *block, uint8_t tag, size_t *index, struct packed_record *record)
{
    struct layout layout = layout_in(block);
    *index = packed_find_byte(layout.tags, layout.count, tag, *index);
    if (*index == layout.count) return false;
    *record = record_at(&layout, layout.records + sum(&layout, 0, *index), *index);
    return true;
}

struct packed_walk packed_walk(const char *block, size_t index)
{
    struct layout layout = layout_in(block);
    return (struct packed_walk){ .at = layout.records + sum(&layout, 0, index),
                                 .lengths = layout.lengths,
                                 .index = (uint32_t)index,
                                 .count = (uint32_t)layout.count,
                                 .width = layout.width };
}

struct packed_record packed_ahead(const struct packed_walk *walk, size_t index)
{
    struct layout layout = { .lengths = (char *)(uintptr_t)walk->lengths, .width = walk->width };
    return record_at(&layout, walk->at + sum(&layout, walk->index, index - walk->index), index);
}

static size_t bytes_of_new(const struct packed_new *record)
{
    return record->parts[0].len + record->parts[1].len + record->parts[2].len;
}

static unsigned width_after(const struct layout *layout, const struct packed_edit *edit)
{
    unsigned needed = edit->record != NULL ? width_for(edit->come) : 0;
    if (needed >= layout->width) return needed;
    /* Narrower, if what goes was all that needed the width. */
    if (edit->removed == 0 || width_of_range(layout, edit->index, edit->removed) < layout->width)
        return layout->width;
    size_t behind = edit->index + edit->removed;
    unsigned before = width_of_range(layout, 0, edit->index);
    unsigned after = width_of_range(layout, behind, layout->count - behind);
    unsigned kept = before > after ? before : after;
    return kept > needed ? kept : needed;
}

/* The rest of an edit that knows what goes where. Inlined, or it would be copied back and forth. */
static inline __attribute__((always_inline)) void plan_with(const struct layout *layout,
                                                            struct packed_edit *edit)
{
    REQUIRE(edit->index + edit->removed <= layout->count);
    size_t behind = edit->index + edit->removed, after = 0;
    if (behind < layout->count) after = sum(layout, behind, layout->count - behind);
    edit->old_size = (size_t)(layout->records - layout->block) + edit->before + edit->gone + after;

    if (edit->record != NULL) edit->come = bytes_of_new(edit->record);
    REQUIRE(edit->come <= PACKED_RECORD_MAX);
    size_t count = layout->count - edit->removed + (edit->record != NULL);
    REQUIRE(count <= PACKED_RECORDS_MAX);
    edit->form = (packed_form(layout->block) & ~(unsigned)PACKED_WIDTH) | width_after(layout, edit);
    edit->size = head_of(edit->form, count) + edit->before + edit->come + after;
}

static struct packed_edit plan(const char *block, size_t index, size_t removed,
                               const struct packed_new *record)
{
    struct layout layout = layout_in(block);
    struct packed_edit edit = { .index = index, .removed = removed, .record = record };
    edit.before = sum(&layout, 0, index);
    if (removed > 0) edit.gone = sum(&layout, index, removed);
    plan_with(&layout, &edit);
    return edit;
}

struct packed_edit packed_insert(const char *block, size_t index, const struct packed_new *record)
{
    return plan(block, index, 0, record);
}

struct packed_edit packed_push(const char *block, size_t size, bool in_front, const struct packed_new *record)
{
    struct layout layout = layout_in(block);
    size_t count = layout.count, bytes = size - (size_t)(layout.records - block);
    struct packed_edit edit = { .old_size = size, .record = record, .come = bytes_of_new(record) };
    edit.index = in_front ? 0 : count;
    edit.before = in_front ? 0 : bytes;
    REQUIRE(edit.come <= PACKED_RECORD_MAX && count < PACKED_RECORDS_MAX);
    edit.form = (packed_form(block) & ~(unsigned)PACKED_WIDTH) | width_after(&layout, &edit);
    edit.size = head_of(edit.form, count + 1) + bytes + edit.come;
    return edit;
}

struct packed_edit packed_replace(const char *block, size_t index, const struct packed_new *record)
{
    return plan(block, index, 1, record);
}

struct packed_edit packed_remove(const char *block, size_t index, size_t count)
{
    return plan(block, index, count, NULL);
}

struct packed_edit packed_remove_record(const char *block, size_t index, const struct packed_record *record)
{
    struct layout layout = layout_in(block);
    struct packed_edit edit = { .index = index,
                                .removed = 1,
                                .before = (size_t)(record->bytes.data - layout.records),
                                .gone = record->bytes.len };
    plan_with(&layout, &edit);
    return edit;
}

static void put_head(char *block, size_t count, unsigned form, unsigned name)
{
    uint16_t stored = (uint16_t)count;
    memcpy(block, &stored, sizeof stored);
    block[2] = (char)form;
    block[3] = (char)name;
}

static void put_record(const struct layout *to, char *at, size_t index, const struct packed_new *record)
{
    size_t len = bytes_of_new(record);
    if (to->tags != NULL) to->tags[index] = (char)record->tag;
    put_length(to->lengths, to->width, index, (uint32_t)len | (uint32_t)record->mark << 31);
    for (const struct slice *part = record->parts; len > 0; part++) {
        bytes_copy(at, part->data, part->len);
        at += part->len;
        len -= part->len;
    }
}

/* Bytes to where they may overlap with themselves; many stay where they are. */
static void move(char *to, const char *from, size_t len)
{
    if (to != from && len > 0) memmove(to, from, len);
}

/* Upwards if to a higher address. */
static void move_lengths(const struct layout *to, size_t to_index, const struct layout *from, size_t index,
                         size_t count)
{
    if (to->width == from->width) {
        move(to->lengths + (to_index << to->width), from->lengths + (index << from->width),
             count << to->width);
        return;
    }
    bool up = to->width > from->width;
    for (size_t i = 0; i < count; i++) {
        size_t at = up ? count - 1 - i : i;
        put_length(to->lengths, to->width, to_index + at,
                   packed_length(from->lengths, from->width, index + at));
    }
}

/* A run of records: from which indexes to which, and the same of their bytes. */
struct run {
    size_t index, to_index, count;
    size_t at, to_at, bytes;
};

static void move_tags(const struct layout *to, const struct layout *from, const struct run *run)
{
    if (to->tags != NULL) move(to->tags + run->to_index, from->tags + run->index, run->count);
}

static void move_records(const struct layout *to, const struct layout *from, const struct run *run)
{
    move(to->records + run->to_at, from->records + run->at, run->bytes);
}

/* What stays, in one direction, since an insert only widens and a removal only narrows: what is furthest goes
 * first. Between different blocks any order does. */
static void move_runs(const struct packed_edit *edit, const struct layout *to, const struct layout *from)
{
    size_t behind = edit->index + edit->removed, come = edit->record != NULL;
    size_t kept = edit->old_size - (size_t)(from->records - from->block) - edit->before - edit->gone;
    struct run low = { .count = edit->index, .bytes = edit->before };
    struct run high = { .index = behind,
                        .to_index = edit->index + come,
                        .count = from->count - behind,
                        .at = edit->before + edit->gone,
                        .to_at = edit->before + edit->come,
                        .bytes = kept };
    bool up =
        to->width != from->width ? to->width > from->width : come > edit->removed || edit->come > edit->gone;
    if (up) {
        move_records(to, from, &high);
        move_records(to, from, &low);
        move_lengths(to, high.to_index, from, high.index, high.count);
        move_lengths(to, 0, from, 0, low.count);
        move_tags(to, from, &high);
        move_tags(to, from, &low);
    } else {
        move_tags(to, from, &low);
        move_tags(to, from, &high);
        move_lengths(to, 0, from, 0, low.count);
        move_lengths(to, high.to_index, from, high.index, high.count);
        move_records(to, from, &low);
        move_records(to, from, &high);
    }
}

/* Tags and lengths have no room to spare before and after, and no length becomes wider or narrower. */
static inline bool is_tight(const struct packed_edit *edit, unsigned form, size_t from_count, size_t to_count)
{
    return edit->form == form && room_of(from_count) == from_count && room_of(to_count) == to_count;
}

static inline void move_piece(char *to, const char *from, size_t len)
{
    if (to != from) bytes_move(to, from, len);
}

/* Then what moves are three pieces: the tags behind the edit with the lengths before it, the lengths behind
 * it with the records before it, and the records behind it. The tags before it stay where they are, in the
 * same block. Always inline: with its struct in memory it took twice as long. */
static inline __attribute__((always_inline)) void move_tight(const struct packed_edit *edit,
                                                             const struct layout *to,
                                                             const struct layout *from)
{
    size_t index = edit->index, come = to->count - (from->count - edit->removed);
    size_t behind = from->count - index - edit->removed;
    unsigned width = from->width;
    size_t kept = edit->old_size - (size_t)(from->records - from->block) - edit->before - edit->gone;
    size_t tags = from->tags != NULL ? behind : 0;
    size_t first = tags + (index << width), second = (behind << width) + edit->before;
    char *to_first = to->lengths - tags, *to_second = to->lengths + ((index + come) << width);
    const char *from_first = from->lengths - tags;
    const char *from_second = from->lengths + ((index + edit->removed) << width);
    char *to_third = to->records + edit->before + edit->come;
    const char *from_third = from->records + edit->before + edit->gone;
    if (come > edit->removed || edit->come > edit->gone) {
        move_piece(to_third, from_third, kept);
        move_piece(to_second, from_second, second);
        move_piece(to_first, from_first, first);
        if (from->tags != NULL) move_piece(to->tags, from->tags, index);
    } else {
        if (from->tags != NULL) move_piece(to->tags, from->tags, index);
        move_piece(to_first, from_first, first);
        move_piece(to_second, from_second, second);
        move_piece(to_third, from_third, kept);
    }
}

void packed_apply(const struct packed_edit *edit, char *to, const char *from)
{
    struct layout old = layout_in(from);
    size_t count = old.count - edit->removed + (edit->record != NULL);
    struct layout new = layout_of(to, edit->form, count);
    unsigned name = packed_name(from);
    if (__builtin_expect(is_tight(edit, packed_form(from), old.count, count), 1))
        move_tight(edit, &new, &old);
    else
        move_runs(edit, &new, &old);
    if (edit->record != NULL) put_record(&new, new.records + edit->before, edit->index, edit->record);
    put_head(to, count, edit->form, name);
}

bool packed_overwrite(char *block, size_t index, const struct packed_record *old,
                      const struct packed_new *record)
{
    if (bytes_of_new(record) != old->bytes.len) return false;
    struct layout layout = layout_in(block);
    put_record(&layout, (char *)(uintptr_t)old->bytes.data, index, record);
    return true;
}

/* A run to its place in another block. The end of what was written. */
static char *copy_run(const struct layout *to, size_t to_index, char *to_at, const struct layout *from,
                      size_t index, size_t count)
{
    struct run run = { .index = index, .to_index = to_index, .count = count };
    run.at = sum(from, 0, index);
    run.to_at = (size_t)(to_at - to->records);
    run.bytes = sum(from, index, count);
    move_records(to, from, &run);
    move_lengths(to, to_index, from, index, count);
    move_tags(to, from, &run);
    return to_at + run.bytes;
}

static unsigned with_width(const char *block, unsigned width)
{
    return (packed_form(block) & ~(unsigned)PACKED_WIDTH) | width;
}

/* The head of a new block, and where its parts are. */
static struct layout begin(char *to, const char *block, unsigned width, size_t count)
{
    unsigned form = with_width(block, width);
    put_head(to, count, form, packed_name(block));
    return layout_of(to, form, count);
}

size_t packed_range_size(const char *block, size_t index, size_t count)
{
    struct layout layout = layout_in(block);
    REQUIRE(index + count <= layout.count);
    unsigned width = width_of_range(&layout, index, count);
    return head_of(with_width(block, width), count) + sum(&layout, index, count);
}

void packed_range(char *to, const char *block, size_t index, size_t count)
{
    struct layout from = layout_in(block);
    struct layout layout = begin(to, block, width_of_range(&from, index, count), count);
    copy_run(&layout, 0, layout.records, &from, index, count);
}

size_t packed_middle(const char *block)
{
    size_t half = packed_size(block) / 2, bytes = 0, count = packed_count(block);
    struct packed_record record;
    struct packed_walk walk = packed_walk(block, 0);
    while (packed_next(&walk, &record)) {
        if (bytes + record.bytes.len / 2 >= half) break;
        bytes += record.bytes.len;
    }
    size_t middle = walk.index - 1;
    return middle == 0 ? 1 : middle < count ? middle : count - 1;
}

static unsigned width_of_picked(const struct layout *layout, const uint16_t *indexes, size_t count)
{
    unsigned width = 0;
    for (size_t i = 0; i < count && width < layout->width; i++) {
        unsigned needed = width_of_range(layout, indexes[i], 1);
        if (needed > width) width = needed;
    }
    return width;
}

size_t packed_pick_size(const char *block, const uint16_t *indexes, size_t count)
{
    struct layout layout = layout_in(block);
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += bytes_of(packed_length(layout.lengths, layout.width, indexes[i]));
    return head_of(with_width(block, width_of_picked(&layout, indexes, count)), count) + bytes;
}

void packed_pick(char *to, const char *block, const uint16_t *indexes, size_t count)
{
    struct layout from = layout_in(block);
    struct layout layout = begin(to, block, width_of_picked(&from, indexes, count), count);
    char *to_at = layout.records;
    const char *at = from.records;
    size_t next = 0;
    for (size_t i = 0; i < count; i++) {
        at += sum(&from, next, indexes[i] - next);
        next = indexes[i];
        uint32_t length = packed_length(from.lengths, from.width, next);
        if (layout.tags != NULL) layout.tags[i] = from.tags[next];
        put_length(layout.lengths, layout.width, i, length);
        memcpy(to_at, at, bytes_of(length));
        to_at += bytes_of(length);
    }
}

static unsigned wider(const struct layout *a, const struct layout *b)
{
    return a->width > b->width ? a->width : b->width;
}

size_t packed_join_size(const char *a, const char *b)
{
    struct layout low = layout_in(a), high = layout_in(b);
    size_t bytes = sum(&low, 0, low.count) + sum(&high, 0, high.count);
    return head_of(with_width(a, wider(&low, &high)), low.count + high.count) + bytes;
}

void packed_join(char *to, const char *a, const char *b)
{
    struct layout low = layout_in(a), high = layout_in(b);
    REQUIRE(low.count + high.count <= PACKED_RECORDS_MAX);
    REQUIRE((low.tags == NULL) == (high.tags == NULL));
    struct layout layout = begin(to, a, wider(&low, &high), low.count + high.count);
    char *end = copy_run(&layout, 0, layout.records, &low, 0, low.count);
    copy_run(&layout, low.count, end, &high, 0, high.count);
}

static unsigned width_of_pieces(const struct packed_piece *pieces, size_t count)
{
    size_t longest = 0;
    for (size_t i = 0; i < count; i++)
        if (longest < bytes_of(pieces[i].length)) longest = bytes_of(pieces[i].length);
    return width_for(longest);
}

size_t packed_size_for(unsigned form, size_t count, size_t bytes, size_t longest)
{
    return head_of(form | width_for(longest), count) + bytes;
}

size_t packed_pieces_size(const struct packed_piece *pieces, size_t count, unsigned form)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++) bytes += bytes_of(pieces[i].length);
    return head_of(form | width_of_pieces(pieces, count), count) + bytes;
}

void packed_of_pieces(char *to, const struct packed_piece *pieces, size_t count, unsigned form)
{
    REQUIRE(count <= PACKED_RECORDS_MAX);
    form |= width_of_pieces(pieces, count);
    put_head(to, count, form, 0);
    struct layout layout = layout_of(to, form, count);
    char *at = layout.records;
    for (size_t i = 0; i < count; i++) {
        if (layout.tags != NULL) layout.tags[i] = (char)pieces[i].tag;
        put_length(layout.lengths, layout.width, i, pieces[i].length);
        bytes_copy(at, pieces[i].bytes, bytes_of(pieces[i].length));
        at += bytes_of(pieces[i].length);
    }
}

void packed_check(const char *block, size_t len)
{
    INVARIANT(len >= PACKED_HEAD);
    unsigned form = packed_form(block);
    INVARIANT((form & PACKED_WIDTH) <= 2 && (form & ~(unsigned)(PACKED_WIDTH | PACKED_TAGGED)) == 0);
    INVARIANT(len >= head_of(form, packed_count(block)));
    struct layout layout = layout_in(block);
    INVARIANT(width_of_range(&layout, 0, layout.count) == layout.width);
    INVARIANT(packed_size(block) == len);
}
