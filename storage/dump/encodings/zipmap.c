#include "storage/dump/encodings/zipmap.h"

#include "storage/dump/encodings/elements.h"

#define END           0xff
#define LENGTH_WIDE   0xfe
#define COUNT_UNKNOWN 0xfe

void zipmap_open(struct elements *elements)
{
    elements->claimed = source_byte(&elements->packed);
}

static bool finish(struct elements *elements)
{
    bool counted = elements->claimed >= COUNT_UNKNOWN || 2 * elements->claimed == elements->count;
    if (!counted || source_left(&elements->packed) > 0) source_fail(&elements->packed);
    return false;
}

bool zipmap_next(struct elements *elements, struct atom *atom)
{
    struct source *source = &elements->packed;
    bool is_value = elements->count & 1;
    uint64_t len = source_byte(source);
    if (len == END && !is_value) return finish(elements);
    if (len == END) source_fail(source);
    if (len == LENGTH_WIDE) len = source_low_first(source, 4);
    unsigned waste = is_value ? source_byte(source) : 0;
    *atom = atom_of_text(source_take(source, len));
    source_take(source, waste);
    return !source->failed;
}
