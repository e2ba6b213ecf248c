#include "proto/http/http_response.h"

#include "proto/base/contract.h"
#include "proto/base/number.h"
#include "proto/http/fields/http_chars.h"

static const struct reason {
    int status;
    struct slice line; /* "200 OK" */
} reasons[] = {
    { 200, SLICE("200 OK") },
    { 304, SLICE("304 Not Modified") },
    { 204, SLICE("204 No Content") },
    { 404, SLICE("404 Not Found") },
    { 201, SLICE("201 Created") },
    { 202, SLICE("202 Accepted") },
    { 206, SLICE("206 Partial Content") },
    { 400, SLICE("400 Bad Request") },
    { 401, SLICE("401 Unauthorized") },
    { 403, SLICE("403 Forbidden") },
    { 405, SLICE("405 Method Not Allowed") },
    { 406, SLICE("406 Not Acceptable") },
    { 408, SLICE("408 Request Timeout") },
    { 409, SLICE("409 Conflict") },
    { 411, SLICE("411 Length Required") },
    { 412, SLICE("412 Precondition Failed") },
    { 413, SLICE("413 Content Too Large") },
    { 414, SLICE("414 URI Too Long") },
    { 415, SLICE("415 Unsupported Media Type") },
    { 416, SLICE("416 Range Not Satisfiable") },
    { 417, SLICE("417 Expectation Failed") },
    { 421, SLICE("421 Misdirected Request") },
    { 431, SLICE("431 Request Header Fields Too Large") },
    { 500, SLICE("500 Internal Server Error") },
    { 501, SLICE("501 Not Implemented") },
    { 502, SLICE("502 Bad Gateway") },
    { 503, SLICE("503 Service Unavailable") },
    { 505, SLICE("505 HTTP Version Not Supported") },
    { 507, SLICE("507 Insufficient Storage") },
};

static struct slice line_of(int status)
{
    for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
        if (reasons[i].status == status) return reasons[i].line;
    return SLICE("500 Unknown");
}

static inline void append(struct buffer *out, struct slice text)
{
    buffer_append(out, text.data, text.len);
}

struct slice http_response_reason(int status)
{
    struct slice line = line_of(status);
    return slice_of(line.data + 4, line.len - 4);
}

void http_response_begin(struct buffer *out, int status)
{
    append(out, SLICE("HTTP/1.1 "));
    append(out, line_of(status));
    append(out, SLICE("\r\n"));
}

void http_response_field(struct buffer *out, struct slice name, struct slice value)
{
    REQUIRE(http_is_value(value));
    append(out, name);
    append(out, SLICE(": "));
    append(out, value);
    append(out, SLICE("\r\n"));
}

void http_response_number(struct buffer *out, struct slice name, uint64_t value)
{
    char digits[NUMBER_I64_MAX];
    size_t len = number_format_u64(digits, value);
    append(out, name);
    append(out, SLICE(": "));
    append(out, slice_of(digits, len));
    append(out, SLICE("\r\n"));
}

void http_response_end(struct buffer *out)
{
    append(out, SLICE("\r\n"));
}
