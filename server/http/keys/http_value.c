#include "server/http/keys/http_value.h"

#include "proto/base/buffer.h"
#include "proto/http/fields/http_coding.h"
#include "proto/http/fields/http_date.h"
#include "proto/http/fields/http_range.h"
#include "proto/http/http_response.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/http/http_client.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_etag_of.h"
#include "server/http/keys/http_terms.h"
#include "server/net/connection.h"

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

static const struct settings *settings_of(const struct http_client *client)
{
    return client->connection->loop->server->settings;
}

static bool is_stale(const struct http_view *view)
{
    return slice_equal(view->state, SLICE("stale")) || (view->ttl_ms == 0 && view->grace_ms >= 0);
}

/* Whoever asks us asks the origin, so there is no age. What is bumped by a tag no browser hears of: as a rule
 * it is told to ask each time. */
static void write_cache_control(struct http_client *client, struct buffer *out, const struct http_view *view)
{
    bool tells = SETTING(settings_of(client), http_cache_control) == HTTP_FRESHNESS_TTL;
    if (!tells || (view->ttl_ms < 0 && !is_stale(view))) {
        http_response_field(out, SLICE("Cache-Control"), SLICE("no-cache"));
        return;
    }
    int64_t left_s = is_stale(view) ? 0 : view->ttl_ms / 1000;
    buffer_printf(out, "Cache-Control: max-age=%lld", (long long)left_s);
    if (view->grace_ms > 0)
        buffer_printf(out, ", stale-while-revalidate=%lld", (long long)(view->grace_ms / 1000));
    char date[HTTP_DATE_LEN];
    http_date_format(date, client->connection->loop->now_ms / 1000 + left_s);
    buffer_printf(out, "\r\nExpires: %.*s\r\n", HTTP_DATE_LEN, date);
}

/* Who has waited for another client's value was collapsed with it; what an upstream had to be asked for was
 * no hit either. */
static struct slice found(const struct http_view *view)
{
    if (!view->came_late || !slice_equal(view->state, SLICE("hit"))) return SLICE("hit");
    return view->has_upstream ? SLICE("fwd=miss") : SLICE("fwd=miss; collapsed");
}

/* RFC 9211. */
static void write_cache_status(struct buffer *out, const struct http_view *view)
{
    struct slice words = found(view);
    buffer_printf(out, "Cache-Status: nuthatch; %.*s", (int)words.len, words.data);
    if (is_stale(view))
        buffer_append(out, "; ttl=-1", 8);
    else if (view->ttl_ms >= 0)
        buffer_printf(out, "; ttl=%lld", (long long)(view->ttl_ms / 1000));
    if (slice_equal(view->state, SLICE("win")) && !is_stale(view)) buffer_append(out, "; detail=early", 14);
    buffer_append(out, "\r\n", 2);
}

/* Who has asked for a lease is told what came of it, whatever else he is told: nobody else knows the token,
 * and the key is his until the lease ends. Who sees a stale value is told that it is one. */
static void write_state(struct buffer *out, const struct http_view *view)
{
    if (view->leased || is_stale(view)) http_response_field(out, SLICE("Nuthatch-State"), view->state);
    if (view->token.data != NULL) http_response_field(out, SLICE("Nuthatch-Token"), view->token);
}

static void write_cache_fields(struct http_client *client, struct buffer *out, const struct http_view *view)
{
    struct slice type, coding;
    write_cache_control(client, out, view);
    write_cache_status(out, view);
    write_state(out, view);
    http_type_split(view->type, &type, &coding);
    if (coding.len > 0) http_response_field(out, SLICE("Vary"), SLICE("Accept-Encoding"));
}

/* What a page could do with a value that somebody else has stored. */
static void write_type_fields(struct buffer *out, const struct http_view *view)
{
    struct slice type, coding;
    http_type_split(view->type, &type, &coding);
    http_response_field(out, SLICE("Content-Type"), type);
    if (coding.len > 0) http_response_field(out, SLICE("Content-Encoding"), coding);
    http_response_field(out, SLICE("Content-Security-Policy"), SLICE("sandbox; default-src 'none'"));
    http_response_field(out, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
}

/* Nothing is decoded here: who does not understand the coding gets nothing. Who says nothing of codings takes
 * any. */
static bool accepts(const struct http_client *client, const struct http_view *view)
{
    const struct http_head *head = http_client_head(client);
    struct slice type, coding, list;
    unsigned at = 0;
    http_type_split(view->type, &type, &coding);
    if (coding.len == 0 || !http_head_has(head, HTTP_ACCEPT_ENCODING)) return true;
    bool accepted = false;
    while (http_head_each(head, http_client_request(client), HTTP_ACCEPT_ENCODING, &at, &list))
        accepted |= http_coding_is_accepted(list, coding);
    return accepted;
}

static void write_not_modified(struct http_client *client, struct slice etag, const struct http_view *view)
{
    struct buffer *out = http_write_begin(client, 304);
    http_response_field(out, SLICE("ETag"), etag);
    write_cache_fields(client, out, view);
    http_response_end(out);
}

static void write_outside(struct http_client *client, size_t len, const struct http_view *view)
{
    struct buffer *out = http_write_begin(client, 416);
    buffer_printf(out, "Content-Range: bytes */%zu\r\n", len);
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-store"));
    write_state(out, view);
    http_write_end(client, out, 0);
}

static void refuse(struct http_client *client, int status, struct slice why, const struct http_view *view)
{
    struct buffer *out = http_write_refusal_begin(client, status);
    write_state(out, view);
    http_write_refusal_end(client, out, why);
}

struct part {
    enum http_range range;
    size_t first, last;
    struct slice etag;
};

static struct part part_of(const struct http_client *client, struct slice etag, size_t len)
{
    struct part part = { .range = HTTP_RANGE_WHOLE, .etag = etag };
    if (has_range(client, etag))
        part.range = http_range_read(http_client_field(client, HTTP_RANGE), len, &part.first, &part.last);
    return part;
}

static void write_body(struct http_client *client, struct http_reply *reply, const struct http_element *value,
                       const struct http_view *view, struct part part)
{
    bool partial = part.range == HTTP_RANGE_PART;
    struct slice body = value->text;
    if (partial) body = slice_of(body.data + part.first, part.last - part.first + 1);
    struct buffer *out = http_write_begin(client, partial ? 206 : 200);
    http_response_field(out, SLICE("ETag"), part.etag);
    http_response_field(out, SLICE("Accept-Ranges"), SLICE("bytes"));
    if (partial)
        buffer_printf(out, "Content-Range: bytes %zu-%zu/%zu\r\n", part.first, part.last, value->text.len);
    write_cache_fields(client, out, view);
    write_type_fields(out, view);
    http_write_end(client, out, body.len);
    http_write_value(client, reply, value, body);
}

void http_value_write(struct http_client *client, struct http_reply *reply, const struct http_element *value,
                      const struct http_view *view)
{
    struct http_etag tag = http_etag_of_value(value->text, view->type);
    struct slice etag = http_etag_text(&tag);
    int status = status_of(client, etag);
    struct part part = part_of(client, etag, value->text.len);
    if (!accepts(client, view))
        refuse(client, 406, SLICE("the value has a coding that is not accepted"), view);
    else if (status == 304)
        write_not_modified(client, etag, view);
    else if (status == 412)
        refuse(client, 412, SLICE("the value is another one"), view);
    else if (part.range == HTTP_RANGE_OUTSIDE)
        write_outside(client, value->text.len, view);
    else
        write_body(client, reply, value, view, part);
}

/* What keeps others from computing is of no concern to who only looks. */
static int status_of_state(const struct http_view *view)
{
    struct slice state = view->state;
    if (!view->leased) return 404;
    if (slice_equal(state, SLICE("busy"))) return 202;
    if (slice_equal(state, SLICE("fail"))) return 503;
    return 404;
}

void http_value_write_absent(struct http_client *client, const struct http_view *view)
{
    int status = status_of_state(view);
    struct buffer *out = http_write_begin(client, status);
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-store"));
    http_response_field(out, SLICE("Cache-Status"), SLICE("nuthatch; fwd=miss"));
    if (status != 404) http_response_field(out, SLICE("Retry-After"), SLICE("1"));
    write_state(out, view);
    http_write_end(client, out, 0);
}
