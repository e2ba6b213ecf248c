#include "server/http/http_speech.h"

#include <sys/socket.h>

#include "proto/base/alloc.h"
#include "proto/http/http_response.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/acl/user.h"
#include "server/http/http_client.h"
#include "server/http/http_loop.h"
#include "server/http/http_resource.h"
#include "server/http/http_run.h"
#include "server/http/http_user.h"
#include "server/http/http_write.h"
#include "server/net/connection.h"

/* From the first byte of a head to its end; between two requests, and two pieces of a body. */
#define HEAD_MS 10000
#define IDLE_MS 60000
/* A body that comes more slowly than this is as good as one that does not come. */
#define BODY_BYTES_PER_S 16384
#define LINGER_MS        1000

static void open_client(struct connection *connection)
{
    struct http_client *client = ALLOC_NEW(struct http_client);
    client->connection = connection;
    connection->http = client;
    http_client_next(client);
    client_account_add(&connection->account, ACCOUNT_SELF, sizeof(*client));
}

static void close_client(struct connection *connection)
{
    struct http_client *client = connection->http;
    if (client == NULL) return;
    connection->http = NULL;
    http_run_forget(client);
    http_user_forget(client);
    http_reader_clear(&client->reader);
    buffer_clear(&client->origin);
    buffer_clear(&client->host);
    buffer_clear(&client->credentials);
    alloc_free(client);
}

static uint64_t body_max(const struct connection *connection)
{
    const struct settings *settings = connection->loop->server->settings;
    int64_t own = SETTING(settings, http_max_body), bulk = SETTING(settings, proto_max_bulk_len);
    return (uint64_t)(own < bulk ? own : bulk);
}

static void end_after_response(struct http_client *client)
{
    struct connection *connection = client->connection;
    connection->session.closing = true;
    connection->consumed = connection_input(connection).len;
}

/* Who is told no may still be sending. Would the connection be closed with that unread, the kernel would
 * reset it, and the response could be lost on its way: so what comes is thrown away for a moment. */
static void linger_after_response(struct http_client *client)
{
    struct connection *connection = client->connection;
    connection->consumed = connection_input(connection).len;
    client->lingers_until_ms = connection->loop->now_ms + LINGER_MS;
}

static void linger(struct connection *connection)
{
    connection->consumed = connection->parsed = connection_input(connection).len;
    connection->parser.wanted = 0;
}

static void end_exchange(struct http_client *client)
{
    struct connection *connection = client->connection;
    struct http_exchange *exchange = &client->exchange;
    if (!exchange->consumed) connection->consumed += client->reader.length;
    if (exchange->closes) end_after_response(client);
    http_client_next(client);
}

static struct slice why_unreadable(int status)
{
    switch (status) {
    case 413: return SLICE("the body is longer than http-max-body");
    case 414: return SLICE("the target is longer than 8 KiB");
    case 417: return SLICE("of expectations only 100-continue is known");
    case 431: return SLICE("the head is longer than 16 KiB, or has more than 64 fields");
    case 501: return SLICE("this method, or transfer coding, is not known here");
    case 505: return SLICE("HTTP/1.1 and 1.0 are spoken here");
    default: return SLICE("this is no request of HTTP/1.1");
    }
}

static void refuse_unreadable(struct http_client *client)
{
    client->exchange.closes = true;
    http_write_refusal(client, client->reader.status, why_unreadable(client->reader.status));
    linger_after_response(client);
}

/* A body that comes behind a refusal would have to be read for nothing. */
static bool judge(struct http_client *client, bool is_whole)
{
    struct http_exchange *exchange = &client->exchange;
    exchange->closes = !http_client_head(client)->keeps_alive || !is_whole;
    if (!http_resource_judge(client)) return false;
    exchange->closes = !http_client_head(client)->keeps_alive;
    exchange->judged = true;
    return true;
}

/* Its body is awaited, if there is any use in it. */
static void look_at_head(struct http_client *client)
{
    struct http_exchange *exchange = &client->exchange;
    if (exchange->judged) return;
    if (!judge(client, false)) {
        if (!exchange->held) linger_after_response(client);
        return;
    }
    if (!http_client_head(client)->expects_continue) return;
    struct buffer *out = &client->connection->loop->out;
    buffer_append(out, SLICE("HTTP/1.1 100 Continue\r\n\r\n").data,
                  SLICE("HTTP/1.1 100 Continue\r\n\r\n").len);
}

/* False: nothing more of the connection is run now. */
static bool run_request(struct http_client *client)
{
    enum http_step step = HTTP_STEP_DONE;
    if (judge(client, true)) step = http_resource_run(client);
    if (client->exchange.held) return false;
    if (step == HTTP_STEP_DONE) end_exchange(client);
    return step == HTTP_STEP_DONE;
}

static bool may_go_on(const struct connection *connection)
{
    return connection->session.waits == 0 && !connection->session.closing &&
           connection->http->lingers_until_ms == 0 && connection->consumed < connection_input(connection).len;
}

/* False: it is not all there, or could not be run. */
static bool serve_next(struct http_client *client)
{
    struct connection *connection = client->connection;
    struct slice input = connection_input(connection);
    struct slice rest = slice_of(input.data + connection->consumed, input.len - connection->consumed);
    if (client->began_ms == 0) client->began_ms = connection->loop->now_ms;
    switch (http_read(&client->reader, rest, body_max(connection))) {
    case HTTP_READ_MORE: return false;
    case HTTP_READ_HEAD: look_at_head(client); return false;
    case HTTP_READ_REFUSED: refuse_unreadable(client); return false;
    case HTTP_READ_READY: break;
    }
    return run_request(client);
}

static void flush(struct connection *connection)
{
    struct loop *loop = connection->loop;
    loop->executing = NULL;
    connection_flush(connection);
    if (loop->limits_output) connection_begin_replies(connection);
}

/* Through TLS the peer is told by the fields alone. */
static void end_sending(struct connection *connection)
{
    bool closed = connection->session.waits & WAIT_CLOSED;
    if (closed || connection->wire.tls != NULL || wire_unsent(&connection->wire) > 0) return;
    shutdown(connection->wire.fd, SHUT_WR);
}

static void serve(struct connection *connection)
{
    struct http_client *client = connection->http;
    struct loop *loop = connection->loop;
    if (loop->limits_output) connection_begin_replies(connection);
    if (client->lingers_until_ms > 0) {
        linger(connection);
        return;
    }
    if (client->in_flight) {
        if (!http_run_late(client)) return;
        end_exchange(client);
    }
    while (may_go_on(connection) && serve_next(client)) {
        bool much = loop->out.len + loop->values.bytes >= loop->flush_at || buffer_is_full(&loop->out);
        if (much) flush(connection);
    }
    if (connection->session.waits & WAIT_CLOSED) return;
    connection->parser.wanted = client->reader.wanted;
    connection->parsed = connection->consumed;
    bool lingers = client->lingers_until_ms > 0;
    flush(connection); /* which may be its end, and the client's */
    if (lingers) end_sending(connection);
}

static void answer(struct connection *connection, struct slice bytes)
{
    http_run_answer(connection->http, bytes);
}

static void give_up(struct http_client *client)
{
    struct connection *connection = client->connection;
    client->exchange.closes = true;
    http_write_refusal(client, 408, SLICE("the request took too long to come"));
    end_after_response(client);
    flush(connection);
}

/* What it may take until now, from its first byte on. */
static int64_t patience_ms(const struct http_client *client)
{
    if (client->reader.head_len == 0) return HEAD_MS;
    size_t input = connection_input(client->connection).len;
    return IDLE_MS + (int64_t)(input / BODY_BYTES_PER_S) * 1000;
}

/* Responses that are written meanwhile are no movement. */
static void note_movement(struct http_client *client)
{
    struct connection *connection = client->connection;
    uint64_t sent = connection->session.net_out;
    size_t waiting = wire_waiting(&connection->wire);
    bool moves = waiting == 0 || waiting < client->waiting || sent != client->sent;
    if (moves || client->waiting == 0) client->moved_ms = connection->loop->now_ms;
    client->sent = sent;
    client->waiting = waiting;
}

/* Values that wait for the kernel stay in memory, whatever maxmemory is: so who takes nothing is closed
 * before it is asked what else it does. */
static void look(struct connection *connection)
{
    struct http_client *client = connection->http;
    int64_t now_ms = connection->loop->now_ms;
    if (client == NULL) return;
    note_movement(client);
    if (now_ms - client->moved_ms > IDLE_MS) {
        connection_close(connection);
        return;
    }
    if (client->in_flight || connection->session.waits != 0) {
        if (client->began_ms != 0) client->began_ms = now_ms; /* what it waits for is not its own time */
        return;
    }
    if (connection->session.closing) return;
    if (client->lingers_until_ms > 0) {
        if (now_ms >= client->lingers_until_ms) connection_close(connection);
    } else if (client->began_ms == 0) {
        bool rests = client->waiting == 0 && now_ms - client->rest_ms > IDLE_MS;
        if (rests) connection_close(connection);
    } else if (now_ms - client->began_ms > patience_ms(client)) {
        give_up(client);
    }
}

const struct speech http_speech = {
    .open = open_client,
    .serve = serve,
    .answer = answer,
    .look = look,
    .close = close_client,
};
