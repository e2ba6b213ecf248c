#include "storage/dump/encodings/ziplist.h"

#include <string.h>

#include "storage/dump/encodings/elements.h"

#define TAIL_AT       4
#define END           0xff
#define LINK_WIDE     0xfe
#define COUNT_UNKNOWN 0xffff

void ziplist_open(struct elements *elements)
{
    struct source *source = &elements->packed;
    uint64_t size = source_low_first(source, 4);
    source_low_first(source, 4);
    elements->claimed = source_low_first(source, 2);
    size_t possible = source_left(source) / 2;
    elements->expected = elements->claimed < possible ? elements->claimed : possible;
    if (size != elements->whole.len) source_fail(source);
}

static struct atom read_integer(struct source *source, unsigned first)
{
    switch (first) {
    case 0xc0: return atom_of_integer(source_signed(source, 2));
    case 0xd0: return atom_of_integer(source_signed(source, 4));
    case 0xe0: return atom_of_integer(source_signed(source, 8));
    case 0xf0: return atom_of_integer(source_signed(source, 3));
    case 0xfe: return atom_of_integer(source_signed(source, 1));
    default: break;
    }
    if (first <= 0xf0 || first > 0xfd) source_fail(source);
    return atom_of_integer((int64_t)(first & 0x0f) - 1);
}

static struct atom read_element(struct source *source)
{
    unsigned first = source_byte(source);
    if (first < 0x40) return atom_of_text(source_take(source, first));
    if (first < 0x80) return atom_of_text(source_take(source, (first & 0x3f) << 8 | source_byte(source)));
    if (first == 0x80) return atom_of_text(source_take(source, source_high_first(source, 4)));
    return read_integer(source, first);
}

static uint64_t tail_offset(const struct elements *elements)
{
    struct source head = source_of(elements->whole);
    source_take(&head, TAIL_AT);
    return source_low_first(&head, 4);
}

static bool finish(struct elements *elements)
{
    struct source *source = &elements->packed;
    bool counted = elements->claimed == COUNT_UNKNOWN || elements->claimed == elements->count;
    size_t last = elements->whole.len - 1 - elements->last;
    if (!counted || source_left(source) > 0 || tail_offset(elements) != last) source_fail(source);
    return false;
}

bool ziplist_next(struct elements *elements, struct atom *atom)
{
    struct source *source = &elements->packed;
    const char *start = source->at;
    uint64_t link = source_byte(source);
    if (link == END) return finish(elements);
    if (link == LINK_WIDE) link = source_low_first(source, 4);
    if (link != elements->last) source_fail(source);
    *atom = read_element(source);
    if (source->failed) return false;
    elements->last = (size_t)(source->at - start);
    return true;
}
