#include "storage/types/list.h"

#include "proto/base/contract.h"
#include "storage/memory/block.h"
#include "storage/memory/fetch.h"
#include "storage/types/blocks/list_encoding.h"
#include "storage/types/blocks/record.h"
#include "storage/types/blocks/small.h"
#include "storage/types/large/list_root.h"

#define PLAIN     0    /* the form of a list's blocks: no tags */
#define SMALL_MAX 2048 /* bytes of a block that are still small */

static const char *block_of(const struct value *list)
{
    return small_block(list, PLAIN);
}

static size_t len(const struct value *list)
{
    return list->root != NULL ? list_root_len(list->root) : packed_count(block_of(list));
}

/* Of a small one the head of the block says it. */
static bool is_quicklist(const struct value *list)
{
    if (list->root != NULL) return ((const struct list_root *)list->root)->is_quicklist;
    return packed_name(block_of(list));
}

static void set_quicklist(struct value *list, bool is_quicklist)
{
    if (list->root != NULL)
        ((struct list_root *)list->root)->is_quicklist = is_quicklist;
    else
        small_set_name(list, PLAIN, is_quicklist);
}

static const char *encoding(const struct value *list)
{
    return is_quicklist(list) ? "quicklist" : "listpack";
}

static size_t listpack_bytes(const struct value *list)
{
    if (list->root != NULL) return ((const struct list_root *)list->root)->listpack_bytes;
    return LISTPACK_EMPTY_BYTES + list_entries_bytes(block_of(list));
}

void list_expect(struct value *list, size_t elements, size_t bytes)
{
    if (is_quicklist(list)) return;
    int64_t limit = list->limits->list_size;
    if (!list_may_exceed(limit, list->packed_len + bytes, len(list) + elements) && list->root == NULL) return;
    if (list_exceeds(limit, listpack_bytes(list) + bytes, len(list) + elements)) set_quicklist(list, true);
}

static void rename_shrunk(struct value *list)
{
    if (is_quicklist(list) && list_fits_half(list->limits->list_size, listpack_bytes(list), len(list)))
        set_quicklist(list, false);
}

static void make_large(struct value *list)
{
    struct list_root *root = list_root_make(block_of(list));
    root->is_quicklist = is_quicklist(list);
    list->root = root;
}

/* An edit of a small list. False: it has become large instead, and the edit is still to be made. */
static bool apply_small(struct value *list, const struct packed_edit *edit)
{
    if (edit->size > SMALL_MAX) {
        make_large(list);
        return false;
    }
    small_apply(list, edit);
    return true;
}

static struct packed_new record_of(const struct record_form *form)
{
    return (struct packed_new){ .parts = { form->bytes }, .mark = form->mark };
}

void list_insert(struct value *list, size_t index, struct slice element)
{
    struct record_form form;
    record_of_text(&form, element);
    struct packed_new record = record_of(&form);
    if (list->root == NULL) {
        struct packed_edit edit = packed_insert(block_of(list), index, &record);
        if (apply_small(list, &edit)) return;
    }
    list_root_insert(list->root, index, &record);
}

void list_push(struct value *list, enum list_side side, struct slice element)
{
    list_insert(list, side == LIST_HEAD ? 0 : len(list), element);
}

static void replace(struct value *list, size_t index, const struct packed_new *record)
{
    if (list->root == NULL) {
        struct packed_edit edit = packed_replace(block_of(list), index, record);
        if (apply_small(list, &edit)) return;
    }
    list_root_replace(list->root, index, record);
}

void list_set(struct value *list, size_t index, struct slice element)
{
    struct record_form form;
    record_of_text(&form, element);
    struct packed_new record = record_of(&form);
    replace(list, index, &record);
    rename_shrunk(list);
}

void list_remove(struct value *list, size_t index, size_t count)
{
    if (list->root != NULL) {
        list_root_remove(list->root, index, count);
    } else {
        struct packed_edit edit = packed_remove(block_of(list), index, count);
        small_apply(list, &edit);
    }
    rename_shrunk(list);
}

void list_fill_init(struct list_fill *fill, struct value *list)
{
    REQUIRE(len(list) == 0);
    *fill = (struct list_fill){ .list = list };
    draft_init(&fill->draft, PLAIN);
}

/* The first records are those of a small list, as long as they are few. */
static void put_small(struct list_fill *fill)
{
    struct value *list = fill->list;
    list->home->resize(list, draft_size(&fill->draft));
    draft_write(&fill->draft, list->packed);
}

static void put_block(struct list_fill *fill)
{
    struct value *list = fill->list;
    if (list->root == NULL) {
        put_small(fill);
        make_large(list);
    } else {
        size_t size = draft_size(&fill->draft);
        char *block = block_alloc(size);
        draft_write(&fill->draft, block);
        list_root_append(list->root, block, size, fill->listpack_bytes);
    }
    fill->listpack_bytes = 0;
}

static bool is_full_with(const struct list_fill *fill, size_t len)
{
    size_t next = draft_size_with(&fill->draft, len);
    if (fill->list->root == NULL) return next > SMALL_MAX;
    return next > LIST_BLOCK_MAX && list_root_is_full(draft_size(&fill->draft), next);
}

void list_fill_add(struct list_fill *fill, const struct atom *element)
{
    struct record_form form;
    record_of_atom(&form, element);
    size_t len = form.bytes.len;
    if (fill->draft.count > 0 && is_full_with(fill, len)) put_block(fill);
    fill->listpack_bytes +=
        form.mark ? list_integer_bytes(record_get_integer(form.bytes.data, len)) : list_text_bytes(len);
    draft_add_plain(&fill->draft, form.bytes, form.mark);
}

void list_fill_end(struct list_fill *fill)
{
    struct value *list = fill->list;
    bool is_small = list->root == NULL && draft_size(&fill->draft) <= SMALL_MAX;
    if (fill->draft.count > 0) {
        if (is_small)
            put_small(fill);
        else
            put_block(fill);
    }
    draft_clear(&fill->draft);
    list_expect(list, 0, 0);
}

/* The block with the element at `index`, which is less than the length. */
static const char *locate(const struct value *list, size_t index, size_t *within)
{
    if (list->root != NULL) return list_root_at(list->root, index, within);
    *within = index;
    return block_of(list);
}

struct atom list_at(const struct value *list, size_t index)
{
    size_t within;
    const char *block = locate(list, index, &within);
    struct packed_record record = packed_at(block, within);
    return record_atom(record.bytes, record.mark);
}

struct list_walk list_walk(const struct value *list, size_t index, enum list_side towards)
{
    bool shows = index < len(list);
    struct list_walk walk = { .list = list,
                              .towards = towards,
                              .block = packed_walk(packed_empty(PLAIN), 0) };
    walk.index = towards == LIST_TAIL ? index : shows ? index + 1 : len(list);
    return walk;
}

/* Who has been through one block will most likely go through the next but one, too. */
static void prefetch_next_block(struct list_walk *walk)
{
    size_t within, next = walk->towards == LIST_TAIL ? walk->index : walk->index - 1;
    if (walk->goes_on && walk->list->root != NULL && next < len(walk->list))
        fetch_lines(list_root_at(walk->list->root, next, &within), LIST_BLOCK_MAX);
    walk->goes_on = true;
}

/* The walk is at the end of its block. */
static bool enter_next_block(struct list_walk *walk)
{
    size_t within;
    if (walk->towards == LIST_TAIL) {
        if (walk->index >= len(walk->list)) return false;
        const char *block = locate(walk->list, walk->index, &within);
        walk->block = packed_walk(block, within);
        walk->index += packed_count(block) - within;
        prefetch_next_block(walk);
        return true;
    }
    if (walk->index == 0) return false;
    const char *block = locate(walk->list, walk->index - 1, &within);
    walk->block = packed_walk(block, within + 1);
    walk->index -= within + 1;
    prefetch_next_block(walk);
    return true;
}

static bool next_record(struct list_walk *walk, struct packed_record *record)
{
    return walk->towards == LIST_TAIL ? packed_next(&walk->block, record) : packed_back(&walk->block, record);
}

bool list_next(struct list_walk *walk, struct atom *element)
{
    struct packed_record record;
    while (!next_record(walk, &record))
        if (!enter_next_block(walk)) return false;
    *element = record_atom(record.bytes, record.mark);
    return true;
}

static void check(const struct value *list)
{
    if (list->root != NULL)
        list_root_check(list->root);
    else if (list->packed_len > 0)
        packed_check(list->packed, list->packed_len);
}

const struct value_type list_type = {
    .name = "list",
    .len = len,
    .encoding = encoding,
    .bytes = list_root_bytes,
    .drain = list_root_drain,
    .copy = list_root_copy,
    .compact = list_root_compact,
    .prefetch = list_root_prefetch,
    .check = check,
};
