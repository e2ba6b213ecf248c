#include "storage/dump/encodings/elements.h"

#include "storage/dump/encodings/dump_text.h"
#include "storage/dump/encodings/intset.h"
#include "storage/dump/encodings/length.h"
#include "storage/dump/encodings/listpack.h"
#include "storage/dump/encodings/ziplist.h"
#include "storage/dump/encodings/zipmap.h"

static void open_packed(struct elements *elements)
{
    elements->whole = dump_text_read_bytes(elements->outer, &elements->scratch[0]);
    elements->packed = source_of(elements->whole);
    switch (elements->form) {
    case ELEMENTS_LISTPACK: listpack_open(elements); break;
    case ELEMENTS_ZIPLIST: ziplist_open(elements); break;
    case ELEMENTS_ZIPMAP: zipmap_open(elements); break;
    default: intset_open(elements);
    }
}

void elements_open(struct elements *elements, struct source *source, enum elements_form form)
{
    *elements = (struct elements){ .outer = source, .form = form };
    if (form == ELEMENTS_TEXTS) {
        elements->expected = length_read_count(source, 1);
    } else if (form == ELEMENTS_TEXT_PAIRS) {
        elements->expected = 2 * length_read_count(source, 2);
    } else {
        open_packed(elements);
        if (elements->packed.failed) source_fail(source);
    }
}

static bool next_text(struct elements *elements, struct atom *atom)
{
    if (elements->count == elements->expected) return false;
    *atom = dump_text_read(elements->outer, &elements->scratch[elements->count % ELEMENTS_KEPT]);
    return true;
}

static bool next_of_form(struct elements *elements, struct atom *atom)
{
    switch (elements->form) {
    case ELEMENTS_TEXTS:
    case ELEMENTS_TEXT_PAIRS: return next_text(elements, atom);
    case ELEMENTS_LISTPACK: return listpack_next(elements, atom);
    case ELEMENTS_ZIPLIST: return ziplist_next(elements, atom);
    case ELEMENTS_ZIPMAP: return zipmap_next(elements, atom);
    default: return intset_next(elements, atom);
    }
}

bool elements_next_any(struct elements *elements, struct atom *atom)
{
    if (elements->outer->failed) return false;
    bool is_one = next_of_form(elements, atom);
    if (elements->packed.failed || (is_one && atom->text.len > ELEMENTS_TEXT_MAX))
        source_fail(elements->outer);
    if (!is_one || elements->outer->failed) return false;
    elements->count++;
    return true;
}

bool elements_close(struct elements *elements)
{
    for (size_t i = 0; i < ELEMENTS_KEPT; i++) buffer_clear(&elements->scratch[i]);
    return !elements->outer->failed;
}
