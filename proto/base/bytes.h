/*
 * bytes.h - comparing and copying the few dozen bytes that keys and values mostly are, without a call.
 *
 * The C library's functions are made for any length; to get into them and to find out which one it is takes
 * longer than the work itself when there are 16 bytes. Here the lengths from 8 to 32 are done in place with
 * two loads that may overlap; shorter ones likewise, by a call; longer ones are left to the C library.
 *
 * Threads: no state.
 */
#ifndef PROTO_BASE_BYTES_H
#define PROTO_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t bytes_load64(const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline uint16_t bytes_load16(const char *from)
{
    uint16_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline uint32_t bytes_load32(const char *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

/* 16 bytes, compared or moved as two words or in one register, as the compiler likes. */
struct bytes16 {
    uint64_t low, high;
};

static inline struct bytes16 bytes_load128(const char *from)
{
    struct bytes16 both;
    memcpy(&both, from, sizeof both);
    return both;
}

/* Of lengths below 8. */
bool bytes_equal_short(const char *a, const char *b, size_t len);
void bytes_copy_short(char *to, const char *from, size_t len);

static inline __attribute__((always_inline)) bool bytes_equal(const char *a, const char *b, size_t len)
{
    if (len - 8 <= 8)
        return ((bytes_load64(a) ^ bytes_load64(b)) |
                (bytes_load64(a + len - 8) ^ bytes_load64(b + len - 8))) == 0;
    if (len - 16 <= 16) {
        struct bytes16 a1 = bytes_load128(a), a2 = bytes_load128(a + len - 16);
        struct bytes16 b1 = bytes_load128(b), b2 = bytes_load128(b + len - 16);
        return ((a1.low ^ b1.low) | (a1.high ^ b1.high) | (a2.low ^ b2.low) | (a2.high ^ b2.high)) == 0;
    }
    return len < 8 ? bytes_equal_short(a, b, len) : memcmp(a, b, len) == 0;
}

/* The two do not overlap. */
static inline void bytes_copy(char *to, const char *from, size_t len)
{
    if (len - 16 <= 16) {
        struct bytes16 head = bytes_load128(from), tail = bytes_load128(from + len - 16);
        memcpy(to, &head, sizeof head);
        memcpy(to + len - 16, &tail, sizeof tail);
    } else if (len - 8 <= 8) {
        uint64_t head = bytes_load64(from), tail = bytes_load64(from + len - 8);
        memcpy(to, &head, sizeof head);
        memcpy(to + len - 8, &tail, sizeof tail);
    } else if (len < 8) {
        bytes_copy_short(to, from, len);
    } else {
        memcpy(to, from, len);
    }
}

/* The two may overlap: all is loaded before any is stored. */
static inline void bytes_move(char *to, const char *from, size_t len)
{
    if (len - 8 <= 24)
        bytes_copy(to, from, len);
    else if (len > 0)
        memmove(to, from, len);
}

#endif
