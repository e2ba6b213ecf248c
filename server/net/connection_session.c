/* What a session needs of its transport, as a connection has it. */
#include "server/net/connection.h"

#include <string.h>

#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/exec/transaction/multi.h"
#include "server/net/connections.h"
#include "server/net/speech.h"

static void wait_for(struct session *session, enum session_wait why)
{
    connection_wait(session_connection(session), why);
}

static void resume(struct session *session, unsigned why)
{
    connection_resume(session_connection(session), why);
}

static void answer(struct connection *connection, struct slice bytes)
{
    connection->speech->answer(connection, bytes);
    connection->answered = true;
    connections_make_ready(connection);
    loop_set_busy(connection->loop, true);
}

/* Values that stand elsewhere are put into their places. */
static void answer_with_output(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct slice text = buffer_slice(&loop->out);
    size_t from = 0;
    for (size_t i = 0; i < loop->values.len; i++) {
        const struct reply_value *value = &loop->values.items[i];
        answer(connection, slice_of(text.data + from, value->at - from));
        answer(connection, value->text);
        from = value->at;
    }
    if (text.len > from) answer(connection, slice_of(text.data + from, text.len - from));
}

static void flush(struct session *session)
{
    struct connection *connection = session_connection(session);
    if (connection->speech == NULL) {
        connection_flush(connection);
        return;
    }
    loop_post(connection->loop);
    if (!(session->waits & WAIT_CLOSED)) answer_with_output(connection);
    loop_take_back(connection->loop, 0);
}

static void peer(const struct session *session, char *text, size_t size)
{
    const struct connection *connection = session_connection((struct session *)session);
    address_of_peer(connection->wire.fd, session->unix_socket, text, size);
}

static void transport(const struct session *session, struct session_transport *transport)
{
    const struct connection *connection = session_connection((struct session *)session);
    transport->fd = connection->wire.fd;
    transport->is_read = connection->wire.reading;
    transport->is_closing = connection->close_when_written;
    transport->has_messages = connection_class(connection) == CLIENT_PUBSUB;
    transport->input = connection_input(connection).len;
    transport->input_room = connection_input_room(connection);
    transport->pushed = connection_pushed(connection);
    transport->unread = connection_unread(connection);
    connection_local(connection, transport->local, sizeof(transport->local));
}

static bool is_local(const struct session *session)
{
    const struct connection *connection = session_connection((struct session *)session);
    return address_is_local_host(connection->wire.fd, session->unix_socket);
}

static void close_now(struct session *session)
{
    connection_close(session_connection(session));
}

static bool find_input(const struct session *session, struct slice text, size_t end,
                       struct received *received)
{
    const struct connection *connection = session_connection((struct session *)session);
    *received = (struct received){ .memory = connection->tail.data, .size = connection->tail.cap };
    return connection_holds(connection, text, end);
}

static void give_input(struct session *session)
{
    connection_part_with_tail(session_connection(session));
}

void connection_answer(struct connection *connection, struct slice bytes)
{
    if (!(connection->session.waits & WAIT_CLOSED)) answer(connection, bytes);
}

/* Where its replies are being written to. */
static struct buffer *output_of(struct session *executing)
{
    const struct multi *running = executing->executing ? executing->running : NULL;
    return running != NULL && running->out != NULL ? running->out : &executing->loop->out;
}

/* Between its replies; behind the replies at hand where those are to be taken back. */
static void push_to_executing(struct loop *loop, struct slice bytes)
{
    struct buffer *out = session_is_silent(loop->executing) ? &loop->behind : output_of(loop->executing);
    buffer_append(out, bytes.data, bytes.len);
}

/* It is sent nothing any more. */
static inline bool is_over(const struct connection *connection)
{
    const struct session *session = &connection->session;
    return session->waits & WAIT_CLOSED || session->closing || connection->close_when_written;
}

static void push(struct session *session, struct slice bytes)
{
    struct connection *connection = session_connection(session);
    struct loop *loop = connection->loop;
    if (is_over(connection)) return;
    if (connection->speech != NULL) {
        answer(connection, bytes);
        return;
    }
    if (loop->executing == session) {
        push_to_executing(loop, bytes);
        return;
    }
    if (bytes.len > 0) memcpy(sheet_reserve(loop->sheet, bytes.len), bytes.data, bytes.len);
    connection_keep_pushed(connection, sheet_add(loop->sheet, bytes.len));
}

static void push_piece(struct session *session, uint32_t piece)
{
    struct connection *connection = session_connection(session);
    struct loop *loop = connection->loop;
    if (is_over(connection) || connection->speech != NULL) return; /* which subscribes to nothing */
    if (loop->executing == session)
        push_to_executing(loop, sheet_text(loop->sheet, piece));
    else
        connection_keep_pushed(connection, piece);
}

const struct session_ops connection_session_ops = {
    .push = push,
    .push_piece = push_piece,
    .wait = wait_for,
    .resume = resume,
    .flush = flush,
    .peer = peer,
    .transport = transport,
    .is_local = is_local,
    .close = close_now,
    .find_input = find_input,
    .give_input = give_input,
};
