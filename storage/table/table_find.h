/*
 * table_find.h - the look-up of a key, inline for those through whom every request goes.
 *
 * Threads: the owner's lock.
 */
#ifndef STORAGE_TABLE_TABLE_FIND_H
#define STORAGE_TABLE_TABLE_FIND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "storage/entry/entry_layout.h"
#include "storage/table/key.h"
#include "storage/table/table_layout.h"

/* A bit for each slot of the line whose tag is this; the link's capacity is no tag. */
static inline unsigned line_matches(const struct line *line, uint16_t tag)
{
#ifdef __SSE2__
    /* The upper halves of the slots side by side, then their upper halves: eight tags in one register. */
    const float *halves = (const float *)(const void *)line->slots;
    __m128 a = _mm_load_ps(halves), b = _mm_load_ps(halves + 4);
    __m128 c = _mm_load_ps(halves + 8), d = _mm_load_ps(halves + 12);
    __m128i low = _mm_castps_si128(_mm_shuffle_ps(a, b, _MM_SHUFFLE(3, 1, 3, 1)));
    __m128i high = _mm_castps_si128(_mm_shuffle_ps(c, d, _MM_SHUFFLE(3, 1, 3, 1)));
    __m128i tops = _mm_packs_epi32(_mm_srai_epi32(low, 16), _mm_srai_epi32(high, 16));
    __m128i tags = _mm_and_si128(tops, _mm_set1_epi16(SLOT_TAG_MASK));
    /* GCC spreads 16 bits by way of memory, storing two bytes and loading four, which waits for the store. */
    __m128i sought = _mm_shuffle_epi32(_mm_shufflelo_epi16(_mm_cvtsi32_si128(tag), 0), 0);
    __m128i equal = _mm_cmpeq_epi16(tags, sought);
    unsigned matches = (unsigned)_mm_movemask_epi8(_mm_packs_epi16(equal, _mm_setzero_si128()));
#else
    unsigned matches = 0;
    for (unsigned i = 0; i < LINE_SLOTS; i++) matches |= (unsigned)slot_has_tag(line->slots[i], tag) << i;
#endif
    unsigned linked = line_is_linked(line);
    return matches & ~(linked << LINK_AT);
}

static inline __attribute__((always_inline)) bool slot_has(struct table_slot slot, struct slice name)
{
    const struct entry *entry = slot_entry(slot.word);
    return entry != NULL && entry_has_key(entry, name);
}

static inline __attribute__((always_inline)) struct table_slot *table_look_up_overflow(
    const struct line *line, struct key key)
{
    struct overflow overflow = line_overflow(line);
    uint16_t tag = key_tag(key.hash);
    for (size_t i = 0; i < overflow.capacity; i++) {
        struct table_slot *slot = &overflow.slots[i];
        if (slot_has_tag(*slot, tag) && slot_has(*slot, key.name)) return slot;
    }
    return NULL;
}

/* What the hint beside the entry tells of a slot with a deadline: that it has not passed, or nothing. */
static inline bool slot_is_early(const struct table *table, const struct table_slot *slot, int64_t now_ms)
{
    if (__builtin_expect(slot_entry(slot->word)->kind & ENTRY_EXTRA, 0)) return false;
    int64_t anchor_units = table->anchor_ms >> HINT_MS_LOG2;
    uint64_t units = (uint64_t)((now_ms >> HINT_MS_LOG2) - anchor_units);
    unsigned hint = (unsigned)(slot->word >> SLOT_HINT_SHIFT);
    unsigned after_anchor = (hint - (unsigned)anchor_units) & HINT_MASK;
    return units < HINT_MASK && after_anchor > units;
}

/* table_find(), inline: for the path of every request, where a call costs a tenth of it. */
static inline __attribute__((always_inline)) struct table_slot *table_look_up(const struct table *table,
                                                                              struct key key)
{
    struct line *line = line_of(table, key.hash);
    unsigned matches = line_matches(line, key_tag(key.hash));
    for (; matches != 0; matches &= matches - 1) {
        struct table_slot *slot = &line->slots[__builtin_ctz(matches)];
        if (__builtin_expect(slot_has(*slot, key.name), 1)) return slot;
    }
    return line_is_linked(line) ? table_look_up_overflow(line, key) : NULL;
}

#endif
