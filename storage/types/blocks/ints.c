#include "storage/types/blocks/ints.h"

#include <string.h>

#include "proto/base/contract.h"

static unsigned width_for(int64_t integer)
{
    if (integer == (int8_t)integer) return 0;
    if (integer == (int16_t)integer) return 1;
    return integer == (int32_t)integer ? 2 : 3;
}

static int64_t get(const char *block, unsigned width, size_t index)
{
    const char *at = block + INTS_HEAD + (index << width);
    int8_t byte;
    int16_t pair;
    int32_t word;
    int64_t whole;
    switch (width) {
    case 0: memcpy(&byte, at, sizeof byte); return byte;
    case 1: memcpy(&pair, at, sizeof pair); return pair;
    case 2: memcpy(&word, at, sizeof word); return word;
    default: memcpy(&whole, at, sizeof whole); return whole;
    }
}

/* Lowest byte first, so the first bytes are the narrower number. */
static void put(char *block, unsigned width, size_t index, int64_t integer)
{
    memcpy(block + INTS_HEAD + (index << width), &integer, (size_t)1 << width);
}

void ints_init(char *block)
{
    memset(block, 0, INTS_HEAD);
    block[2] = (char)INTS_FORM;
}

int64_t ints_at(const char *block, size_t index)
{
    return get(block, ints_width(block), index);
}

bool ints_find(const char *block, size_t len, int64_t integer, size_t *index)
{
    unsigned width = ints_width(block);
    size_t low = 0, high = ints_count(block, len);
    /* They often come in order. */
    if (high > 0 && get(block, width, high - 1) < integer) low = high;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (get(block, width, middle) < integer)
            low = middle + 1;
        else
            high = middle;
    }
    *index = low;
    return low < ints_count(block, len) && get(block, width, low) == integer;
}

static unsigned width_with(const char *block, int64_t integer)
{
    unsigned needed = width_for(integer);
    return needed > ints_width(block) ? needed : ints_width(block);
}

size_t ints_len_with(const char *block, size_t len, int64_t integer)
{
    return INTS_HEAD + ((ints_count(block, len) + 1) << width_with(block, integer));
}

/* The last first: each moves up, over those that have moved. */
void ints_add(char *block, size_t len, size_t index, int64_t integer)
{
    unsigned old = ints_width(block), width = width_with(block, integer);
    size_t count = ints_count(block, len);
    if (old == width) {
        char *at = block + INTS_HEAD + (index << width);
        memmove(at + ((size_t)1 << width), at, (count - index) << width);
    } else {
        for (size_t i = count; i-- > 0;) put(block, width, i < index ? i : i + 1, get(block, old, i));
        block[2] = (char)(INTS_FORM | width);
    }
    put(block, width, index, integer);
}

size_t ints_remove(char *block, size_t len, size_t index)
{
    unsigned width = ints_width(block);
    char *at = block + INTS_HEAD + (index << width);
    memmove(at, at + ((size_t)1 << width), (ints_count(block, len) - index - 1) << width);
    return len - ((size_t)1 << width);
}

void ints_check(const char *block, size_t len)
{
    INVARIANT(len >= INTS_HEAD && ints_are(block));
    INVARIANT(INTS_HEAD + (ints_count(block, len) << ints_width(block)) == len);
    for (size_t i = 1; i < ints_count(block, len); i++) INVARIANT(ints_at(block, i - 1) < ints_at(block, i));
}
