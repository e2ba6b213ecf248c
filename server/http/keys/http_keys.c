#include "server/http/keys/http_keys.h"

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/http/http_argv.h"
#include "server/http/http_client.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_condition.h"
#include "server/http/keys/http_read.h"
#include "server/http/keys/http_store.h"
#include "server/http/keys/http_terms.h"
#include "server/http/keys/http_value.h"
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

static void finish_delete(struct http_client *client, struct http_reply *reply)
{
    struct http_element count = http_reply_next(reply);
    if (client->exchange.refused)
        http_condition_refuse(client);
    else if (count.type != ELEMENT_INT)
        http_write_error(client, count.text);
    else if (count.integer > 0)
        http_write_bare(client, 204);
    else
        http_value_write_absent(client, &(struct http_view){ .state = SLICE("miss") });
}

/* What is not there is a 404, whatever the condition. */
static bool deletes(struct call *call)
{
    struct http_client *client = http_client_of(call);
    bool holds = http_condition_holds(call);
    if (client->exchange.existed || client->exchange.forbidden) return holds;
    client->exchange.refused = false;
    return true;
}

static enum http_step delete_key(struct http_client *client)
{
    struct slice argv[] = { SLICE("DEL"), client->exchange.key };
    client->exchange.key_arg = 1;
    return http_run(
        client, &(struct http_command){ .argv = argv, .argc = 2, .guard = deletes, .finish = finish_delete });
}

/* Stale from now on, for who may see it so. */
static enum http_step soften(struct http_client *client)
{
    struct slice argv[] = { SLICE("CACHE"), SLICE("INVALIDATE"), SLICE("SOFT"), SLICE("KEYS"),
                            client->exchange.key };
    client->exchange.key_arg = 4;
    return http_run(
        client, &(struct http_command){ .argv = argv, .argc = 5, .guard = deletes, .finish = finish_delete });
}

static void finish_release(struct http_client *client, struct http_reply *reply)
{
    struct http_element released = http_reply_next(reply);
    if (released.type != ELEMENT_INT)
        http_write_error(client, released.text);
    else if (released.integer > 0)
        http_write_bare(client, 204);
    else
        http_write_refusal(client, 409, SLICE("the token is not good any more"));
}

/* How a lease ends; without any of these fields just so. One at most is there: http_asked.h. */
static const struct ending {
    enum http_field_name field;
    struct slice word;
} endings[] = {
    { HTTP_NUTHATCH_RETRY, SLICE("RETRY") },
    { HTTP_NUTHATCH_PASS, SLICE("PASS") },
    { HTTP_NUTHATCH_RENEW, SLICE("RENEW") },
};

/* The end of a lease without a value. */
static enum http_step release(struct http_client *client)
{
    struct http_argv argv = { 0 };
    http_argv_add(&argv, SLICE("CACHE"));
    http_argv_add(&argv, SLICE("RELEASE"));
    http_argv_add(&argv, client->exchange.key);
    http_argv_add(&argv, http_client_field(client, HTTP_NUTHATCH_TOKEN));
    for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
        int64_t ms = -1;
        if (!http_terms_read_ms(client, endings[i].field, &ms)) return HTTP_STEP_DONE;
        if (ms < 0) continue;
        http_argv_add(&argv, endings[i].word);
        http_argv_add_number(&argv, ms);
    }
    return http_run(client,
                    &(struct http_command){ .argv = argv.items, .argc = argv.len, .finish = finish_release });
}

/* What there was, and whether that is what was wanted, only this server knows of its own keys. */
static enum http_step remove_key(struct http_client *client)
{
    bool releases = http_client_field(client, HTTP_NUTHATCH_TOKEN).data != NULL;
    bool is_soft;
    if (!http_terms_read_soft(client, &is_soft)) return HTTP_STEP_DONE;
    bool is_local = is_soft || releases || http_condition_is_there(client);
    if (has_upstream(client) && is_local)
        return refuse(client, 501,
                      SLICE("conditions, leases and soft purges are not for keys of an upstream"));
    if (releases) return release(client);
    return is_soft ? soften(client) : delete_key(client);
}

enum http_step http_keys_run(struct http_client *client)
{
    switch (http_client_head(client)->method) {
    case METHOD_PUT:
    case METHOD_POST: return http_store_run(client);
    case METHOD_DELETE:
    case METHOD_PURGE: return remove_key(client);
    default: return http_read_run(client);
    }
}
