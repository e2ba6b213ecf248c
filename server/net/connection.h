/*
 * connection.h - one client, and the bytes on their way from it and to it (wire.h).
 *
 * Input: a read lands in the loop's big buffer (connections.h); only what is not consumed by the end of
 * the turn - an unfinished request, or requests that had to wait - is kept here, in `tail`. Large arguments
 * therefore arrive straight in the connection's own buffer.
 *
 * Output: replies are written into the loop's buffer and given to the kernel once per connection and turn;
 * large values are pinned, and sent from where they stand. What the kernel does not take is queued here. A
 * client that does not read is first not read from, and none of its requests runs (back-pressure at
 * OUTPUT_HIGH), and it is closed if what is owed to it passes client-output-buffer-limit.
 *
 * Bytes that answer no request (session_push()) stand in the loop's sheet (exec/session/sheet.h) until the
 * end of the turn, or until replies to it are sent, ahead of which they go. They are on the connection's
 * account from when the kernel did not take them.
 *
 * A connection that must wait (suspended by a handler, paused by CLIENT PAUSE, throttled by its own unread
 * replies) keeps its further requests in `tail` until connection_resume().
 *
 * Threads: the loop that owns it. Ownership: made by connection_open(), frees itself after
 * connection_close().
 */
#ifndef SERVER_NET_CONNECTION_H
#define SERVER_NET_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/request.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sheet.h"
#include "server/memory/client_account.h"
#include "server/net/wire.h"

struct http_client;
struct loop;
struct speech;

/* Unread replies that stop a client from being read, and those at which it is read again. */
#define OUTPUT_HIGH (1u << 20)
#define OUTPUT_LOW  (256u << 10)
/* Replies to a client that has read all before that are not held against its output limit, as in Redis. */
#define CONNECTION_FREE_OUTPUT (16 << 10)

/* How it has come. */
enum connection_kind {
    CONNECTION_TCP,
    CONNECTION_UNIX,
    CONNECTION_TLS,
    CONNECTION_HTTP,
    CONNECTION_HTTP_UNIX,
    CONNECTION_HTTP_TLS,
    CONNECTION_KINDS,
};

static inline bool connection_kind_is_unix(enum connection_kind kind)
{
    return kind == CONNECTION_UNIX || kind == CONNECTION_HTTP_UNIX;
}

static inline bool connection_kind_is_tls(enum connection_kind kind)
{
    return kind == CONNECTION_TLS || kind == CONNECTION_HTTP_TLS;
}

static inline bool connection_kind_is_http(enum connection_kind kind)
{
    return kind >= CONNECTION_HTTP;
}

struct connection {
    struct wire wire;
    struct loop *loop;
    struct connection *previous; /* in the loop's list */
    struct connection *next;
    struct session session;
    const struct speech *speech;   /* NULL: RESP */
    struct http_client *http;      /* what is kept for it then */
    struct client_account account; /* of all it holds */
    bool passed_over; /* in this turn: it waited, and what has come of it was not parsed to its end */
    bool sated;       /* what is here is run before more is read */

    struct request_parser parser;
    struct buffer tail; /* input kept over turns */
    bool ready;         /* in the loop's list of connections with input to parse */
    char *input;        /* this turn's input, in the loop's buffer; NULL: it is `tail` */
    size_t input_len;
    size_t parsed;     /* bytes of the input that are requests in the batch */
    size_t consumed;   /* bytes of the input whose requests have been executed */
    bool end_of_input; /* the peer sends no more */
    bool answered;     /* there is an answer for its speech to look at */

    bool close_when_written;
    bool is_pushed;             /* in the loop's list of those to whom something was pushed */
    struct sheet_claims pushed; /* bytes that answer no request, not given to the kernel yet */
    struct connection *next_pushed;
};

/* Take over a connected socket. False: refused and closed (the log says why). */
bool connection_open(struct loop *loop, int fd, enum connection_kind kind);
/* Stop at once, dropping what is unsent. Freed by libuv's loop later; until then it may be referred to. */
void connection_close(struct connection *connection);
/* Close when the replies are written. */
void connection_finish(struct connection *connection);

/* Write the loop's output buffer, which holds this connection's replies, and the values that belong between
 * them, and empty it; or close the connection, if that is more than it may be sent. Outside of an access. */
void connection_flush(struct connection *connection);
/* Before its first command of a batch, where there are output limits: how much may be replied to it. */
void connection_begin_replies(struct connection *connection);
/* Close it, if what it has not read is above its limit. */
void connection_check_output(struct connection *connection);
/* Write bytes that came for it outside of a batch. Takes their memory: what is long waits for the kernel
 * where it is. May close it. */
void connection_send(struct connection *connection, struct buffer *bytes);
/* Bytes of a reply in RESP to one that speaks otherwise. */
void connection_answer(struct connection *connection, struct slice bytes);
/* A piece of the loop's sheet that answers no request, to be given to the kernel ahead of its next reply, or
 * with the end of the turn. It is not closed before that. */
void connection_keep_pushed(struct connection *connection, uint32_t piece);
/* The upstream owes it nothing any more: close it if that is all that was waited for. */
void connection_after_owed(struct connection *connection);
/* Whether the request that ends at `end` is the last one received, in memory of the connection's own, of
 * which `text` is a part. */
bool connection_holds(const struct connection *connection, struct slice text, size_t end);
/* The memory of `tail` belongs to somebody else now; nothing in it is left to run. */
void connection_part_with_tail(struct connection *connection);
/* Its class of output limits. */
enum setting_client_class connection_class(const struct connection *connection);
/* Keep what was not consumed of this turn's input. */
void connection_keep_input(struct connection *connection);
/* What was received and has not been given up yet; and the room behind it. */
struct slice connection_input(const struct connection *connection);
size_t connection_input_room(const struct connection *connection);
/* The peer sends no more. Close when what it has sent was run and answered; at once when it waits for what
 * may never come. To be called again at the end of the turn, and when it waits no more. */
void connection_end_input(struct connection *connection);
/* The same for one that is not read, since it waits and has sent a lot: to be called once a second. */
void connection_look_for_end(struct connection *connection);
/* Read, or not, as its waits and what it has sent ask for; to be called when one of them has changed. */
void connection_update_reading(struct connection *connection);

void connection_wait(struct connection *connection, enum session_wait why);
/* Lift one reason, or several; with none left the requests that waited are run in this or the next turn. */
void connection_resume(struct connection *connection, unsigned why);

/* What it hears of its wire: connection_input.c and connection_output.c. */
void connection_give_room(struct wire *wire, uv_buf_t *room);
void connection_take_input(struct wire *wire, char *data, size_t len);
void connection_on_end(struct wire *wire);
void connection_on_failure(struct wire *wire, int why);
void connection_on_sent(struct wire *wire, size_t text_len, size_t value_len, int status);

static inline struct connection *connection_of(struct wire *wire)
{
    return (struct connection *)((char *)wire - offsetof(struct connection, wire));
}

/* What its session needs of it: connection_session.c. */
extern const struct session_ops connection_session_ops;

/* Bytes that the kernel was offered and has not taken yet. */
static inline size_t connection_queued(const struct connection *connection)
{
    return wire_unsent(&connection->wire);
}

/* What was pushed to it and not offered yet. */
size_t connection_pushed(const struct connection *connection);

/* Both. */
static inline size_t connection_unread(const struct connection *connection)
{
    return connection_queued(connection) + connection_pushed(connection);
}

/* A session is a part of its connection, if it has one: only the upstream and what tells of connections ask.
 */
static inline struct connection *session_connection(struct session *session)
{
    return (struct connection *)((char *)session - offsetof(struct connection, session));
}

/* It is the user that its certificate names from now on. False: it has none that is on, or
 * tls-auth-clients-user does not ask for it. */
bool connection_seat_certified(struct connection *connection);

/* The end of it that is here, as session_peer(); into `text` of `size` bytes. */
void connection_local(const struct connection *connection, char *text, size_t size);

#endif
