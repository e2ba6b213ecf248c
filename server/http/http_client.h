/*
 * http_client.h - a connection that speaks HTTP: the request it is at, and as whom it asks.
 *
 * A request becomes a command that the executor runs for the connection's session, as if it had come in RESP:
 * users and their rights, MONITOR, CLIENT LIST, the slow log, pauses and accounts hold for it. What the
 * command replies is read and becomes the response. One request is under way at a time; those that were sent
 * behind it wait in the connection's input.
 *
 * Threads: the connection's loop. Ownership: made and freed with the connection.
 */
#ifndef SERVER_HTTP_HTTP_CLIENT_H
#define SERVER_HTTP_HTTP_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/http/fields/http_etag.h"
#include "proto/http/http_reader.h"
#include "proto/reply_reader.h"
#include "server/core/address.h"

struct connection;
struct http_client;
struct http_orders;
struct http_reply;
struct http_resource;
struct user;

/* A reply that does not come at once: from an upstream, or to a client that waited. */
struct http_late {
    struct buffer text;
    struct reply_reader reader;
    bool whole;
};

/* What may be done to keys, and is said of what is nothing. */
#define HTTP_METHODS "GET, HEAD, PUT, POST, DELETE, PURGE, OPTIONS"

/* What a request is, as far as its response needs to know. */
struct http_exchange {
    const struct http_resource *resource;
    struct slice methods; /* of that, as Allow lists them; empty: it is not known yet */
    struct slice key;     /* in the request, or in the loop's room for keys: until the command has run */
    struct slice query;   /* in the request */
    bool judged;          /* its head was, and was let through */
    bool held;            /* it cannot be judged yet */
    bool closes;          /* the connection, with the response */
    bool consumed;        /* its bytes are given back already */
    bool trusted_origin;  /* its Origin is one of those that may read */
    int key_arg;          /* which argument of the command the key is */
    bool existed;         /* there was a value before */
    bool came_late;       /* the reply: a client was waited for, or an upstream */
    bool refused;         /* by its condition, inside the access */
    bool forbidden;       /* so was it, since its user may not read what it asks about */
    bool etag_known;
    struct http_etag etag; /* of what is stored */
    /* Of an invalidation: what was asked for, a bit for each part, which part runs, and what they counted. */
    unsigned asked, part;
    bool failed;
    int64_t counts[3];
    const struct http_orders *orders; /* while its parts run */
    int64_t since_ms;                 /* of the history, what is younger */
    /* The reply of its command becomes the response. */
    void (*finish)(struct http_client *client, struct http_reply *reply);
};

struct http_client {
    struct connection *connection;
    struct http_reader reader;
    struct http_exchange exchange;
    bool in_flight;           /* its command was sent, and is not answered */
    struct http_late *late;   /* NULL: nothing has come */
    int64_t began_ms;         /* when the first byte of the request was here; 0: none is */
    int64_t lingers_until_ms; /* what comes is thrown away until then; 0: it is read */
    int64_t rest_ms;          /* when the last response was written */
    uint64_t sent;            /* bytes that had gone, and bytes that waited for the kernel, */
    size_t waiting;           /* when that was looked at last; */
    int64_t moved_ms;         /* when none waited, or some had gone */
    struct buffer origin;     /* a copy of what is trusted */
    struct buffer host;       /* the last that was let through, with the settings of that version */
    uint64_t host_version;
    struct buffer credentials; /* the last Authorization that was */
    uint64_t credentials_version;
    struct user *admitted; /* as whom; held */
    bool named;            /* its session is that user, not the default one */
    char local[ADDRESS_TEXT_MAX];
};

/* The request's bytes, from its first. */
const char *http_client_request(const struct http_client *client);

static inline const struct http_head *http_client_head(const struct http_client *client)
{
    return &client->reader.head;
}

/* The value of a field of the request, which is all there still; without an address: there is none. */
struct slice http_client_field(const struct http_client *client, enum http_field_name name);

/* Begin the next request. */
void http_client_next(struct http_client *client);

#endif
