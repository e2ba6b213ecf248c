#include <criterion/criterion.h>

#include "proto/base/alloc.h"
#include "proto/http/http_reader.h"

struct read {
    int status; /* 0: it is complete */
    struct buffer text;
};

/* What is understood of a request that comes in two pieces, and then byte by byte. */
static struct read read_at(struct slice request, size_t split, size_t step)
{
    struct http_reader reader = { 0 };
    struct read result = { .status = -1 };
    for (size_t end = split;; end = end + step < request.len ? end + step : request.len) {
        char *copy = alloc_bytes(end);
        memcpy(copy, request.data, end);
        enum http_read read = http_read(&reader, slice_of(copy, end), 1000);
        if (read == HTTP_READ_REFUSED) result.status = reader.status;
        if (read == HTTP_READ_READY) {
            struct slice target = http_text_slice(reader.head.target, copy),
                         body = http_reader_body(&reader, copy);
            result.status = 0;
            buffer_printf(&result.text, "%d %.*s %.*s", reader.head.method, (int)target.len, target.data,
                          (int)body.len, body.data);
            for (unsigned i = 0; i < reader.head.fields_len; i++) {
                struct slice value = http_text_slice(reader.head.fields[i].value, copy);
                buffer_printf(&result.text, " %d=%.*s", reader.head.fields[i].name, (int)value.len,
                              value.data);
            }
        }
        alloc_free(copy);
        if (end == request.len || read == HTTP_READ_REFUSED || read == HTTP_READ_READY) break;
    }
    http_reader_clear(&reader);
    return result;
}

static void expect_everywhere(struct slice request, int status)
{
    struct read whole = read_at(request, request.len, 1);
    cr_assert_eq(whole.status, status, "%.*s: %d", (int)request.len, request.data, whole.status);
    for (size_t split = 1; split < request.len; split++) {
        for (size_t step = 1; step <= request.len; step += request.len - 1) {
            struct read split_read = read_at(request, split, step);
            cr_assert_eq(split_read.status, status, "%.*s at %zu: %d", (int)request.len, request.data, split,
                         split_read.status);
            cr_assert(slice_equal(buffer_slice(&whole.text), buffer_slice(&split_read.text)));
            buffer_clear(&split_read.text);
        }
    }
    buffer_clear(&whole.text);
}

Test(http_reader, a_request_is_understood_at_every_split)
{
    expect_everywhere(SLICE("GET /keys/a HTTP/1.1\r\nHost:  x \t\r\nIf-None-Match: \"a\"\r\n\r\n"), 0);
    expect_everywhere(SLICE("PUT /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"), 0);
    expect_everywhere(SLICE("PUT /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
                            "5\r\nhello\r\n1;x\r\n!\r\n0\r\nA: b\r\n\r\n"),
                      0);
    expect_everywhere(SLICE("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), 0);
}

Test(http_reader, what_is_refused_is_refused_at_every_split)
{
    expect_everywhere(SLICE("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"), 400);
    expect_everywhere(SLICE("GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n"), 400);
    expect_everywhere(SLICE("GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n"), 400);
    expect_everywhere(SLICE("GET / HTTP/1.1\r\nHost: x\r\n b\r\n\r\n"), 400);
    expect_everywhere(SLICE("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"), 413);
    expect_everywhere(SLICE("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello!\r\n"),
                      400);
    expect_everywhere(SLICE("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello"), 400);
    expect_everywhere(SLICE("PUT / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\nhello"),
                      413);
}

Test(http_reader, the_next_request_begins_where_the_first_ends)
{
    struct slice both = SLICE("PUT /a HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\n1"
                              "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
    struct http_reader reader = { 0 };
    cr_assert_eq(http_read(&reader, both, 10), HTTP_READ_READY);
    size_t first = reader.length;
    cr_assert_eq(http_read(&reader, both, 10), HTTP_READ_READY, "it is the same when it is asked again");
    cr_assert_eq(reader.length, first);
    http_reader_next(&reader);
    cr_assert_eq(http_read(&reader, slice_of(both.data + first, both.len - first), 10), HTTP_READ_READY);
    cr_assert_eq(reader.length, both.len - first);
    http_reader_clear(&reader);
}
