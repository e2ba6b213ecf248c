#include "server/upstream/roster.h"

#include <ctype.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/reply_reader.h"

struct roster {
    struct roster_row *rows;
    size_t len;
    size_t cap;
    uint32_t *slots; /* index + 1; 0: free */
    size_t slot_count;
};

static uint32_t hash_of(struct slice name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.len; i++)
        hash = (hash ^ (uint32_t)tolower((unsigned char)name.data[i])) * 16777619u;
    return hash;
}

const struct roster_row *roster_find(const struct roster *roster, struct slice name)
{
    if (roster == NULL) return NULL;
    size_t mask = roster->slot_count - 1;
    for (size_t at = hash_of(name) & mask; roster->slots[at] != 0; at = (at + 1) & mask) {
        const struct roster_row *row = &roster->rows[roster->slots[at] - 1];
        if (slice_equal_nocase(slice_of_cstr(row->name), name)) return row;
    }
    return NULL;
}

size_t roster_len(const struct roster *roster)
{
    return roster->len;
}

static void set_flag(struct roster_row *row, struct slice flag)
{
    if (slice_equal(flag, SLICE("readonly"))) row->reads = true;
    if (slice_equal(flag, SLICE("write"))) row->writes = true;
    if (slice_equal(flag, SLICE("blocking"))) row->blocks = true;
    if (slice_equal(flag, SLICE("movablekeys"))) row->moves_keys = true;
}

/* The elements of one row: name, arity, flags, first key, last key, step; what follows is of no interest. */
struct row_reader {
    struct roster_row row;
    int place;     /* of the next element at the top of the row */
    int flags;     /* still to come */
    bool complete; /* all that is of interest was there */
};

static void read_element(struct row_reader *reader, const struct reply_element *element)
{
    struct roster_row *row = &reader->row;
    if (reader->flags > 0) {
        reader->flags--;
        set_flag(row, element->text);
        return;
    }
    switch (reader->place++) {
    case 0:
        if (element->text.len >= sizeof(row->name)) break;
        for (size_t i = 0; i < element->text.len; i++)
            row->name[i] = (char)tolower((unsigned char)element->text.data[i]);
        break;
    case 2: reader->flags = (int)element->len; break;
    case 3: row->first_key = (int)element->integer; break;
    case 4: row->last_key = (int)element->integer; break;
    case 5:
        row->step = (int)element->integer;
        reader->complete = true;
        break;
    default: break;
    }
}

static void add(struct roster *roster, const struct row_reader *reader)
{
    const struct roster_row *row = &reader->row;
    if (!reader->complete || row->name[0] == '\0' || (row->first_key > 0 && row->step < 1)) return;
    if (roster->len == roster->cap) {
        roster->cap = roster->cap > 0 ? 2 * roster->cap : 256;
        roster->rows = alloc_resize(roster->rows, roster->cap * sizeof(*roster->rows));
    }
    roster->rows[roster->len++] = *row;
}

static void index_rows(struct roster *roster)
{
    roster->slot_count = 16;
    while (roster->slot_count < 2 * roster->len + 1) roster->slot_count *= 2;
    roster->slots = alloc_zeroed(roster->slot_count * sizeof(*roster->slots));
    for (size_t i = 0; i < roster->len; i++) {
        size_t at = hash_of(slice_of_cstr(roster->rows[i].name)) & (roster->slot_count - 1);
        while (roster->slots[at] != 0) at = (at + 1) & (roster->slot_count - 1);
        roster->slots[at] = (uint32_t)i + 1;
    }
}

/* Each row is an array in an array; deeper down is only what is skipped, but for the flags. */
static void read_rows(struct roster *roster, struct slice reply)
{
    struct reply_reader reader = { 0 };
    struct reply_element element;
    struct row_reader row = { 0 };
    size_t at = 0, len;
    while (reply_reader_next(&reader, slice_of(reply.data + at, reply.len - at), &element, &len) ==
           READER_READY) {
        int depth = reader.depth; /* after the element: an aggregate has opened its own level */
        bool opens = element.type == REPLY_ARRAY && element.len > 0;
        at += len;
        if (opens && depth == 2) {
            add(roster, &row);
            row = (struct row_reader){ 0 };
        } else if (at > len && (row.place <= 5 || row.flags > 0)) {
            read_element(&row, &element);
        }
        if (reply_reader_at_end(&reader)) break;
    }
    add(roster, &row);
}

struct roster *roster_create(struct slice reply)
{
    if (reply.len == 0 || reply.data[0] != '*') return NULL;
    struct roster *roster = ALLOC_NEW(struct roster);
    read_rows(roster, reply);
    index_rows(roster);
    return roster;
}

void roster_destroy(struct roster **roster)
{
    if (*roster == NULL) return;
    alloc_free((*roster)->rows);
    alloc_free((*roster)->slots);
    alloc_free(*roster);
    *roster = NULL;
}
