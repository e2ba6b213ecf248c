#include "proto/http/http_chunks.h"

#include "proto/http/fields/http_chars.h"

/* A size of up to eight digits, and an extension. */
#define SIZE_LINE_MAX 256
#define SIZE_DIGITS   8
#define TRAILERS_MAX  4096

enum { PART_SIZE, PART_DATA, PART_DATA_END, PART_TRAILERS, PART_OVER };

/* A whole line at the start of `input`, without its end. MORE or WRONG otherwise. */
static enum http_chunks_state take_line(struct slice input, size_t most, struct slice *line)
{
    const char *lf = input.len > 0 ? memchr(input.data, '\n', input.len) : NULL;
    size_t len = lf != NULL ? (size_t)(lf - input.data) : input.len;
    if (len > most) return HTTP_CHUNKS_WRONG;
    if (lf == NULL) {
        bool ends_in_cr = len > 0 && input.data[len - 1] == '\r';
        return http_is_value(slice_of(input.data, len - ends_in_cr)) ? HTTP_CHUNKS_MORE : HTTP_CHUNKS_WRONG;
    }
    if (len == 0 || input.data[len - 1] != '\r') return HTTP_CHUNKS_WRONG;
    *line = slice_of(input.data, len - 1);
    return http_is_value(*line) ? HTTP_CHUNKS_DATA : HTTP_CHUNKS_WRONG;
}

static bool read_size(struct slice line, uint64_t *size)
{
    size_t digits = 0;
    for (*size = 0; digits < line.len && http_hex_digit(line.data[digits]) >= 0; digits++) {
        if (digits == SIZE_DIGITS) return false;
        *size = *size * 16 + (uint64_t)http_hex_digit(line.data[digits]);
    }
    if (digits == 0) return false;
    return digits == line.len || line.data[digits] == ';';
}

static enum http_chunks_state next_size(struct http_chunks *chunks, struct slice input, size_t *used)
{
    struct slice line;
    enum http_chunks_state state = take_line(input, SIZE_LINE_MAX, &line);
    if (state != HTTP_CHUNKS_DATA) return state;
    if (!read_size(line, &chunks->left)) return HTTP_CHUNKS_WRONG;
    *used += line.len + 2;
    chunks->part = chunks->left > 0 ? PART_DATA : PART_TRAILERS;
    return HTTP_CHUNKS_DATA;
}

static enum http_chunks_state next_data(struct http_chunks *chunks, struct slice input, size_t *used,
                                        struct slice *data)
{
    if (input.len == 0) return HTTP_CHUNKS_MORE;
    size_t len = input.len < chunks->left ? input.len : (size_t)chunks->left;
    *data = slice_of(input.data, len);
    *used += len;
    chunks->left -= len;
    if (chunks->left == 0) chunks->part = PART_DATA_END;
    return HTTP_CHUNKS_DATA;
}

static enum http_chunks_state end_data(struct http_chunks *chunks, struct slice input, size_t *used)
{
    size_t len = input.len < 2 ? input.len : 2;
    if (memcmp(input.len > 0 ? input.data : "", "\r\n", len) != 0) return HTTP_CHUNKS_WRONG;
    if (len < 2) return HTTP_CHUNKS_MORE;
    *used += 2;
    chunks->part = PART_SIZE;
    return HTTP_CHUNKS_DATA;
}

static bool is_trailer(struct slice line)
{
    const char *colon = memchr(line.data, ':', line.len);
    return colon != NULL && http_is_token(slice_of(line.data, (size_t)(colon - line.data)));
}

static enum http_chunks_state next_trailer(struct http_chunks *chunks, struct slice input, size_t *used)
{
    struct slice line;
    enum http_chunks_state state = take_line(input, TRAILERS_MAX - chunks->trailers, &line);
    if (state != HTTP_CHUNKS_DATA) return state;
    *used += line.len + 2;
    chunks->trailers += line.len + 2;
    if (chunks->trailers > TRAILERS_MAX) return HTTP_CHUNKS_WRONG;
    if (line.len == 0)
        chunks->part = PART_OVER;
    else if (!is_trailer(line))
        return HTTP_CHUNKS_WRONG;
    return HTTP_CHUNKS_DATA;
}

enum http_chunks_state http_chunks_next(struct http_chunks *chunks, struct slice input, size_t *used,
                                        struct slice *data)
{
    *used = 0;
    for (;;) {
        struct slice rest = slice_of(input.data + *used, input.len - *used);
        enum http_chunks_state state = HTTP_CHUNKS_END;
        switch (chunks->part) {
        case PART_DATA: return next_data(chunks, rest, used, data);
        case PART_SIZE: state = next_size(chunks, rest, used); break;
        case PART_DATA_END: state = end_data(chunks, rest, used); break;
        case PART_TRAILERS: state = next_trailer(chunks, rest, used); break;
        }
        if (state != HTTP_CHUNKS_DATA) return state;
    }
}
