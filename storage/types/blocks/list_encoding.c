#include "storage/types/blocks/list_encoding.h"

#include "storage/types/blocks/record.h"

/* A limit in elements is one of bytes as well. */
#define SAFE_BYTES 8192

/* Of an entry that ends with its own length backwards, in groups of 7 bits. */
static size_t with_backlen(size_t bytes)
{
    size_t backlen = 1;
    for (size_t rest = bytes >> 7; rest > 0 && backlen < 5; rest >>= 7) backlen++;
    return bytes + backlen;
}

size_t list_long_text_bytes(size_t len)
{
    size_t head = len < 64 ? 1 : len < 4096 ? 2 : 5;
    return with_backlen(head + len);
}

size_t list_integer_bytes(int64_t integer)
{
    if (integer >= 0 && integer <= 127) return 2;
    if (integer >= -4096 && integer <= 4095) return 3;
    if (integer >= INT16_MIN && integer <= INT16_MAX) return 4;
    if (integer >= -(1 << 23) && integer < 1 << 23) return 5;
    if (integer >= INT32_MIN && integer <= INT32_MAX) return 6;
    return 10;
}

size_t list_entry_bytes(const struct packed_record *record)
{
    if (!record->mark) return list_text_bytes(record->bytes.len);
    return list_integer_bytes(record_get_integer(record->bytes.data, record->bytes.len));
}

size_t list_entries_bytes(const char *block)
{
    size_t bytes = 0;
    struct packed_record record;
    struct packed_walk walk = packed_walk(block, 0);
    while (packed_next(&walk, &record)) bytes += list_entry_bytes(&record);
    return bytes;
}

/* Of a limit that counts bytes. */
static size_t bytes_allowed(int64_t limit)
{
    unsigned step = limit < -5 ? 4 : (unsigned)(-limit - 1);
    return (size_t)4096 << step;
}

static size_t elements_allowed(int64_t limit)
{
    return limit > 0 ? (size_t)limit : 1;
}

bool list_exceeds(int64_t limit, size_t bytes, size_t elements)
{
    if (limit < 0) return bytes > bytes_allowed(limit);
    return bytes > SAFE_BYTES || elements > elements_allowed(limit);
}

/* There an element takes at most twice what it takes here. */
bool list_may_exceed(int64_t limit, size_t packed_bytes, size_t elements)
{
    return list_exceeds(limit, 2 * packed_bytes + LISTPACK_EMPTY_BYTES, elements);
}

/* As Redis, which halves what the setting says and no safe limit of bytes. */
bool list_fits_half(int64_t limit, size_t bytes, size_t elements)
{
    if (limit < 0) return bytes <= bytes_allowed(limit) / 2;
    return elements <= elements_allowed(limit) / 2;
}
