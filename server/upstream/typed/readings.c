#include "server/upstream/typed/readings.h"

#include <stddef.h>
#include <sys/mman.h>

#include "proto/base/contract.h"

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

static struct readings_line *line_of(const struct readings *readings, uint64_t mixed)
{
    return &readings->lines[(mixed >> 32) % READINGS_LINES];
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

/* Where the key stands; NULL: nowhere. */
static _Atomic uint32_t *find(const struct readings *readings, uint64_t mixed)
{
    struct readings_line *line = line_of(readings, mixed);
    for (size_t i = 0; i < READINGS_PLACES; i++) {
        uint32_t word = atomic_load_explicit(&line->words[i], memory_order_relaxed);
        if (word != 0 && count_of(word, mixed) != 0) return &line->words[i];
    }
    return NULL;
}

/* Where it is to stand: a free place, or one by chance, which is what the counts of the others come to. */
static _Atomic uint32_t *find_place(const struct readings *readings, uint64_t mixed)
{
    struct readings_line *line = line_of(readings, mixed);
    uint32_t sum = (uint32_t)(mixed >> COUNT_BITS);
    for (size_t i = 0; i < READINGS_PLACES; i++) {
        uint32_t word = atomic_load_explicit(&line->words[i], memory_order_relaxed);
        if ((word & COUNT_MASK) == 0) return &line->words[i];
        sum = sum * UINT32_C(2654435761) + word;
    }
    return &line->words[sum >> 28];
}

static _Atomic uint32_t *place_of(const struct readings *readings, uint64_t mixed)
{
    _Atomic uint32_t *place = find(readings, mixed);
    return place != NULL ? place : find_place(readings, mixed);
}

void readings_init(struct readings *readings)
{
    size_t bytes = READINGS_LINES * sizeof(struct readings_line);
    readings->lines = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    INVARIANT(readings->lines != MAP_FAILED);
}

void readings_clear(struct readings *readings)
{
    munmap(readings->lines, READINGS_LINES * sizeof(struct readings_line));
    readings->lines = NULL;
}

bool readings_note(struct readings *readings, unsigned db, struct key key, unsigned enough)
{
    if (enough == 0) return false;
    uint64_t mixed = mix(db, key);
    _Atomic uint32_t *place = place_of(readings, mixed);
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
    atomic_store(place_of(readings, mixed), word_of(mixed, count));
}

static uint32_t get(const struct readings *readings, unsigned db, struct key key)
{
    uint64_t mixed = mix(db, key);
    const _Atomic uint32_t *place = find(readings, mixed);
    return place != NULL ? count_of(atomic_load(place), mixed) : 0;
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
