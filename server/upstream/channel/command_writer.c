#include "server/upstream/channel/command_writer.h"

#include <string.h>

#include "proto/base/number.h"

size_t command_size(const struct slice *words, size_t count)
{
    size_t size = 1 + number_length_i64((int64_t)count) + 2;
    for (size_t i = 0; i < count; i++)
        size += 1 + number_length_i64((int64_t)words[i].len) + 2 + words[i].len + 2;
    return size;
}

static char *place_line_end(char *at)
{
    at[0] = '\r';
    at[1] = '\n';
    return at + 2;
}

static char *place_header(char *at, char kind, size_t number)
{
    char digits[NUMBER_I64_MAX];
    size_t len = number_format_u64(digits, number);
    *at++ = kind;
    memcpy(at, digits, len);
    return place_line_end(at + len);
}

void command_place(char *space, const struct slice *words, size_t count, struct slice *placed)
{
    char *at = place_header(space, '*', count);
    for (size_t i = 0; i < count; i++) {
        size_t len = words[i].len;
        at = place_header(at, '$', len);
        if (len > 0) memcpy(at, words[i].data, len);
        if (placed != NULL) placed[i] = slice_of(at, len);
        at = place_line_end(at + len);
    }
}

void command_write(struct buffer *out, const struct slice *words, size_t count)
{
    size_t size = command_size(words, count);
    command_place(buffer_reserve(out, size), words, count, NULL);
    buffer_commit(out, size);
}
