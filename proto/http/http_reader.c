#include "proto/http/http_reader.h"

/* A body of chunks that was larger takes its memory with it. */
#define BODY_KEPT_MAX 65536

static enum http_read refuse(struct http_reader *reader, int status)
{
    reader->status = status;
    return HTTP_READ_REFUSED;
}

static enum http_read complete(struct http_reader *reader, size_t length)
{
    reader->length = length;
    reader->wanted = 0;
    return HTTP_READ_READY;
}

static enum http_read read_known(struct http_reader *reader, struct slice input, uint64_t body_max)
{
    int64_t length = reader->head.content_length;
    if (length > 0 && (uint64_t)length > body_max) return refuse(reader, 413);
    size_t end = reader->head_len + (length > 0 ? (size_t)length : 0);
    if (input.len >= end) return complete(reader, end);
    reader->wanted = end;
    return HTTP_READ_HEAD;
}

static enum http_read read_chunks(struct http_reader *reader, struct slice input, uint64_t body_max)
{
    for (;;) {
        size_t used = 0;
        struct slice piece = { 0 };
        struct slice rest = slice_of(input.data + reader->at, input.len - reader->at);
        enum http_chunks_state state = http_chunks_next(&reader->chunks, rest, &used, &piece);
        reader->at += used;
        if (state == HTTP_CHUNKS_WRONG) return refuse(reader, 400);
        if (reader->at - reader->head_len + reader->chunks.left > body_max) return refuse(reader, 413);
        if (state == HTTP_CHUNKS_END) return complete(reader, reader->at);
        if (state == HTTP_CHUNKS_MORE) break;
        buffer_append(&reader->body, piece.data, piece.len);
    }
    reader->wanted = input.len + 1;
    return HTTP_READ_HEAD;
}

static enum http_read read_head(struct http_reader *reader, struct slice input)
{
    int status = 0;
    size_t len = 0;
    enum http_head_state state = http_head_check(&reader->check, input, &len, &status);
    if (state == HTTP_HEAD_WRONG) return refuse(reader, status);
    reader->wanted = input.len + 1;
    if (state == HTTP_HEAD_MORE) return HTTP_READ_MORE;
    status = http_head_read(&reader->head, slice_of(input.data, len));
    if (status != 0) return refuse(reader, status);
    reader->head_len = reader->at = len;
    return HTTP_READ_HEAD;
}

enum http_read http_read(struct http_reader *reader, struct slice input, uint64_t body_max)
{
    if (reader->status != 0) return HTTP_READ_REFUSED;
    if (reader->head_len == 0) {
        enum http_read read = read_head(reader, input);
        if (read != HTTP_READ_HEAD) return read;
    }
    return reader->head.chunked ? read_chunks(reader, input, body_max) : read_known(reader, input, body_max);
}

void http_reader_next(struct http_reader *reader)
{
    reader->check = (struct http_head_check){ 0 };
    reader->chunks = (struct http_chunks){ 0 };
    reader->head_len = reader->at = reader->length = reader->wanted = 0;
    reader->status = 0;
    reader->body.len = 0;
    if (reader->body.cap > BODY_KEPT_MAX) buffer_clear(&reader->body);
}

void http_reader_clear(struct http_reader *reader)
{
    buffer_clear(&reader->body);
}

struct slice http_reader_body(const struct http_reader *reader, const char *input)
{
    if (reader->head.chunked) return buffer_slice(&reader->body);
    return slice_of(input + reader->head_len, reader->length - reader->head_len);
}
