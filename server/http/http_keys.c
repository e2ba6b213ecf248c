#include "server/http/http_keys.h"

#include "proto/http/http_response.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/http/http_client.h"
#include "server/http/http_condition.h"
#include "server/http/http_etag_of.h"
#include "server/http/http_value.h"
#include "server/http/http_write.h"
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

static void write_absent(struct http_client *client)
{
    struct buffer *out = http_write_begin(client, 404);
    http_response_field(out, SLICE("Cache-Control"), SLICE("no-store"));
    http_response_field(out, SLICE("Cache-Status"), SLICE("nuthatch; fwd=miss"));
    http_write_end(client, out, 0);
}

static void finish_get(struct http_client *client, struct http_reply *reply)
{
    struct http_element value = http_reply_next(reply);
    if (value.type == ELEMENT_BULK)
        http_value_write(client, reply, &value);
    else if (value.type == ELEMENT_NULL)
        write_absent(client);
    else
        http_write_error(client, value.text);
}

static enum http_step get(struct http_client *client)
{
    struct slice argv[] = { SLICE("GET"), client->exchange.key };
    return http_run(client, &(struct http_command){ .argv = argv, .argc = 2, .finish = finish_get });
}

static void finish_put(struct http_client *client, struct http_reply *reply)
{
    struct http_exchange *exchange = &client->exchange;
    struct http_element done = http_reply_next(reply);
    if (exchange->refused) {
        http_write_refusal(client, 412, SLICE("the condition does not hold"));
        return;
    }
    if (done.type != ELEMENT_STATUS) {
        http_write_error(client, done.text);
        return;
    }
    bool created = !exchange->existed && !has_upstream(client);
    struct buffer *out = http_write_begin(client, created ? 201 : 204);
    http_response_field(out, SLICE("ETag"), http_etag_text(&exchange->etag));
    if (created)
        http_write_end(client, out, 0);
    else
        http_response_end(out);
}

/* What there was, and whether that is what was wanted, only this server knows of its own keys. */
static enum http_step put(struct http_client *client)
{
    struct http_exchange *exchange = &client->exchange;
    if (http_client_field(client, HTTP_CONTENT_RANGE).data != NULL)
        return refuse(client, 400, SLICE("a part of a value cannot be stored"));
    if (has_upstream(client) && http_condition_is_there(client))
        return refuse(client, 501, SLICE("conditions on changes are not for keys of an upstream"));
    struct slice value = http_reader_body(&client->reader, http_client_request(client));
    struct slice argv[] = { SLICE("SET"), exchange->key, value };
    exchange->etag = http_etag_of_value(value, (struct slice){ 0 });
    return http_run(client, &(struct http_command){ .argv = argv,
                                                    .argc = 3,
                                                    .guard = http_condition_holds,
                                                    .finish = finish_put,
                                                    .takes_value = true });
}

static void finish_delete(struct http_client *client, struct http_reply *reply)
{
    struct http_element count = http_reply_next(reply);
    if (client->exchange.refused)
        http_write_refusal(client, 412, SLICE("the condition does not hold"));
    else if (count.type != ELEMENT_INT)
        http_write_error(client, count.text);
    else if (count.integer > 0)
        http_write_bare(client, 204);
    else
        write_absent(client);
}

static bool deletes(struct call *call)
{
    struct http_client *client = http_client_of(call);
    bool holds = http_condition_holds(call);
    if (!client->exchange.existed) client->exchange.refused = false;
    return holds || !client->exchange.existed;
}

static enum http_step delete (struct http_client *client) {
    if (has_upstream(client) && http_condition_is_there(client)) return refuse(
        client, 501, SLICE("conditions on changes are not for keys of an upstream"));
    struct slice argv[] = { SLICE("DEL"), client->exchange.key };
    return http_run(
        client, &(struct http_command){ .argv = argv, .argc = 2, .guard = deletes, .finish = finish_delete });
}

enum http_step http_keys_run(struct http_client *client)
{
    switch (http_client_head(client)->method) {
    case METHOD_PUT:
    case METHOD_POST: return put(client);
    case METHOD_DELETE:
    case METHOD_PURGE: return delete (client);
    default: return get(client);
    }
}
