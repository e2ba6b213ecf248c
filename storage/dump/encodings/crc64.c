#include "storage/dump/encodings/crc64.h"

#include <stddef.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

#include "proto/base/bytes.h"

/*
 * Eight bytes at a time. tables[k][byte] is what a byte comes to that k bytes follow. A checksum without
 * inversion is linear, so that follows from what each of the eight bits comes to, and the compiler writes the
 * tables.
 */
#define BIT(byte, bit, sum) ((byte) >> (bit)&1 ? UINT64_C(sum) : 0)
#define ONE(byte, a, b, c, d, e, f, g, h)                                                                    \
    BIT(byte, 0, a) ^ BIT(byte, 1, b) ^ BIT(byte, 2, c) ^ BIT(byte, 3, d) ^ BIT(byte, 4, e) ^                \
        BIT(byte, 5, f) ^ BIT(byte, 6, g) ^ BIT(byte, 7, h)
#define FOUR(byte, ...)                                                                                      \
    ONE(byte, __VA_ARGS__), ONE(byte + 1, __VA_ARGS__), ONE(byte + 2, __VA_ARGS__), ONE(byte + 3, __VA_ARGS__)
#define SIXTEEN(byte, ...)                                                                                   \
    FOUR(byte, __VA_ARGS__), FOUR(byte + 4, __VA_ARGS__), FOUR(byte + 8, __VA_ARGS__),                       \
        FOUR(byte + 12, __VA_ARGS__)
#define SIXTY_FOUR(byte, ...)                                                                                \
    SIXTEEN(byte, __VA_ARGS__), SIXTEEN(byte + 16, __VA_ARGS__), SIXTEEN(byte + 32, __VA_ARGS__),            \
        SIXTEEN(byte + 48, __VA_ARGS__)
#define TABLE(...)                                                                                           \
    SIXTY_FOUR(0, __VA_ARGS__), SIXTY_FOUR(64, __VA_ARGS__), SIXTY_FOUR(128, __VA_ARGS__),                   \
        SIXTY_FOUR(192, __VA_ARGS__)

static const uint64_t tables[8][256] = {
    { TABLE(0x7ad870c830358979, 0xf5b0e190606b12f2, 0xc038e5739841b68f, 0xab28ecb46814fe75,
            0x7d08ff3b88be6f81, 0xfa11fe77117cdf02, 0xdf7adabd7a6e2d6f, 0x95ac9329ac4bc9b5) },
    { TABLE(0x89e99ffd73bddf69, 0x388a19a9bfec2db9, 0x711433537fd85b72, 0xe22866a6ffb0b6e4,
            0xef09eb1ea7f6fea3, 0xf54af06e177a6e2d, 0xc1ccc68f76634f31, 0xa8c0ab4db4510d09) },
    { TABLE(0xf4125129ce4038be, 0xc37d8400c417e217, 0xada22e52d0b85745, 0x701d7af6f9e73de1,
            0xe03af5edf3ce7bc2, 0xeb2ccd88bf0b64ef, 0xfd00bd4226815ab5, 0xd1585cd715952601) },
    { TABLE(0x8ce168638c796306, 0x329bf69440655567, 0x6537ed2880caaace, 0xca6fda510195559c,
            0xbf8692f15bbd3853, 0x545403b1efede3cd, 0xa8a80763dfdbc79a, 0x7a092894e7201c5f) },
    { TABLE(0x3504e58b9ba6dd1e, 0x6a09cb17374dba3c, 0xd413962e6e9b7478, 0x837e0a0f85a17b9b,
            0x2da5324c53d5645d, 0x5b4a6498a7aac8ba, 0xb694c9314f559174, 0x4670b431c63cb183) },
    { TABLE(0xe39d1389931b9354, 0xec6301407ea0b5c3, 0xf39f24d3a5d6f8ed, 0xcc676ff4133a62b1,
            0xb397f9bb7ee35609, 0x4c76d525a5513f79, 0x98edaa4b4aa27ef2, 0x1a8272c5cdd36e8f) },
    { TABLE(0x62a95de6e302eff2, 0xc552bbcdc605dfe4, 0xa1fc51c8d49c2ca3, 0x68a185c2f1afca2d,
            0xd1430b85e35f945a, 0x89df31589e28bbdf, 0x38e744e264c6e4d5, 0x71ce89c4c98dc9aa) },
    { TABLE(0x381d0015c96f4444, 0x703a002b92de8888, 0xe074005725bd1110, 0xebb126fd13edb14b,
            0xfc3b6ba97f4cf1fd, 0xd32ff101a60e7091, 0x8d06c450148b7249, 0x3154aef3718177f9) },
};

static uint64_t after_byte(uint64_t sum, char byte)
{
    return sum >> 8 ^ tables[0][(sum ^ (unsigned char)byte) & 0xff];
}

static uint64_t after_word(uint64_t sum, uint64_t word)
{
    sum ^= word;
    return tables[7][sum & 0xff] ^ tables[6][sum >> 8 & 0xff] ^ tables[5][sum >> 16 & 0xff] ^
           tables[4][sum >> 24 & 0xff] ^ tables[3][sum >> 32 & 0xff] ^ tables[2][sum >> 40 & 0xff] ^
           tables[1][sum >> 48 & 0xff] ^ tables[0][sum >> 56];
}

/* Words are loaded with their lowest byte first, as on every machine this is built for. */
static uint64_t by_words(uint64_t sum, const char *at, size_t left)
{
    for (; left >= 8; at += 8, left -= 8) sum = after_word(sum, bytes_load64(at));
    for (; left > 0; left--) sum = after_byte(sum, *at++);
    return sum;
}

#if defined(__x86_64__) && defined(__GNUC__)

/*
 * Sixty-four bytes at a time, where the processor multiplies without carries (Gopal and others 2009): sixteen
 * bytes that so many bits follow come to two products, of each half with a power of x that is one for all.
 * Reflected, the product of two words stands for their product times x, so the powers are less by one.
 */
#define FOLDED_FROM 128
#define POWER_191   0xd9d7be7d505da32c /* of x, by the polynomial, reflected */
#define POWER_127   0x381d0015c96f4444
#define POWER_575   0xaf86efb16d9ab4fb
#define POWER_511   0xf49784a634f014e4
#define FOLDING     __attribute__((target("pclmul")))

FOLDING static inline __m128i fold(__m128i bytes, __m128i powers, __m128i next)
{
    __m128i low = _mm_clmulepi64_si128(bytes, powers, 0x00), high = _mm_clmulepi64_si128(bytes, powers, 0x11);
    return _mm_xor_si128(next, _mm_xor_si128(low, high));
}

static inline __m128i load(const char *at)
{
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

FOLDING static uint64_t by_folding(uint64_t sum, const char *at, size_t left)
{
    __m128i far = _mm_set_epi64x((long long)POWER_511, (long long)POWER_575);
    __m128i near = _mm_set_epi64x((long long)POWER_127, (long long)POWER_191);
    __m128i a = _mm_xor_si128(load(at), _mm_set_epi64x(0, (long long)sum));
    __m128i b = load(at + 16), c = load(at + 32), d = load(at + 48);
    for (at += 64, left -= 64; left >= 64; at += 64, left -= 64) {
        a = fold(a, far, load(at));
        b = fold(b, far, load(at + 16));
        c = fold(c, far, load(at + 32));
        d = fold(d, far, load(at + 48));
    }
    char folded[16];
    __m128i all = fold(fold(fold(a, near, b), near, c), near, d);
    _mm_storeu_si128((__m128i *)(void *)folded, all);
    return by_words(by_words(0, folded, sizeof folded), at, left);
}

uint64_t crc64(uint64_t sum, struct slice bytes)
{
    if (bytes.len >= FOLDED_FROM && __builtin_cpu_supports("pclmul"))
        return by_folding(sum, bytes.data, bytes.len);
    return by_words(sum, bytes.data, bytes.len);
}

#else

uint64_t crc64(uint64_t sum, struct slice bytes)
{
    return by_words(sum, bytes.data, bytes.len);
}

#endif
