#include "server/script/sha1.h"

#include <string.h>

#define BLOCK 64

static uint32_t rotate(uint32_t word, int by)
{
    return word << by | word >> (32 - by);
}

static uint32_t load_big(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void store_big(uint8_t *bytes, uint32_t word)
{
    for (int i = 0; i < 4; i++) bytes[i] = (uint8_t)(word >> (24 - 8 * i));
}

static void expand(const uint8_t *block, uint32_t words[80])
{
    for (int i = 0; i < 16; i++) words[i] = load_big(block + (size_t)4 * (size_t)i);
    for (int i = 16; i < 80; i++)
        words[i] = rotate(words[i - 3] ^ words[i - 8] ^ words[i - 14] ^ words[i - 16], 1);
}

/* What FIPS 180-4 calls f and K of round `i`, added up. */
static uint32_t mix(int i, uint32_t b, uint32_t c, uint32_t d)
{
    if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999u;
    if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1u;
    if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdcu;
    return (b ^ c ^ d) + 0xca62c1d6u;
}

static void add_block(uint32_t state[5], const uint8_t *block)
{
    uint32_t words[80];
    uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    expand(block, words);
    for (int i = 0; i < 80; i++) {
        uint32_t next = rotate(a, 5) + mix(i, b, c, d) + e + words[i];
        e = d;
        d = c;
        c = rotate(b, 30);
        b = a;
        a = next;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
}

/* The rest of the text, a one, zeros, and the length in bits. */
static void add_end(uint32_t state[5], const uint8_t *rest, size_t rest_len, uint64_t len)
{
    uint8_t end[2 * BLOCK] = { 0 };
    size_t size = rest_len + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
    if (rest_len > 0) memcpy(end, rest, rest_len);
    end[rest_len] = 0x80;
    store_big(end + size - 8, (uint32_t)(len * 8 >> 32));
    store_big(end + size - 4, (uint32_t)(len * 8));
    for (size_t at = 0; at < size; at += BLOCK) add_block(state, end + at);
}

struct sha1 sha1_of(struct slice text)
{
    uint32_t state[5] = { 0x67452301u, 0xefcdab89u, 0x98badcfeu, 0x10325476u, 0xc3d2e1f0u };
    struct sha1 sha1;
    const uint8_t *bytes = (const uint8_t *)text.data;
    size_t whole = text.len / BLOCK * BLOCK;
    for (size_t at = 0; at < whole; at += BLOCK) add_block(state, bytes + at);
    add_end(state, whole < text.len ? bytes + whole : NULL, text.len - whole, text.len);
    for (size_t i = 0; i < 5; i++) store_big(sha1.bytes + 4 * i, state[i]);
    return sha1;
}

void sha1_write(const struct sha1 *sha1, char hex[SHA1_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA1_BYTES; i++) {
        hex[2 * i] = digits[sha1->bytes[i] >> 4];
        hex[2 * i + 1] = digits[sha1->bytes[i] & 15];
    }
    hex[SHA1_HEX] = '\0';
}

static int digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool sha1_read(struct slice hex, struct sha1 *sha1)
{
    if (hex.len != SHA1_HEX) return false;
    for (size_t i = 0; i < SHA1_BYTES; i++) {
        int high = digit(hex.data[2 * i]), low = digit(hex.data[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        sha1->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
