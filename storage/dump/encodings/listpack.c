#include "storage/dump/encodings/listpack.h"

#include "storage/dump/encodings/elements.h"

#define END           0xff
#define COUNT_UNKNOWN 0xffff

void listpack_open(struct elements *elements)
{
    struct source *source = &elements->packed;
    uint64_t size = source_low_first(source, 4);
    elements->claimed = source_low_first(source, 2);
    size_t possible = source_left(source) / 2;
    elements->expected = elements->claimed < possible ? elements->claimed : possible;
    if (size != elements->whole.len) source_fail(source);
}

static int64_t sign_of(uint64_t number, unsigned bits)
{
    return (int64_t)(number << (64 - bits)) >> (64 - bits);
}

static struct atom read_wide(struct source *source, unsigned first)
{
    switch (first) {
    case 0xf0: return atom_of_text(source_take(source, source_low_first(source, 4)));
    case 0xf1: return atom_of_integer(source_signed(source, 2));
    case 0xf2: return atom_of_integer(source_signed(source, 3));
    case 0xf3: return atom_of_integer(source_signed(source, 4));
    case 0xf4: return atom_of_integer(source_signed(source, 8));
    default: source_fail(source); return atom_of_integer(0);
    }
}

static struct atom read_element(struct source *source, unsigned first)
{
    if (first < 0x80) return atom_of_integer(first);
    if (first < 0xc0) return atom_of_text(source_take(source, first & 0x3f));
    if (first < 0xe0) return atom_of_integer(sign_of((first & 0x1f) << 8 | source_byte(source), 13));
    if (first < 0xf0) return atom_of_text(source_take(source, (first & 0x0f) << 8 | source_byte(source)));
    return read_wide(source, first);
}

/* The number comes with its highest bits first, and all bytes but the first have their top bit set: so its
 * end is found from behind. */
static void check_link(struct source *source, size_t len)
{
    unsigned bytes = 1;
    while (bytes < 5 && len >> 7 * bytes > 0) bytes++;
    for (unsigned i = 0; i < bytes; i++) {
        unsigned wanted = (len >> 7 * (bytes - 1 - i) & 0x7f) | (i > 0 ? 0x80 : 0);
        if (source_byte(source) != wanted) source_fail(source);
    }
}

static bool finish(struct elements *elements)
{
    bool counted = elements->claimed == COUNT_UNKNOWN || elements->claimed == elements->count;
    if (!counted || source_left(&elements->packed) > 0) source_fail(&elements->packed);
    return false;
}

bool listpack_next(struct elements *elements, struct atom *atom)
{
    struct source *source = &elements->packed;
    const char *start = source->at;
    unsigned first = source_byte(source);
    if (first == END) return finish(elements);
    *atom = read_element(source, first);
    if (source->failed) return false;
    check_link(source, (size_t)(source->at - start));
    return true;
}
