#include "server/http/keys/http_read.h"

#include "proto/http/fields/http_cache_control.h"
#include "proto/http/fields/http_list.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/http/http_argv.h"
#include "server/http/http_client.h"
#include "server/http/http_reply.h"
#include "server/http/http_write.h"
#include "server/http/keys/http_terms.h"
#include "server/http/keys/http_value.h"
#include "server/net/connection.h"

#define WAIT_MAX_S 60

static bool asks_for_lease(const struct http_client *client)
{
    return http_head_has(http_client_head(client), HTTP_NUTHATCH_LEASE);
}

/* The map behind the token. Elements that are not known are passed over. */
static void read_meta(struct http_reply *reply, struct http_view *view)
{
    struct http_element map = http_reply_next(reply);
    for (int64_t i = 0; map.type == ELEMENT_ARRAY && i < map.integer / 2; i++) {
        struct http_element name = http_reply_next(reply), value = http_reply_next(reply);
        if (slice_equal(name.text, SLICE("ttl"))) view->ttl_ms = value.integer;
        if (slice_equal(name.text, SLICE("grace"))) view->grace_ms = value.integer;
        if (slice_equal(name.text, SLICE("type"))) view->type = value.text;
    }
}

static void finish_cached(struct http_client *client, struct http_reply *reply)
{
    struct http_view view = { .ttl_ms = -1,
                              .grace_ms = -1,
                              .leased = asks_for_lease(client),
                              .came_late = client->exchange.came_late };
    struct http_element array = http_reply_next(reply);
    if (array.type != ELEMENT_ARRAY) {
        http_write_error(client, array.text);
        return;
    }
    view.state = http_reply_next(reply).text;
    struct http_element value = http_reply_next(reply);
    struct http_element token = http_reply_next(reply);
    if (token.type == ELEMENT_BULK) view.token = token.text;
    read_meta(reply, &view);
    if (value.type == ELEMENT_BULK)
        http_value_write(client, reply, &value, &view);
    else
        http_value_write_absent(client, &view);
}

/* Prefer: wait=5 (RFC 7240). False: it was refused. */
static bool read_wait(struct http_client *client, int64_t *wait_s)
{
    const struct http_head *head = http_client_head(client);
    struct slice field, element, name, value;
    unsigned at = 0;
    *wait_s = 0;
    while (http_head_each(head, http_client_request(client), HTTP_PREFER, &at, &field)) {
        while (http_list_next(&field, &element)) {
            http_list_split(element, &name, &value);
            if (!slice_equal_nocase(name, SLICE("wait"))) continue;
            if (!http_seconds_read(value, wait_s)) {
                http_write_refusal(client, 400, SLICE("a number of seconds is digits"));
                return false;
            }
        }
    }
    if (*wait_s > WAIT_MAX_S) *wait_s = WAIT_MAX_S;
    return true;
}

static bool add_lease(struct http_client *client, struct http_argv *argv)
{
    int64_t lease_ms = 0, wait_s;
    if (!http_terms_read_ms(client, HTTP_NUTHATCH_LEASE, &lease_ms) || !read_wait(client, &wait_s))
        return false;
    http_argv_add(argv, SLICE("LEASE"));
    http_argv_add_number(argv, lease_ms);
    if (wait_s == 0) return true;
    http_argv_add(argv, SLICE("WAIT"));
    http_argv_add_number(argv, wait_s * 1000);
    return true;
}

static enum http_step read_cached(struct http_client *client)
{
    struct slice version = http_client_field(client, HTTP_NUTHATCH_VERSION);
    struct http_argv argv = { 0 };
    http_argv_add(&argv, SLICE("CACHE"));
    http_argv_add(&argv, SLICE("GET"));
    http_argv_add(&argv, client->exchange.key);
    http_argv_add(&argv, SLICE("META"));
    if (!asks_for_lease(client))
        http_argv_add(&argv, SLICE("PEEK"));
    else if (!add_lease(client, &argv))
        return HTTP_STEP_DONE;
    if (version.data != NULL) {
        http_argv_add(&argv, SLICE("VERSION"));
        http_argv_add(&argv, version);
    }
    return http_run(client,
                    &(struct http_command){ .argv = argv.items, .argc = argv.len, .finish = finish_cached });
}

static void finish_plain(struct http_client *client, struct http_reply *reply)
{
    struct http_view view = { .state = SLICE("hit"),
                              .ttl_ms = -1,
                              .grace_ms = -1,
                              .came_late = client->exchange.came_late,
                              .has_upstream = true };
    struct http_element value = http_reply_next(reply);
    if (value.type == ELEMENT_BULK)
        http_value_write(client, reply, &value, &view);
    else if (value.type == ELEMENT_NULL)
        http_value_write_absent(client, &(struct http_view){ .state = SLICE("miss") });
    else
        http_write_error(client, value.text);
}

/* A plain read, as any client's: the near cache answers it. */
static enum http_step read_upstream(struct http_client *client)
{
    struct slice argv[] = { SLICE("GET"), client->exchange.key };
    bool versioned = http_head_has(http_client_head(client), HTTP_NUTHATCH_VERSION);
    if (!asks_for_lease(client) && !versioned)
        return http_run(client, &(struct http_command){ .argv = argv, .argc = 2, .finish = finish_plain });
    http_write_refusal(client, 501, SLICE("leases and versions are not for keys of an upstream"));
    return HTTP_STEP_DONE;
}

enum http_step http_read_run(struct http_client *client)
{
    bool has_upstream = client->connection->loop->server->tier != NULL;
    return has_upstream ? read_upstream(client) : read_cached(client);
}
