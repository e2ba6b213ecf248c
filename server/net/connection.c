#include "server/net/connection.h"

#include <stdio.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/events/blocking/blocking.h"
#include "server/events/lease/leasing.h"
#include "server/events/pubsub/pubsub.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/acl/denial.h"
#include "server/exec/acl/users.h"
#include "server/exec/session/census.h"
#include "server/exec/session/delay.h"
#include "server/exec/session/monitors.h"
#include "server/exec/session/sessions.h"
#include "server/exec/stage.h"
#include "server/exec/transaction/multi.h"
#include "server/net/connections.h"
#include "server/net/network.h"
#include "server/net/speech.h"
#include "server/net/tls/tls_wire.h"
#include "server/observe/log.h"

/* INFO's blocked_clients are those that a command of theirs, or a pause, keeps waiting; and those who wait
 * for keys, of whom blocking_counts() tells: they do so no longer when they are served, which this loop hears
 * of later. */
static void count_blocked(struct connection *connection, unsigned before)
{
    struct census *census = connection->loop->server->census;
    bool was = before & (WAIT_SUSPENDED | WAIT_PAUSED);
    bool is = connection->session.waits & (WAIT_SUSPENDED | WAIT_PAUSED);
    if (is && !was) census_join(&census->blocked);
    if (was && !is) census_leave(&census->blocked);
}

static void set_waits(struct connection *connection, unsigned waits)
{
    unsigned before = connection->session.waits;
    connection->session.waits = waits;
    count_blocked(connection, before);
}

void connection_wait(struct connection *connection, enum session_wait why)
{
    set_waits(connection, connection->session.waits | why);
    connection->session.wait_number = ++connection->loop->waits;
    connection_update_reading(connection);
}

void connection_resume(struct connection *connection, unsigned why)
{
    set_waits(connection, connection->session.waits & ~why);
    if (connection->session.waits != 0) return;
    connection->session.argument_bytes = 0;
    /* With each wait there would be more of it. */
    connection->sated = connection->tail.len > 0;
    connection_update_reading(connection);
    if (connection->sated || connection->answered)
        connections_make_ready(connection);
    else if (connection->end_of_input)
        connection_end_input(connection);
}

static void on_closed(struct wire *wire)
{
    struct connection *connection = connection_of(wire);
    buffer_clear(&connection->tail); /* not before: its requests may have been under execution */
    client_account_close(&connection->account);
    alloc_free(connection);
}

/* Replies of the upstream are waited for, unless they may never come. */
static bool is_owed(const struct connection *connection)
{
    if (connection->session.waits & WAIT_ANSWER || connection->answered) return true;
    return stage_owes(&connection->session) && !stage_keeps_waiting(&connection->session);
}

void connection_finish(struct connection *connection)
{
    connection->close_when_written = true;
    if (connection->session.waits & WAIT_CLOSED) return;
    blocking_leave(&connection->session); /* what it was given now it would not be told */
    if (connection_unread(connection) == 0 && !is_owed(connection))
        connection_close(connection);
    else
        connection_update_reading(connection);
}

static void forget_pushed(struct connection *connection)
{
    connection->pushed = (struct sheet_claims){ 0 };
    if (!connection->is_pushed) return;
    struct connection **link = &connection->loop->connections->pushed;
    while (*link != NULL && *link != connection) link = &(*link)->next_pushed;
    if (*link != NULL) *link = connection->next_pushed;
}

static void leave_server(struct connection *connection)
{
    struct server *server = connection->loop->server;
    monitors_leave(server, &connection->session);
    census_leave(&server->census->connected);
    atomic_fetch_sub_explicit(&connection->loop->connections->count, 1, memory_order_relaxed);
    pubsub_leave(&connection->session);
}

/* What acts on behalf of its session needs that still. */
static void put_off_close(struct connection *connection)
{
    connection->session.left = true;
    wire_read(&connection->wire, false);
}

void connection_close(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED) return;
    if (connection->session.held) {
        put_off_close(connection);
        return;
    }
    set_waits(connection, WAIT_CLOSED);
    connections_forget_ready(connection);
    delay_cancel(&connection->session);
    session_drop_work(&connection->session);
    blocking_leave(&connection->session);
    /* A lease that was won over HTTP is its key's: each request may come over another connection. */
    if (connection->speech == NULL) leasing_leave(&connection->session);
    multi_end(&connection->session);
    stage_leave(&connection->session);
    leave_server(connection);
    tracking_leave(&connection->session);
    sessions_remove(connection->loop->sessions, &connection->session);
    if (connection->speech != NULL) connection->speech->close(connection);
    forget_pushed(connection);
    connections_remove(connection);
    users_seat(&connection->session, NULL);
    session_clear(&connection->session);
    request_parser_clear(&connection->parser);
    client_account_leave(&connection->account);
    wire_close(&connection->wire);
}

/* tls-auth-clients-user. */
static bool is_named_by_certificate(const struct connection *connection, struct buffer *name)
{
    const struct settings *settings = connection->loop->server->settings;
    return connection->wire.tls != NULL && SETTING(settings, tls_auth_clients_user) != TLS_USER_OFF &&
           tls_wire_common_name(&connection->wire, name);
}

bool connection_seat_certified(struct connection *connection)
{
    struct buffer name = { 0 };
    bool seated =
        is_named_by_certificate(connection, &name) &&
        users_seat_certified(connection->loop->server->users, &connection->session, buffer_slice(&name));
    buffer_clear(&name);
    return seated;
}

/* Where there is no such user the client is who every client is, and may AUTH. */
static void seat_by_certificate(struct wire *wire)
{
    struct connection *connection = connection_of(wire);
    struct buffer name = { 0 };
    if (connection_seat_certified(connection)) return;
    if (is_named_by_certificate(connection, &name))
        denial_of_certificate(&connection->session, buffer_slice(&name));
    buffer_clear(&name);
}

static const struct wire_events wire_events = {
    .opened = seat_by_certificate,
    .room = connection_give_room,
    .received = connection_take_input,
    .ended = connection_on_end,
    .failed = connection_on_failure,
    .sent = connection_on_sent,
    .closed = on_closed,
};

static void prepare_socket(const struct connection *connection)
{
    if (connection->session.unix_socket) return;
    address_prepare_tcp(connection->wire.fd, SETTING(connection->loop->server->settings, tcp_keepalive_s));
}

static void encrypt(struct connection *connection)
{
    struct loop *loop = connection->loop;
    tls_wire_accept(&connection->wire, loop->tls, loop->server->tls);
    client_account_set(&connection->account, ACCOUNT_SELF, sizeof(*connection) + TLS_WIRE_BYTES);
}

/* Called with the connection counted in already: the acceptor did that when it dealt it out. */
bool connection_open(struct loop *loop, int fd, enum connection_kind kind)
{
    struct connection *connection = ALLOC_NEW(struct connection);
    struct server *server = loop->server;
    connection->loop = loop;
    loop_read_clock(loop);
    session_init(&connection->session, census_next_id(server->census), true, loop->now_ms);
    connection->session.ops = &connection_session_ops;
    connection->session.loop = loop;
    users_seat_default(server->users, &connection->session);
    connection->session.account = &connection->account;
    connection->session.unix_socket = connection_kind_is_unix(kind);
    sessions_add(loop->sessions, &connection->session);
    tracking_enter(&connection->session);
    client_account_open(&connection->account, loop);
    client_account_set(&connection->account, ACCOUNT_SELF, sizeof(*connection));
    connections_add(connection);
    counter_add(&loop->counters.connections, 1);
    if (connection_kind_is_http(kind)) {
        connection->speech = server->network->http;
        atomic_store_explicit(&server->network->speaks, true, memory_order_relaxed);
    }

    int failure = wire_open(&connection->wire, &loop->uv, fd, connection->session.unix_socket, &wire_events);
    if (failure != 0) {
        log_write(LOG_LEVEL_WARNING, "Error registering fd event for the new client: %s (fd=%d)",
                  uv_strerror(failure), fd);
        close(fd);
        connection_close(connection);
        return false;
    }
    prepare_socket(connection);
    if (connection_kind_is_tls(kind)) encrypt(connection);
    if (connection_kind_is_http(kind)) connection->speech->open(connection);
    connection_update_reading(connection);
    return true;
}

void connection_local(const struct connection *connection, char *text, size_t size)
{
    address_of_local(connection->wire.fd, connection->session.unix_socket, text, size);
}
