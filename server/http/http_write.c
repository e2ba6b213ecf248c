#include "server/http/http_write.h"

#include "proto/base/array.h"
#include "proto/base/contract.h"
#include "proto/http/http_response.h"
#include "server/core/loop.h"
#include "server/exec/errors/errors_cache.h"
#include "server/http/http_client.h"
#include "server/http/http_loop.h"
#include "server/net/connection.h"

static struct loop *loop_of(const struct http_client *client)
{
    return client->connection->loop;
}

static void write_connection(const struct http_client *client, struct buffer *out)
{
    if (client->exchange.closes)
        http_response_field(out, SLICE("Connection"), SLICE("close"));
    else if (http_client_head(client)->minor == 0)
        http_response_field(out, SLICE("Connection"), SLICE("keep-alive"));
}

/* Whoever may read from another origin is told so; and caches, that others are not. */
static void write_origin(const struct http_client *client, struct buffer *out)
{
    if (client->exchange.trusted_origin) {
        http_response_field(out, SLICE("Access-Control-Allow-Origin"), buffer_slice(&client->origin));
        http_response_field(out, SLICE("Access-Control-Expose-Headers"),
                            SLICE("Accept-Ranges, Allow, Cache-Status, Content-Range, ETag, Nuthatch-State, "
                                  "Nuthatch-Token, Retry-After"));
    }
    if (loop_of(client)->http->origins.len > 0) http_response_field(out, SLICE("Vary"), SLICE("Origin"));
}

struct buffer *http_write_begin(struct http_client *client, int status)
{
    struct loop *loop = loop_of(client);
    struct buffer *out = &loop->out;
    buffer_reserve(out, 1024);
    http_response_begin(out, status);
    http_response_field(out, SLICE("Date"), http_loop_date(loop));
    write_connection(client, out);
    write_origin(client, out);
    return out;
}

void http_write_end(struct http_client *client, struct buffer *out, size_t body_len)
{
    (void)client;
    http_response_number(out, SLICE("Content-Length"), body_len);
    http_response_end(out);
}

static bool has_body(const struct http_client *client)
{
    return http_client_head(client)->method != METHOD_HEAD;
}

static void write_words(struct http_client *client, struct buffer *out, struct slice type, struct slice text)
{
    http_response_field(out, SLICE("Content-Type"), type);
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-store"));
    http_response_field(out, SLICE("X-Content-Type-Options"), SLICE("nosniff"));
    http_write_end(client, out, text.len);
    if (has_body(client)) buffer_append(out, text.data, text.len);
}

static void write_status_fields(struct http_client *client, struct buffer *out, int status)
{
    struct slice methods = client->exchange.methods;
    if (status == 401)
        http_response_field(out, SLICE("WWW-Authenticate"),
                            SLICE("Basic realm=\"Nuthatch\", charset=\"UTF-8\""));
    if (status == 405)
        http_response_field(out, SLICE("Allow"), methods.len > 0 ? methods : SLICE(HTTP_METHODS));
    if (status == 503) http_response_field(out, SLICE("Retry-After"), SLICE("1"));
}

struct buffer *http_write_refusal_begin(struct http_client *client, int status)
{
    struct buffer *out = http_write_begin(client, status);
    write_status_fields(client, out, status);
    return out;
}

void http_write_refusal_end(struct http_client *client, struct buffer *out, struct slice why)
{
    struct buffer text = { 0 };
    buffer_append(&text, why.data, why.len);
    buffer_append(&text, "\n", 1);
    write_words(client, out, SLICE("text/plain; charset=utf-8"), buffer_slice(&text));
    buffer_clear(&text);
}

void http_write_refusal(struct http_client *client, int status, struct slice why)
{
    http_write_refusal_end(client, http_write_refusal_begin(client, status), why);
}

/* What errors begin with. */
static const struct code {
    struct slice code;
    int status;
    struct slice why;
} codes[] = {
    { SLICE("NOAUTH"), 401, SLICE("authentication is required") },
    { SLICE("WRONGPASS"), 401, SLICE("wrong name or password, or the user is disabled") },
    { SLICE("NOPERM"), 403, SLICE("the user has no permission for this") },
    { SLICE("WRONGTYPE"), 409, SLICE("the key holds no string") },
    { SLICE("OOM"), 507, SLICE("memory is used up") },
    { SLICE(ERR_TOO_MANY_TYPES), 507, SLICE("too many media types are kept") },
    { SLICE("LOADING"), 503, SLICE("a file is being loaded") },
    { SLICE("BUSY"), 503, SLICE("a script takes long") },
    { SLICE("MASTERDOWN"), 503, SLICE("the upstream is not reached") },
    { SLICE("READONLY"), 503, SLICE("the upstream is a replica") },
    { SLICE("TRYAGAIN"), 503, SLICE("try again") },
    { SLICE("UNBLOCKED"), 503, SLICE("the wait was ended: try again") },
    { SLICE("CLUSTERDOWN"), 503, SLICE("the upstream is down") },
    { SLICE("ERR invalid expire time"), 400, SLICE("the time to live is too many milliseconds") },
    { SLICE("ERR invalid cost"), 400, SLICE("a cost is at most 4294967295 milliseconds") },
    { SLICE("ERR invalid lease time"), 400,
      SLICE("a lease is of 1 to 600000 milliseconds, a retry or a pass of 1 to 86400000") },
};

/* What the error says is not told as it is: it may hold what somebody sent. */
void http_write_error(struct http_client *client, struct slice error)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
        struct slice code = codes[i].code;
        bool same = error.len >= code.len && memcmp(error.data, code.data, code.len) == 0 &&
                    (error.len == code.len || error.data[code.len] == ' ');
        if (!same) continue;
        http_write_refusal(client, codes[i].status, codes[i].why);
        return;
    }
    http_write_refusal(client, 400, SLICE("the command was refused"));
}

void http_write_taken_out(struct http_client *client)
{
    http_write_refusal(client, 501, SLICE("the command for this was taken out (rename-command)"));
}

void http_write_bare(struct http_client *client, int status)
{
    struct buffer *out = http_write_begin(client, status);
    if (status == 204)
        http_response_end(out);
    else
        http_write_end(client, out, 0);
}

void http_write_text(struct http_client *client, struct slice type, struct slice text)
{
    struct buffer *out = http_write_begin(client, 200);
    write_words(client, out, type, text);
}

/* From the reply to the response, with its pin. */
static void move_pinned(struct http_client *client, struct http_reply *reply, struct reply_value *value,
                        struct slice part)
{
    struct loop *loop = loop_of(client);
    struct reply_values *to = &loop->values, *from = reply->values;
    ARRAY_RESERVE(to->items, to->len, to->cap, 16);
    to->items[to->len++] = (struct reply_value){ .at = loop->out.len, .text = part, .holder = value->holder };
    to->bytes += part.len;
    from->bytes -= value->text.len;
    size_t index = (size_t)(value - from->items);
    for (size_t i = index + 1; i < from->len; i++) from->items[i - 1] = from->items[i];
    from->len--;
}

void http_write_value(struct http_client *client, struct http_reply *reply, const struct http_element *value,
                      struct slice part)
{
    if (!has_body(client) || part.len == 0) return;
    if (value->pinned != NULL)
        move_pinned(client, reply, value->pinned, part);
    else
        buffer_append(&loop_of(client)->out, part.data, part.len);
}
