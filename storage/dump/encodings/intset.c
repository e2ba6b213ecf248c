#include "storage/dump/encodings/intset.h"

#include "storage/dump/encodings/elements.h"

/* Its width is kept where other forms keep the length of the last element. */
void intset_open(struct elements *elements)
{
    struct source *source = &elements->packed;
    elements->last = (size_t)source_low_first(source, 4);
    elements->claimed = source_low_first(source, 4);
    bool known = elements->last == 2 || elements->last == 4 || elements->last == 8;
    if (!known || source_left(source) != elements->claimed * elements->last) source_fail(source);
    elements->expected = source->failed ? 0 : elements->claimed;
}

bool intset_next(struct elements *elements, struct atom *atom)
{
    if (elements->count == elements->expected) return false;
    *atom = atom_of_integer(source_signed(&elements->packed, (unsigned)elements->last));
    return true;
}
