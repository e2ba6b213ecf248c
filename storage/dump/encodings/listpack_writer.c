#include "storage/dump/encodings/listpack_writer.h"

#include <string.h>

#include "proto/base/buffer.h"
#include "storage/types/blocks/atom.h"

#define HEAD      6
#define COUNT_MAX 0xffff
#define LEAD_MAX  9 /* of a text, or all of an integer */
#define LINK_MAX  5

size_t listpack_begin(struct buffer *out)
{
    size_t start = out->len;
    memset(buffer_reserve(out, HEAD), 0, HEAD);
    buffer_commit(out, HEAD);
    return start;
}

static size_t put_low_first(char *to, unsigned first, int64_t number, unsigned bytes)
{
    to[0] = (char)first;
    for (unsigned i = 0; i < bytes; i++) to[1 + i] = (char)((uint64_t)number >> 8 * i);
    return 1 + bytes;
}

static bool fits(int64_t number, unsigned bits)
{
    int64_t limit = (int64_t)1 << (bits - 1);
    return number >= -limit && number < limit;
}

static size_t put_integer(char *to, int64_t number)
{
    if (number >= 0 && number < 128) {
        to[0] = (char)number;
        return 1;
    }
    if (fits(number, 13)) {
        to[0] = (char)(0xc0 | ((uint64_t)number >> 8 & 0x1f));
        to[1] = (char)number;
        return 2;
    }
    if (fits(number, 16)) return put_low_first(to, 0xf1, number, 2);
    if (fits(number, 24)) return put_low_first(to, 0xf2, number, 3);
    if (fits(number, 32)) return put_low_first(to, 0xf3, number, 4);
    return put_low_first(to, 0xf4, number, 8);
}

static size_t put_text_lead(char *to, size_t len)
{
    if (len < 64) {
        to[0] = (char)(0x80 | len);
        return 1;
    }
    if (len < 4096) {
        to[0] = (char)(0xe0 | len >> 8);
        to[1] = (char)len;
        return 2;
    }
    return put_low_first(to, 0xf0, (int64_t)len, 4);
}

/* See listpack.c, which checks it. */
static size_t put_link(char *to, size_t len)
{
    unsigned bytes = 1;
    while (bytes < LINK_MAX && len >> 7 * bytes > 0) bytes++;
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (char)((len >> 7 * (bytes - 1 - i) & 0x7f) | (i > 0 ? 0x80 : 0));
    return bytes;
}

void listpack_append(struct buffer *out, const struct atom *element)
{
    char *to = buffer_reserve(out, LEAD_MAX + element->text.len + LINK_MAX);
    size_t len =
        atom_is_integer(element) ? put_integer(to, element->integer) : put_text_lead(to, element->text.len);
    if (element->text.len > 0) memcpy(to + len, element->text.data, element->text.len);
    len += element->text.len;
    buffer_commit(out, len + put_link(to + len, len));
}

void listpack_end(struct buffer *out, size_t start, size_t count)
{
    buffer_append(out, "\xff", 1);
    uint32_t size = (uint32_t)(out->len - start);
    uint16_t told = count < COUNT_MAX ? (uint16_t)count : COUNT_MAX;
    memcpy(out->data + start, &size, sizeof size);
    memcpy(out->data + start + sizeof size, &told, sizeof told);
}
