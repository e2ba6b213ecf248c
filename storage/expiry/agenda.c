#include "storage/expiry/agenda.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Eight at a time: ticks since the anchor, less 2^15, so that they compare as signed numbers. */
typedef int16_t octet __attribute__((vector_size(16)));
typedef uint16_t unsigned_octet __attribute__((vector_size(16)));

#define OCTET 8
#define LESS  0x8000u

static octet choose(octet mask, octet yes, octet no)
{
    return (yes & mask) | (no & ~mask);
}

static octet all(int16_t value)
{
    return (octet){ 0 } + value;
}

static unsigned bits(octet mask)
{
#ifdef __SSE2__
    return (unsigned)_mm_movemask_epi8(_mm_packs_epi16((__m128i)mask, _mm_setzero_si128()));
#else
    unsigned bits = 0;
    for (unsigned i = 0; i < OCTET; i++) bits |= (unsigned)(mask[i] & 1) << i;
    return bits;
#endif
}

static int16_t least_of(octet of)
{
    int16_t least = of[0];
    for (unsigned i = 1; i < OCTET; i++)
        if (of[i] < least) least = of[i];
    return least;
}

uint32_t agenda_take(struct agenda *agenda, uint64_t anchor, uint16_t past, uint16_t *first)
{
    uint16_t zero = (uint16_t)(anchor ^ LESS);
    octet last = all((int16_t)(past ^ LESS)), never = all(INT16_MAX), least = never;
    uint32_t taken = 0;
    for (unsigned i = 0; i < AGENDA_BUCKETS; i += OCTET) {
        unsigned_octet *ticks = (unsigned_octet *)(void *)(agenda->ticks + i);
        octet since = choose(*ticks == 0, never, (octet)(*ticks - zero)), due = since <= last;
        *ticks &= ~(unsigned_octet)due;
        since = choose(due, never, since);
        least = choose(since < least, since, least);
        taken |= (uint32_t)bits(due) << i;
    }
    *first = (uint16_t)least_of(least) ^ LESS;
    return taken;
}
