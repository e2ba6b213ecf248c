#include "storage/types/text/bits.h"

#include <string.h>

#include "proto/base/bytes.h"
#include "storage/types/text/clones.h"

CLONES static uint64_t count_in(const char *data, size_t len)
{
    uint64_t count = 0;
    for (; len >= sizeof(uint64_t); data += sizeof(uint64_t), len -= sizeof(uint64_t)) {
        count += (uint64_t)__builtin_popcountll(bytes_load64(data));
    }
    uint64_t rest = 0;
    memcpy(&rest, data, len);
    return count + (uint64_t)__builtin_popcountll(rest);
}

/* Of the byte of `at`, the bits in front of it, and those behind it. */
static unsigned before(struct slice text, uint64_t at)
{
    return (unsigned char)text.data[at / 8] & (0xff00u >> at % 8 & 0xffu);
}

static unsigned behind(struct slice text, uint64_t at)
{
    return (unsigned char)text.data[at / 8] & (0x7fu >> at % 8);
}

uint64_t bits_count(struct slice text, uint64_t first, uint64_t last)
{
    uint64_t count = count_in(text.data + first / 8, (size_t)(last / 8 - first / 8) + 1);
    int outside = __builtin_popcount(before(text, first)) + __builtin_popcount(behind(text, last));
    return count - (uint64_t)outside;
}

/* The first byte from `from` on that is not `dull`, `to` at most. */
static size_t skip(const char *data, size_t from, size_t to, unsigned char dull)
{
    uint64_t word = dull == 0 ? 0 : UINT64_MAX;
    for (; to - from >= 4 * sizeof word; from += 4 * sizeof word) {
        const char *at = data + from;
        uint64_t odd = (bytes_load64(at) ^ word) | (bytes_load64(at + 8) ^ word) |
                       (bytes_load64(at + 16) ^ word) | (bytes_load64(at + 24) ^ word);
        if (odd != 0) break;
    }
    while (to - from >= sizeof word && bytes_load64(data + from) == word) from += sizeof word;
    while (from < to && (unsigned char)data[from] == dull) from++;
    return from;
}

int64_t bits_find(struct slice text, bool bit, uint64_t first, uint64_t last)
{
    unsigned char dull = bit ? 0 : 0xff;
    size_t at = (size_t)(first / 8), end = (size_t)(last / 8);
    unsigned found = ((unsigned char)text.data[at] ^ dull) & (0xffu >> first % 8);
    if (found == 0 && at < end) {
        at = skip(text.data, at + 1, end, dull);
        found = (unsigned char)text.data[at] ^ dull;
    }
    if (at == end) found &= ~(0x7fu >> last % 8);
    if (found == 0) return -1;
    return (int64_t)at * 8 + __builtin_clz(found) - 24;
}

/* Small enough for the cache next to the processor: what was combined of a block is still there when the next
 * string comes to it, and memory is read and written once. */
#define BLOCK 4096

CLONES static void and_both(char *restrict block, const char *restrict a, const char *restrict b, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] = a[i] & b[i];
}

CLONES static void or_both(char *restrict block, const char *restrict a, const char *restrict b, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] = a[i] | b[i];
}

CLONES static void xor_both(char *restrict block, const char *restrict a, const char *restrict b, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] = a[i] ^ b[i];
}

CLONES static void and_into(char *restrict block, const char *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] &= from[i];
}

CLONES static void or_into(char *restrict block, const char *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] |= from[i];
}

CLONES static void xor_into(char *restrict block, const char *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] ^= from[i];
}

CLONES static void invert(char *restrict block, const char *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] = (char)~from[i];
}

CLONES static void drop_from(char *restrict block, const char *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] = from[i] & (char)~block[i];
}

CLONES static void drop(char *restrict block, const char *restrict from, size_t len)
{
    for (size_t i = 0; i < len; i++) block[i] &= (char)~from[i];
}

/* `once` are the bits that one has so far, `often` those that several have. */
CLONES static void count_into(char *restrict once, char *restrict often, const char *restrict from,
                              size_t len)
{
    for (size_t i = 0; i < len; i++) {
        often[i] |= once[i] & from[i];
        once[i] = (once[i] ^ from[i]) & (char)~often[i];
    }
}

static const struct {
    void (*both)(char *restrict block, const char *restrict a, const char *restrict b, size_t len);
    void (*into)(char *restrict block, const char *restrict from, size_t len);
} loops[] = {
    [BITS_AND] = { and_both, and_into }, [BITS_OR] = { or_both, or_into }, [BITS_XOR] = { xor_both, xor_into }
};

/* The part of `text` that falls into the `len` bytes from `at` on; what it lacks is made up in `spare`. */
static const char *part_of(struct slice text, size_t at, size_t len, char *spare)
{
    if (text.len >= at + len) return text.data + at;
    size_t left = text.len > at ? text.len - at : 0;
    memset(spare + left, 0, len - left);
    if (left > 0) memcpy(spare, text.data + at, left);
    return spare;
}

/* What the first has to do with all the others together. */
static void combine_with_rest(enum bits_operation operation, const struct slice *sources, size_t count,
                              size_t at, char *block, size_t len)
{
    char spare[BLOCK];
    memset(block, 0, len);
    for (size_t i = 1; i < count; i++) or_into(block, part_of(sources[i], at, len, spare), len);
    const char *first = part_of(sources[0], at, len, spare);
    if (operation == BITS_DIFF)
        drop_from(block, first, len);
    else if (operation == BITS_DIFF1)
        drop(block, first, len);
    else
        and_into(block, first, len);
}

static void combine_once(const struct slice *sources, size_t count, size_t at, char *block, size_t len)
{
    char spare[BLOCK], often[BLOCK];
    memset(block, 0, len);
    memset(often, 0, len);
    for (size_t i = 0; i < count; i++) count_into(block, often, part_of(sources[i], at, len, spare), len);
}

/* `len` bytes from `at` on of all of them, in `block`, for the operations that go from one to the next. */
static void combine_in_turn(enum bits_operation operation, const struct slice *sources, size_t count,
                            size_t at, char *block, size_t len)
{
    char spares[2][BLOCK];
    const char *first = part_of(sources[0], at, len, spares[0]);
    if (operation == BITS_NOT) {
        invert(block, first, len);
    } else if (count == 1) {
        memcpy(block, first, len);
    } else {
        loops[operation].both(block, first, part_of(sources[1], at, len, spares[1]), len);
    }
    for (size_t i = 2; i < count; i++)
        loops[operation].into(block, part_of(sources[i], at, len, spares[0]), len);
}

static void combine_block(enum bits_operation operation, const struct slice *sources, size_t count, size_t at,
                          char *block, size_t len)
{
    if (operation < BITS_DIFF)
        combine_in_turn(operation, sources, count, at, block, len);
    else if (operation == BITS_ONE)
        combine_once(sources, count, at, block, len);
    else
        combine_with_rest(operation, sources, count, at, block, len);
}

void bits_combine(enum bits_operation operation, const struct slice *sources, size_t count, char *out,
                  size_t len)
{
    char block[BLOCK];
    for (size_t at = 0; at < len; at += BLOCK) {
        size_t size = len - at < BLOCK ? len - at : BLOCK;
        combine_block(operation, sources, count, at, block, size);
        memcpy(out + at, block, size);
    }
}

uint64_t bits_load(struct slice text, uint64_t at, unsigned width)
{
    uint64_t value = 0;
    while (width > 0) {
        unsigned skipped = at % 8, room = 8 - skipped, take = room < width ? room : width;
        unsigned byte = at / 8 < text.len ? (unsigned char)text.data[at / 8] : 0;
        value = value << take | ((byte >> (room - take)) & ((1u << take) - 1));
        at += take;
        width -= take;
    }
    return value;
}

void bits_store(char *text, uint64_t at, unsigned width, uint64_t value)
{
    while (width > 0) {
        uint64_t last = at + width - 1;
        unsigned shift = 7 - last % 8, room = 8 - shift, take = room < width ? room : width;
        unsigned mask = ((1u << take) - 1) << shift;
        unsigned char byte = (unsigned char)text[last / 8];
        text[last / 8] = (char)((byte & ~mask) | ((unsigned)(value << shift) & mask));
        value >>= take;
        width -= take;
    }
}
