/*
 * slice.h - bytes that belong to somebody else.
 *
 * The argument of a command, a key, a value on its way: a pointer and a length, copied by value.
 * A slice owns nothing and lives as long as the bytes it points to; whoever hands one out says how
 * long that is. The bytes may hold any value, NUL included, and are not terminated.
 *
 * Threads: plain values, no state.
 */
#ifndef PROTO_BASE_SLICE_H
#define PROTO_BASE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct slice {
    const char *data;
    size_t len;
};

/* The slice of a string literal, its length counted by the compiler. */
#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })

static inline struct slice slice_of(const void *data, size_t len)
{
    return (struct slice){ data, len };
}

static inline struct slice slice_of_cstr(const char *text)
{
    return (struct slice){ text, strlen(text) };
}

static inline bool slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* As much of it as fits in `size` bytes, terminated. An empty slice may have no address, which memcpy() must
 * not be given: whoever copies out of a slice does it with this or bytes_copy(), or looks at the length
 * first. */
static inline void slice_to_cstr(struct slice from, char *to, size_t size)
{
    size_t len = from.len < size - 1 ? from.len : size - 1;
    if (len > 0) memcpy(to, from.data, len);
    to[len] = '\0';
}

/* Equal but for the case of ASCII letters. */
static inline bool slice_equal_nocase(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || strncasecmp(a.data, b.data, a.len) == 0);
}

#endif
