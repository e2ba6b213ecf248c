#include "tests/unit/storage/types/texts.h"

#include <stdint.h>
#include <stdio.h>

#include "proto/base/alloc.h"

#define LEN_MAX 6000

/* A text of `len` bytes, more than its number takes, that ends with its number. */
static struct slice padded(size_t number, size_t len, char *scratch)
{
    char name[24];
    int digits = snprintf(name, sizeof name, ":%zu", number);
    memset(scratch, 'x', len);
    memcpy(scratch + len - (size_t)digits, name, (size_t)digits);
    return slice_of(scratch, len);
}

static struct slice printed(const char *format, size_t number, char *scratch)
{
    return slice_of(scratch, (size_t)snprintf(scratch, LEN_MAX, format, number));
}

static struct slice binary(size_t number, char *scratch)
{
    uint64_t bytes = number;
    scratch[0] = '\0';
    memcpy(scratch + 1, &bytes, sizeof bytes);
    return slice_of(scratch, 1 + sizeof bytes);
}

static struct slice text_of(size_t number, char *scratch)
{
    switch (number % 16) {
    case 0: return number == 0 ? slice_of(scratch, 0) : printed("%zu", number, scratch);
    case 1: return printed("-%zu", number, scratch);
    case 2: return printed("%zu00000000", number, scratch);
    case 3: return printed("0%zu", number, scratch);
    case 4: return printed("+%zu", number, scratch);
    case 5: return binary(number, scratch);
    case 6: return padded(number, number % 96 == 6 ? 120 + number / 16 % 20 : 24, scratch);
    case 7: return padded(number, number % 512 == 7 ? 1000 + number % LEN_MAX / 2 : 40, scratch);
    default: return printed("member:%zu", number, scratch);
    }
}

struct slice *texts_make(size_t count)
{
    char scratch[LEN_MAX];
    struct slice *texts = alloc_bytes(count * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        struct slice text = text_of(i, scratch);
        char *copy = alloc_bytes(text.len);
        if (text.len > 0) memcpy(copy, text.data, text.len);
        texts[i] = slice_of(copy, text.len);
    }
    return texts;
}

void texts_free(struct slice *texts, size_t count)
{
    for (size_t i = 0; i < count; i++) alloc_free((char *)(uintptr_t)texts[i].data);
    alloc_free(texts);
}
