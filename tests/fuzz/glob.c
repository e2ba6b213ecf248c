/*
 * glob.c - any pattern on any text.
 *
 * The first byte says how much of the rest is the pattern. A pattern has no wrong form, so what is looked for
 * is reading outside of it and taking too long; a text of which every byte is escaped must match itself.
 */
#include "proto/base/glob.h"

#include <stdint.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Bytes of their own, so that reading outside of them is noticed. */
static struct slice copy_of(const uint8_t *data, size_t len)
{
    char *copy = alloc_bytes(len);
    if (len > 0) memcpy(copy, data, len);
    return slice_of(copy, len);
}

static struct slice escape(struct slice text)
{
    char *escaped = alloc_bytes(text.len * 2);
    for (size_t i = 0; i < text.len; i++) {
        escaped[2 * i] = '\\';
        escaped[2 * i + 1] = text.data[i];
    }
    return slice_of(escaped, text.len * 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1) return 0;
    size_t pattern_len = data[0] < size - 1 ? data[0] : size - 1;
    struct slice pattern = copy_of(data + 1, pattern_len);
    struct slice text = copy_of(data + 1 + pattern_len, size - 1 - pattern_len);
    struct slice escaped = escape(text);

    glob_match(pattern, text);
    glob_match_nocase(pattern, text);
    INVARIANT(glob_match(escaped, text));
    INVARIANT(glob_match_nocase(escaped, text));
    INVARIANT(glob_match(SLICE("*"), text));

    alloc_free((char *)pattern.data);
    alloc_free((char *)text.data);
    alloc_free((char *)escaped.data);
    return 0;
}
