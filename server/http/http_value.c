#include "server/http/http_value.h"

#include "proto/base/buffer.h"
#include "proto/http/http_range.h"
#include "proto/http/http_response.h"
#include "server/http/http_client.h"
#include "server/http/http_etag_of.h"
#include "server/http/http_write.h"

static bool is_met(const struct http_client *client, enum http_field_name name, struct slice etag,
                   enum http_comparison comparison)
{
    struct slice list;
    unsigned at = 0;
    while (http_head_each(http_client_head(client), http_client_request(client), name, &at, &list))
        if (http_etag_matches(list, etag, comparison)) return true;
    return false;
}

/* 200, or what a condition makes of it (RFC 9110, 13.2.2). */
static int status_of(const struct http_client *client, struct slice etag)
{
    const struct http_head *head = http_client_head(client);
    bool fails =
        http_head_has(head, HTTP_IF_MATCH) && !is_met(client, HTTP_IF_MATCH, etag, HTTP_COMPARE_STRONG);
    if (fails) return 412;
    bool same = http_head_has(head, HTTP_IF_NONE_MATCH) &&
                is_met(client, HTTP_IF_NONE_MATCH, etag, HTTP_COMPARE_WEAK);
    return same ? 304 : 200;
}

/* A range is of GET, and of the value that its sender has a part of already. A date is never that of ours. */
static bool has_range(const struct http_client *client, struct slice etag)
{
    const struct http_head *head = http_client_head(client);
    if (head->method != METHOD_GET || !http_head_has(head, HTTP_RANGE)) return false;
    if (!http_head_has(head, HTTP_IF_RANGE)) return true;
    struct slice wanted = http_client_field(client, HTTP_IF_RANGE);
    return !slice_equal(wanted, SLICE("*")) && http_etag_matches(wanted, etag, HTTP_COMPARE_STRONG);
}

static void write_cache_fields(struct buffer *out)
{
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-cache"));
    http_response_field(out, SLICE("Cache-Status"), SLICE("nuthatch; hit"));
}

/* What a page could do with a value that somebody else has stored. */
static void write_type_fields(struct buffer *out)
{
    http_response_field(out, SLICE("Content-Type"), SLICE("application/octet-stream"));
    http_response_field(out, SLICE("Content-Security-Policy"), SLICE("sandbox; default-src 'none'"));
    http_response_field(out, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
}

static void write_not_modified(struct http_client *client, struct slice etag)
{
    struct buffer *out = http_write_begin(client, 304);
    http_response_field(out, SLICE("ETag"), etag);
    write_cache_fields(out);
    http_response_end(out);
}

static void write_outside(struct http_client *client, size_t len)
{
    struct buffer *out = http_write_begin(client, 416);
    buffer_printf(out, "Content-Range: bytes */%zu\r\n", len);
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-store"));
    http_write_end(client, out, 0);
}

struct part {
    enum http_range range;
    size_t first, last;
};

static struct part part_of(const struct http_client *client, struct slice etag, size_t len)
{
    struct part part = { .range = HTTP_RANGE_WHOLE };
    if (has_range(client, etag))
        part.range = http_range_read(http_client_field(client, HTTP_RANGE), len, &part.first, &part.last);
    return part;
}

static void write_body(struct http_client *client, struct http_reply *reply, const struct http_element *value,
                       struct slice etag, struct part part)
{
    bool partial = part.range == HTTP_RANGE_PART;
    struct slice body = value->text;
    if (partial) body = slice_of(body.data + part.first, part.last - part.first + 1);
    struct buffer *out = http_write_begin(client, partial ? 206 : 200);
    http_response_field(out, SLICE("ETag"), etag);
    http_response_field(out, SLICE("Accept-Ranges"), SLICE("bytes"));
    if (partial)
        buffer_printf(out, "Content-Range: bytes %zu-%zu/%zu\r\n", part.first, part.last, value->text.len);
    write_cache_fields(out);
    write_type_fields(out);
    http_write_end(client, out, body.len);
    http_write_value(client, reply, value, body);
}

void http_value_write(struct http_client *client, struct http_reply *reply, const struct http_element *value)
{
    struct http_etag tag = http_etag_of_value(value->text, (struct slice){ 0 });
    struct slice etag = http_etag_text(&tag);
    int status = status_of(client, etag);
    struct part part = part_of(client, etag, value->text.len);
    if (status == 304)
        write_not_modified(client, etag);
    else if (status == 412)
        http_write_refusal(client, 412, SLICE("the value is another one"));
    else if (part.range == HTTP_RANGE_OUTSIDE)
        write_outside(client, value->text.len);
    else
        write_body(client, reply, value, etag, part);
}
