#include "storage/types/blocks/record.h"

#include "proto/base/bytes.h"
#include "proto/base/number.h"
#include "storage/memory/block.h"

size_t record_put_integer(char out[8], int64_t integer)
{
    memcpy(out, &integer, sizeof integer);
    /* The bits that differ from the sign, and the sign. */
    uint64_t different = (uint64_t)(integer ^ (integer >> 63));
    unsigned bits = different == 0 ? 1 : 65 - (unsigned)__builtin_clzll(different);
    return (bits + 7) / 8;
}

/* One to eight of them, the lowest first, without a look at what is behind them. */
static uint64_t load(const char *bytes, size_t len)
{
    if (len >= 4) return bytes_load32(bytes) | (uint64_t)bytes_load32(bytes + len - 4) << 8 * (len - 4);
    size_t middle = len / 2, last = len - 1;
    return (uint64_t)(unsigned char)bytes[0] | (uint64_t)(unsigned char)bytes[middle] << 8 * middle |
           (uint64_t)(unsigned char)bytes[last] << 8 * last;
}

int64_t record_get_integer(const char *bytes, size_t len)
{
    unsigned unused = 64 - 8 * (unsigned)len;
    return (int64_t)(load(bytes, len) << unused) >> unused;
}

void record_of_integer(struct record_form *form, int64_t integer)
{
    form->bytes = slice_of(form->scratch, record_put_integer(form->scratch, integer));
    form->mark = true;
}

void record_of_text(struct record_form *form, struct slice text)
{
    int64_t integer;
    if (number_may_be_i64(text) && number_parse_i64(text, &integer)) {
        record_of_integer(form, integer);
        return;
    }
    record_of_plain(form, text);
}

void record_of_member(struct record_form *form, const struct member *member)
{
    if (member->is_integer) {
        record_of_integer(form, member->integer);
        return;
    }
    record_of_plain(form, member->text);
}

void record_of_outside(struct record_form *form, struct slice text)
{
    char *block = block_alloc(text.len);
    memcpy(block, text.data, text.len);
    memcpy(form->scratch, &block, sizeof block);
    memcpy(form->scratch + sizeof block, &text.len, sizeof text.len);
    form->bytes = slice_of(form->scratch, RECORD_OUTSIDE_LEN);
    form->mark = true;
}

struct slice record_outside(struct slice bytes)
{
    struct slice text;
    memcpy(&text.data, bytes.data, sizeof text.data);
    memcpy(&text.len, bytes.data + sizeof text.data, sizeof text.len);
    return text;
}

void record_free_outside(struct slice bytes)
{
    struct slice text = record_outside(bytes);
    block_free((char *)(uintptr_t)text.data, text.len);
}

void record_move_outside(char *bytes, const void *moved)
{
    memcpy(bytes, &moved, sizeof moved);
}

bool record_is_member(struct slice bytes, bool mark, const struct member *member)
{
    if (!mark)
        return !member->is_integer && bytes.len == member->text.len &&
               bytes_equal(bytes.data, member->text.data, bytes.len);
    if (bytes.len == RECORD_OUTSIDE_LEN) return slice_equal(record_outside(bytes), member->text);
    return member->is_integer && record_get_integer(bytes.data, bytes.len) == member->integer;
}
