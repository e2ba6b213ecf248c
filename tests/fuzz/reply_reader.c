/*
 * reply_reader.c - any bytes, as replies: what is read must not depend on the pieces they arrive in, and
 * skipping must end where reading does.
 *
 * The first byte says how large the pieces are.
 */
#include "proto/reply_reader.h"

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Enough for the pieces to be of interest; reading byte by byte is slow. */
enum { LONGEST = 8192 };

/* One call on bytes of their own, so that reading outside of them is noticed. */
static enum reader_status read_copy(struct reply_reader *reader, struct slice input,
                                    struct buffer *transcript, size_t *consumed)
{
    struct reply_element element;
    char *copy = alloc_bytes(input.len);
    if (input.len > 0) memcpy(copy, input.data, input.len);
    enum reader_status status = reply_reader_next(reader, slice_of(copy, input.len), &element, consumed);
    INVARIANT(status != READER_MORE || reader->wanted > input.len);
    if (status == READER_READY) {
        INVARIANT(*consumed > 0 && *consumed <= input.len);
        buffer_printf(transcript, "%d %lld %lld [", element.type, (long long)element.integer,
                      (long long)element.len);
        buffer_append(transcript, element.text.data, element.text.len);
        buffer_append(transcript, reply_reader_at_end(reader) ? "];" : "],", 2);
    }
    alloc_free(copy);
    return status;
}

/* The transcript of all elements; `*end` is where the last whole reply ends. */
static struct buffer read_pieces(struct slice stream, size_t piece, size_t *end)
{
    struct reply_reader reader = { 0 };
    struct buffer transcript = { 0 };
    size_t start = 0;
    size_t there = stream.len < piece ? stream.len : piece;
    *end = 0;
    for (;;) {
        size_t consumed = 0;
        struct slice input = { stream.data + start, there - start };
        enum reader_status status = read_copy(&reader, input, &transcript, &consumed);
        start += consumed;
        if (status == READER_READY && reply_reader_at_end(&reader)) *end = start;
        if (status == READER_READY) continue;
        if (status == READER_BROKEN || there == stream.len) break;
        there = stream.len - there < piece ? stream.len : there + piece;
    }
    return transcript;
}

static size_t skip_all(struct slice stream)
{
    struct reply_reader reader = { 0 };
    size_t at = 0, consumed;
    while (reply_reader_skip(&reader, slice_of(stream.data + at, stream.len - at), &consumed) == READER_READY)
        at += consumed;
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > LONGEST) return 0;
    struct slice stream = { (const char *)data + 1, size - 1 };
    size_t whole_end, pieces_end;
    struct buffer whole = read_pieces(stream, SIZE_MAX, &whole_end);
    struct buffer pieces = read_pieces(stream, 1 + (size_t)data[0], &pieces_end);
    INVARIANT(slice_equal(buffer_slice(&whole), buffer_slice(&pieces)));
    INVARIANT(whole_end == pieces_end);
    INVARIANT(skip_all(stream) >= whole_end); /* it also skips what is nested too deeply to be read */
    buffer_clear(&whole);
    buffer_clear(&pieces);
    return 0;
}
