/*
 * packed_find.h - the two things that are done with many bytes of a packed block at a time: comparing its
 * tags and adding up its lengths.
 *
 * Loads are aligned down, so they may take in bytes before and behind the block, which are masked out. A
 * sanitizer would object: for it, and where there is no SSE2, plain loops do the same.
 */
#ifndef STORAGE_TYPES_BLOCKS_PACKED_FIND_H
#define STORAGE_TYPES_BLOCKS_PACKED_FIND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define PACKED_PLAIN 1
#endif
#endif
#if !defined(PACKED_PLAIN) &&                                                                                \
    (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) || !defined(__SSE2__))
#define PACKED_PLAIN 1
#endif

#ifndef PACKED_PLAIN
#include <emmintrin.h>

#define PACKED_16(byte)                                                                                      \
    byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte, byte

static const unsigned char packed_masks[48] = { PACKED_16(0), PACKED_16(0x7f), PACKED_16(0) };

/* The low seven bits of the bytes from `index` on; of the first `count`; of a load of sixteen. */
static inline __m128i packed_mask_from(size_t index)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(packed_masks + 16 - index));
}

static inline __m128i packed_mask_first(size_t count)
{
    return _mm_loadu_si128((const __m128i *)(const void *)(packed_masks + 32 - count));
}

static inline size_t packed_halves(__m128i sums)
{
    return (size_t)_mm_cvtsi128_si64(sums) + (size_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(sums, sums));
}
#endif

/* The sum of `count` bytes without their top bits. */
static inline size_t packed_sum_bytes(const char *bytes, size_t count)
{
#ifndef PACKED_PLAIN
    if (count == 0) return 0;
    size_t lead = (uintptr_t)bytes & 15, left = lead + count;
    const __m128i *word = (const __m128i *)(const void *)(bytes - lead);
    __m128i keep = packed_mask_from(lead), sums = _mm_setzero_si128();
    for (; left > 16; left -= 16) {
        __m128i kept = _mm_and_si128(_mm_load_si128(word++), keep);
        sums = _mm_add_epi64(sums, _mm_sad_epu8(kept, _mm_setzero_si128()));
        keep = packed_mask_from(0);
    }
    __m128i kept = _mm_and_si128(_mm_load_si128(word), _mm_and_si128(keep, packed_mask_first(left)));
    return packed_halves(_mm_add_epi64(sums, _mm_sad_epu8(kept, _mm_setzero_si128())));
#else
    size_t sum = 0;
    for (size_t i = 0; i < count; i++) sum += bytes[i] & 0x7f;
    return sum;
#endif
}

/* The same of numbers of two bytes. */
static inline size_t packed_sum_pairs(const char *pairs, size_t count)
{
    size_t sum = 0, i = 0;
#ifndef PACKED_PLAIN
    __m128i sums = _mm_setzero_si128();
    for (; i + 8 <= count; i += 8) {
        __m128i loaded = _mm_loadu_si128((const __m128i *)(const void *)(pairs + 2 * i));
        __m128i kept = _mm_and_si128(loaded, _mm_set1_epi16(0x7fff));
        sums = _mm_add_epi32(sums, _mm_madd_epi16(kept, _mm_set1_epi16(1)));
    }
    __m128i wide = _mm_add_epi64(_mm_unpacklo_epi32(sums, _mm_setzero_si128()),
                                 _mm_unpackhi_epi32(sums, _mm_setzero_si128()));
    sum = packed_halves(wide);
#endif
    for (; i < count; i++) {
        uint16_t pair;
        memcpy(&pair, pairs + 2 * i, sizeof pair);
        sum += pair & 0x7fff;
    }
    return sum;
}

/* The first place from `from` on, below `count`, of `byte`; `count` if there is none. */
static inline size_t packed_find_byte(const char *bytes, size_t count, uint8_t byte, size_t from)
{
#ifndef PACKED_PLAIN
    if (from >= count) return count;
    size_t lead = (uintptr_t)(bytes + from) & 15;
    const char *word = bytes + from - lead;
    unsigned keep = 0xffffu << lead;
    __m128i sought = _mm_set1_epi32((int)(byte * 0x1010101u));
    for (; word < bytes + count; word += 16, keep = 0xffff) {
        __m128i equal = _mm_cmpeq_epi8(_mm_load_si128((const __m128i *)(const void *)word), sought);
        unsigned found = (unsigned)_mm_movemask_epi8(equal) & keep;
        if (found == 0) continue;
        size_t index = (size_t)(word + __builtin_ctz(found) - bytes);
        return index < count ? index : count;
    }
    return count;
#else
    while (from < count && (uint8_t)bytes[from] != byte) from++;
    return from < count ? from : count;
#endif
}

#endif
