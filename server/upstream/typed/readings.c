#include "server/upstream/typed/readings.h"

#include <stddef.h>

#define COUNT_BITS 12
#define COUNT_MASK ((UINT32_C(1) << COUNT_BITS) - 1)
/* Counts from here on are those of a key that is deterred, on their way to the last but one; the last is that
 * of a key that is being fetched. */
#define DETERRED (READINGS_MOST + 1)
#define FETCHED  COUNT_MASK

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

/* 0 of a key that another has driven out. */
static uint32_t count_of(uint32_t word, uint64_t mixed)
{
    return (word & ~COUNT_MASK) == word_of(mixed, 0) ? word & COUNT_MASK : 0;
}

bool readings_note(struct readings *readings, unsigned db, struct key key, unsigned enough)
{
    if (enough == 0) return false;
    uint64_t mixed = mix(db, key);
    _Atomic uint32_t *place = &readings->places[place_of(mixed)];
    uint32_t old = atomic_load_explicit(place, memory_order_relaxed);
    uint32_t count = count_of(old, mixed);
    if (count == FETCHED) return false;
    bool is_due = ++count >= enough && count < DETERRED;
    if (is_due)
        count = FETCHED;
    else if (count == FETCHED)
        count = 0;
    return atomic_compare_exchange_strong(place, &old, word_of(mixed, count)) && is_due;
}

static void set(struct readings *readings, unsigned db, struct key key, uint32_t count)
{
    uint64_t mixed = mix(db, key);
    atomic_store(&readings->places[place_of(mixed)], word_of(mixed, count));
}

static uint32_t get(const struct readings *readings, unsigned db, struct key key)
{
    uint64_t mixed = mix(db, key);
    return count_of(atomic_load(&readings->places[place_of(mixed)]), mixed);
}

void readings_end(struct readings *readings, unsigned db, struct key key)
{
    if (readings_expect(readings, db, key)) set(readings, db, key, 0);
}

void readings_deter(struct readings *readings, unsigned db, struct key key)
{
    set(readings, db, key, DETERRED);
}

bool readings_expect(const struct readings *readings, unsigned db, struct key key)
{
    return get(readings, db, key) == FETCHED;
}

int readings_of(const struct readings *readings, unsigned db, struct key key)
{
    uint32_t count = get(readings, db, key);
    if (count == FETCHED) return 0;
    return count >= DETERRED ? READINGS_DETERRED : (int)count;
}
