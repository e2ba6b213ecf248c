#include "storage/types/text/bitfield.h"

#include "storage/types/text/bits.h"

/* Wide enough for the sum of any two values, whether or not they are signed. */
typedef __int128 wide;

/* The low bits of `value`, as the field reads them. */
static int64_t truncated(const struct bitfield *field, uint64_t value)
{
    unsigned unused = 64 - field->width;
    value <<= unused;
    return field->is_signed ? (int64_t)value >> unused : (int64_t)(value >> unused);
}

int64_t bitfield_get(struct slice text, const struct bitfield *field)
{
    return truncated(field, bits_load(text, field->at, field->width));
}

void bitfield_set(char *text, const struct bitfield *field, int64_t value)
{
    bits_store(text, field->at, field->width, (uint64_t)value);
}

static bool fit(const struct bitfield *field, enum bitfield_overflow overflow, wide exact, int64_t *value)
{
    wide one = 1;
    wide max = (one << (field->is_signed ? field->width - 1 : field->width)) - 1;
    wide min = field->is_signed ? -max - 1 : 0;
    if (exact >= min && exact <= max) {
        *value = (int64_t)exact;
        return true;
    }
    if (overflow == BITFIELD_FAIL) return false;
    if (overflow == BITFIELD_SATURATE)
        *value = (int64_t)(exact > max ? max : min);
    else
        *value = truncated(field, (uint64_t)exact);
    return true;
}

bool bitfield_fit(const struct bitfield *field, enum bitfield_overflow overflow, int64_t *value)
{
    wide exact = field->is_signed ? (wide)*value : (wide)(uint64_t)*value;
    /* As in Redis, what is so far below a signed field that their distance is no int64 stops at the largest.
     */
    wide distance = ((wide)1 << (field->width - 1)) - 1 - exact;
    if (field->width < 64 && overflow == BITFIELD_SATURATE && distance > INT64_MAX) exact = INT64_MAX;
    return fit(field, overflow, exact, value);
}

bool bitfield_add(const struct bitfield *field, enum bitfield_overflow overflow, int64_t *value, int64_t by)
{
    return fit(field, overflow, (wide)*value + by, value);
}
