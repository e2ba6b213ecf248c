/*
 * elements.h - what a collection is made of in a payload, one after the other.
 *
 * Either texts (dump_text.h) that follow in the payload itself, behind their count, or one text that is a
 * packed form of Redis and has them all: a listpack, a ziplist, a zipmap or an intset. Whatever that claims
 * about itself is checked as it is walked: lengths, counts, links back.
 *
 *     struct elements elements;
 *     struct atom atom;
 *     elements_open(&elements, source, ELEMENTS_LISTPACK);
 *     while (elements_next(&elements, &atom)) ...
 *     return elements_close(&elements);
 *
 * Threads: one owner.
 */
#ifndef STORAGE_DUMP_ENCODINGS_ELEMENTS_H
#define STORAGE_DUMP_ENCODINGS_ELEMENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "storage/dump/encodings/listpack_short.h"
#include "storage/dump/encodings/source.h"
#include "storage/types/blocks/atom.h"

enum elements_form {
    ELEMENTS_TEXTS,      /* as many as is said */
    ELEMENTS_TEXT_PAIRS, /* twice as many */
    ELEMENTS_LISTPACK,
    ELEMENTS_ZIPLIST,
    ELEMENTS_ZIPMAP,
    ELEMENTS_INTSET,
};

/* An atom is good until so many others have been handed out. */
#define ELEMENTS_KEPT 32

struct elements {
    struct source *outer; /* the payload */
    struct source packed; /* of a packed form, what is left of it */
    struct slice whole;   /* and all of it */
    enum elements_form form;
    uint64_t expected; /* how many there are, as far as is said; never more than could be */
    uint64_t count;    /* how many were handed out */
    uint64_t claimed;  /* in the head of a packed form, as it is there */
    size_t last;       /* bytes of the element before, which a ziplist links back to */
    struct buffer scratch[ELEMENTS_KEPT];
};

/* What is no such form fails `source`, then or as it is walked; there is nothing to walk then. */
void elements_open(struct elements *elements, struct source *source, enum elements_form form);
/* False: there are no more, or the source has failed. None is longer than ELEMENTS_TEXT_MAX. */
#define ELEMENTS_TEXT_MAX ((size_t)1 << 30)
bool elements_next_any(struct elements *elements, struct atom *atom);

/* Most elements of large values are short ones in listpacks: those are read here. */
static inline bool elements_next(struct elements *elements, struct atom *atom)
{
    bool may_be_short = elements->form == ELEMENTS_LISTPACK && !elements->outer->failed;
    if (!may_be_short || !listpack_take_short(&elements->packed, atom))
        return elements_next_any(elements, atom);
    elements->count++;
    return true;
}

/* True: all was well to the end. Frees what was needed on the way. */
bool elements_close(struct elements *elements);

#endif
