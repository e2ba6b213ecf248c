#include "server/http/keys/http_store.h"

#include "proto/http/http_response.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/http/http_client.h"
#include "server/http/http_reply.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_condition.h"
#include "server/http/keys/http_etag_of.h"
#include "server/http/keys/http_terms.h"
#include "server/net/connection.h"

static bool has_upstream(const struct http_client *client)
{
    return client->connection->loop->server->tier != NULL;
}

static enum http_step refuse(struct http_client *client, int status, struct slice why)
{
    http_write_refusal(client, status, why);
    return HTTP_STEP_DONE;
}

/* Of an upstream's key it is not known whether there was one: then it is never told to be new. */
static void write_stored(struct http_client *client)
{
    bool created = !client->exchange.existed && !has_upstream(client);
    struct buffer *out = http_write_begin(client, created ? 201 : 204);
    http_response_field(out, SLICE("ETag"), http_etag_text(&client->exchange.etag));
    if (created)
        http_write_end(client, out, 0);
    else
        http_response_end(out);
}

static void finish(struct http_client *client, struct http_reply *reply)
{
    struct http_element done = http_reply_next(reply);
    if (client->exchange.refused)
        http_condition_refuse(client);
    else if (done.type == ELEMENT_STATUS)
        write_stored(client);
    else if (done.type == ELEMENT_NULL)
        http_write_refusal(client, 409, SLICE("the token is not good any more"));
    else
        http_write_error(client, done.text);
}

static enum http_step run(struct http_client *client, const struct http_argv *argv)
{
    return http_run(client, &(struct http_command){ .argv = argv->items,
                                                    .argc = argv->len,
                                                    .guard = http_condition_holds,
                                                    .finish = finish,
                                                    .takes_value = true });
}

static enum http_step store_plain(struct http_client *client, struct slice value, int64_t ttl_ms)
{
    struct http_argv argv = { 0 };
    http_argv_add(&argv, SLICE("SET"));
    http_argv_add(&argv, client->exchange.key);
    http_argv_add(&argv, value);
    if (ttl_ms >= 0) {
        http_argv_add(&argv, SLICE("PX"));
        http_argv_add_number(&argv, ttl_ms);
    }
    client->exchange.key_arg = 1;
    return run(client, &argv);
}

static enum http_step store_dressed(struct http_client *client, struct slice value,
                                    const struct http_terms *terms)
{
    struct http_argv argv = { 0 };
    http_argv_add(&argv, SLICE("CACHE"));
    http_argv_add(&argv, SLICE("SET"));
    http_argv_add(&argv, client->exchange.key);
    http_argv_add(&argv, value);
    http_terms_write(terms, &argv);
    client->exchange.key_arg = 2;
    return run(client, &argv);
}

/* An upstream's keys are strings with a deadline and nothing else. What they are said to be is forgotten,
 * what would make another value of them is refused. */
static bool fits_upstream(struct http_client *client, struct http_terms *terms)
{
    if (http_condition_is_there(client) || terms->coded) return false;
    terms->type = SLICE("");
    return http_terms_are_plain(terms);
}

enum http_step http_store_run(struct http_client *client)
{
    struct http_terms terms;
    if (http_client_field(client, HTTP_CONTENT_RANGE).data != NULL)
        return refuse(client, 400, SLICE("a part of a value cannot be stored"));
    if (!http_terms_read(client, &terms)) return HTTP_STEP_DONE;
    if (has_upstream(client) && !fits_upstream(client, &terms))
        return refuse(client, 501,
                      SLICE("conditions, tags, grace, leases and codings are not for keys of an upstream"));
    struct slice value = http_reader_body(&client->reader, http_client_request(client));
    client->exchange.etag = http_etag_of_value(value, terms.type);
    if (http_terms_are_plain(&terms)) return store_plain(client, value, terms.ttl_ms);
    return store_dressed(client, value, &terms);
}
