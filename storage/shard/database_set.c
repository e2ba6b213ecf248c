#include "storage/shard/database_set.h"

#include <stddef.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

static size_t words_for(size_t bits)
{
    return (bits + 63) / 64;
}

void database_set_init(struct database_set *set, unsigned databases)
{
    size_t words = words_for(databases);
    set->databases = databases;
    set->words = alloc_zeroed(words * sizeof *set->words);
    set->summary = alloc_zeroed(words_for(words) * sizeof *set->summary);
}

void database_set_clear(struct database_set *set)
{
    alloc_free((void *)set->words);
    alloc_free((void *)set->summary);
    *set = (struct database_set){ 0 };
}

static void set_bit(_Atomic uint64_t *words, size_t bit)
{
    atomic_fetch_or_explicit(&words[bit / 64], UINT64_C(1) << (bit % 64), memory_order_relaxed);
}

void database_set_add(struct database_set *set, unsigned db)
{
    REQUIRE(db < set->databases);
    set_bit(set->words, db);
    set_bit(set->summary, db / 64);
}

/* The first bit from `from` on; `bits` when there is none. */
static size_t next_bit(const _Atomic uint64_t *words, size_t bits, size_t from)
{
    size_t mask_from = from;
    for (size_t at = from / 64; at < words_for(bits); at++, mask_from = 0) {
        uint64_t word = atomic_load_explicit(&words[at], memory_order_relaxed);
        word &= ~UINT64_C(0) << (mask_from % 64);
        if (word != 0) return at * 64 + (size_t)__builtin_ctzll(word);
    }
    return bits;
}

unsigned database_set_next(const struct database_set *set, unsigned from)
{
    size_t words = words_for(set->databases), bit = from;
    for (size_t at = from / 64; from < set->databases && at < words;) {
        size_t end = (at + 1) * 64 < set->databases ? (at + 1) * 64 : set->databases;
        size_t found = next_bit(set->words, end, bit);
        if (found < end) return (unsigned)found;
        at = next_bit(set->summary, words, at + 1);
        bit = at * 64;
    }
    return set->databases;
}

unsigned database_set_next_round(const struct database_set *set, unsigned from)
{
    unsigned db = database_set_next(set, from);
    return db < set->databases ? db : database_set_next(set, 0);
}
