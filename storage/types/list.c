#include "storage/types/list.h"

#include "proto/base/contract.h"
#include "storage/types/list_encoding.h"
#include "storage/types/record.h"
#include "storage/types/small.h"

#define PLAIN 0 /* the form of a list's blocks: no tags */

/* What the head of a small list's block says of its name. */
enum { LISTPACK, QUICKLIST };

static const char *block_of(const struct value *list)
{
    return small_block(list, PLAIN);
}

static size_t len(const struct value *list)
{
    return packed_count(block_of(list));
}

static const char *encoding(const struct value *list)
{
    return packed_name(block_of(list)) == QUICKLIST ? "quicklist" : "listpack";
}

static size_t listpack_bytes(const struct value *list)
{
    return LISTPACK_EMPTY_BYTES + list_entries_bytes(block_of(list));
}

void list_expect(struct value *list, size_t elements, size_t bytes)
{
    if (packed_name(block_of(list)) == QUICKLIST) return;
    if (list_exceeds(list->limits->list_size, listpack_bytes(list) + bytes, len(list) + elements))
        small_set_name(list, PLAIN, QUICKLIST);
}

static void rename_shrunk(struct value *list)
{
    if (packed_name(block_of(list)) == LISTPACK) return;
    if (list_fits_half(list->limits->list_size, listpack_bytes(list), len(list)))
        packed_set_name(list->packed, LISTPACK);
}

void list_insert(struct value *list, size_t index, struct slice element)
{
    struct record_form form;
    record_of_text(&form, element);
    struct packed_new record = { .parts = { form.bytes }, .mark = form.mark };
    struct packed_edit edit = packed_insert(block_of(list), index, &record);
    small_apply(list, &edit);
}

void list_push(struct value *list, enum list_side side, struct slice element)
{
    list_insert(list, side == LIST_HEAD ? 0 : len(list), element);
}

struct atom list_at(const struct value *list, size_t index)
{
    struct packed_record record = packed_at(block_of(list), index);
    return record_atom(record.bytes, record.mark);
}

void list_set(struct value *list, size_t index, struct slice element)
{
    struct record_form form;
    record_of_text(&form, element);
    struct packed_new record = { .parts = { form.bytes }, .mark = form.mark };
    struct packed_edit edit = packed_replace(block_of(list), index, &record);
    small_apply(list, &edit);
    rename_shrunk(list);
}

void list_remove(struct value *list, size_t index, size_t count)
{
    struct packed_edit edit = packed_remove(block_of(list), index, count);
    small_apply(list, &edit);
    rename_shrunk(list);
}

struct list_walk list_walk(const struct value *list, size_t index, enum list_side towards)
{
    size_t at = towards == LIST_TAIL ? index : index + 1 > len(list) ? len(list) : index + 1;
    return (struct list_walk){ .list = list, .towards = towards, .block = packed_walk(block_of(list), at) };
}

bool list_next(struct list_walk *walk, struct atom *element)
{
    struct packed_record record;
    bool found =
        walk->towards == LIST_TAIL ? packed_next(&walk->block, &record) : packed_back(&walk->block, &record);
    if (found) *element = record_atom(record.bytes, record.mark);
    return found;
}

static void check(const struct value *list)
{
    INVARIANT(list->root == NULL);
    if (list->packed_len > 0) packed_check(list->packed, list->packed_len);
}

const struct value_type list_type = {
    .name = "list",
    .len = len,
    .encoding = encoding,
    .check = check,
};
