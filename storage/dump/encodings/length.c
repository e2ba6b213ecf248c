#include "storage/dump/encodings/length.h"

#include "proto/base/buffer.h"

static unsigned format_high_first(char *out, uint64_t number, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) out[i] = (char)(number >> 8 * (bytes - 1 - i));
    return bytes;
}

unsigned length_format(char out[LENGTH_MAX], uint64_t length)
{
    if (length < 1 << 6) return format_high_first(out, length, 1);
    if (length < 1 << 14) return format_high_first(out, length | 1 << 14, 2);
    bool wide = length > UINT32_MAX;
    out[0] = (char)(0x80 | wide);
    return 1 + format_high_first(out + 1, length, wide ? 8 : 4);
}

void length_write(struct buffer *out, uint64_t length)
{
    buffer_commit(out, length_format(buffer_reserve(out, LENGTH_MAX), length));
}
