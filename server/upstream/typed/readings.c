#include "server/upstream/typed/readings.h"

#include <stddef.h>

#define COUNT_BITS 12
#define COUNT_MASK ((UINT32_C(1) << COUNT_BITS) - 1)
/* Counts from here on are those of a key that is deterred, on their way to the last. */
#define DETERRED (READINGS_MOST + 1)

static uint64_t mix(unsigned db, struct key key)
{
    return (key.hash ^ (db + UINT64_C(1))) * UINT64_C(0x9e3779b97f4a7c15);
}

static size_t place_of(uint64_t mixed)
{
    return (size_t)(mixed >> 32) % READINGS_PLACES;
}

static uint32_t word_of(uint64_t mixed, uint32_t count)
{
    return (uint32_t)(mixed & ~(uint64_t)COUNT_MASK) | count;
}

static uint32_t count_of(uint32_t word, uint64_t mixed)
{
    return (word & ~COUNT_MASK) == word_of(mixed, 0) ? word & COUNT_MASK : 0;
}

bool readings_note(struct readings *readings, unsigned db, struct key key, unsigned enough)
{
    if (enough == 0) return false;
    uint64_t mixed = mix(db, key);
    _Atomic uint32_t *place = &readings->places[place_of(mixed)];
    uint32_t count = count_of(atomic_load_explicit(place, memory_order_relaxed), mixed) + 1;
    bool is_due = count >= enough && count < DETERRED;
    if (is_due || count > COUNT_MASK) count = 0;
    atomic_store_explicit(place, word_of(mixed, count), memory_order_relaxed);
    return is_due;
}

void readings_deter(struct readings *readings, unsigned db, struct key key)
{
    uint64_t mixed = mix(db, key);
    atomic_store_explicit(&readings->places[place_of(mixed)], word_of(mixed, DETERRED), memory_order_relaxed);
}

int readings_of(const struct readings *readings, unsigned db, struct key key)
{
    uint64_t mixed = mix(db, key);
    uint32_t word = atomic_load_explicit(&readings->places[place_of(mixed)], memory_order_relaxed);
    uint32_t count = count_of(word, mixed);
    return count >= DETERRED ? -1 : (int)count;
}
