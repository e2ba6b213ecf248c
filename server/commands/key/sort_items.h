/*
 * sort_items.h - what SORT puts in order, and how.
 *
 * By number: equal ones in the order of the elements' bytes. By text: as strcmp() does unless the result is
 * stored, so up to a zero byte; with weights, elements without one come first, and equal ones stay as they
 * were. Where only a part of the order is asked for, only that part is sorted, by the method that Redis takes
 * there (Bentley and McIlroy, "Engineering a sort function", 1993), so that equal weights come out in its
 * order too.
 *
 * Threads: no state.
 */
#ifndef SERVER_COMMANDS_KEY_SORT_ITEMS_H
#define SERVER_COMMANDS_KEY_SORT_ITEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "storage/types/blocks/atom.h"

/* An atom in 16 bytes, since there are many; or nothing, which is before everything. */
struct sort_text {
    const char *data; /* NULL: it is the integer */
    int64_t number;   /* the integer, or the length; negative: nothing */
};

static inline struct sort_text sort_text_of(const struct atom *atom)
{
    if (atom_is_integer(atom)) return (struct sort_text){ NULL, atom->integer };
    return (struct sort_text){ atom->text.data, (int64_t)atom->text.len };
}

static inline struct sort_text sort_text_nothing(void)
{
    return (struct sort_text){ "", -1 };
}

static inline bool sort_text_is_nothing(const struct sort_text *text)
{
    return text->data != NULL && text->number < 0;
}

/* Of one that is not nothing. */
static inline struct atom sort_text_atom(const struct sort_text *text)
{
    if (text->data == NULL) return atom_of_integer(text->number);
    return atom_of_text(slice_of(text->data, (size_t)text->number));
}

struct sort_item {
    struct sort_text element;
    union {
        double score;            /* by number */
        struct sort_text weight; /* by text, with weights */
    };
};

struct sort_order {
    bool alpha;
    bool weighted;
    bool whole; /* bytes behind a zero byte count */
    bool descending;
};

/* All of them; stable. */
void sort_items(struct sort_item *items, size_t len, const struct sort_order *order);
/* So that the `count` items from `from` on are those that would be there. */
void sort_items_part(struct sort_item *items, size_t len, size_t from, size_t count,
                     const struct sort_order *order);

#endif
