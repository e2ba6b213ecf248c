/*
 * http_value.h - the response that is a value, or a part of it, or that it has not changed.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_VALUE_H
#define SERVER_HTTP_KEYS_HTTP_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "server/http/http_reply.h"

struct http_client;

/* What is known of a value beside its bytes. */
struct http_view {
    struct slice state; /* as CACHE GET says it */
    struct slice token; /* without an address: none */
    int64_t ttl_ms;     /* -1: it does not end, or that is not known */
    int64_t grace_ms;   /* -1: none */
    struct slice type;  /* as it is kept; empty: none */
    bool leased;        /* a lease was asked for */
    bool came_late;     /* it was not here when it was asked for: somebody was waited for */
    bool has_upstream;  /* which that was, and not another client that computed */
};

/* Of a GET or HEAD, whose conditions and range are still there to be read. */
void http_value_write(struct http_client *client, struct http_reply *reply, const struct http_element *value,
                      const struct http_view *view);
/* There is none, for the reason that the state says. */
void http_value_write_absent(struct http_client *client, const struct http_view *view);

#endif
