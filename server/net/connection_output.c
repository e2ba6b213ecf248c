/* What a connection sends, and what of it waits for the kernel. */
#include "server/net/connection.h"

#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/session/sessions.h"
#include "server/exec/stage.h"
#include "server/net/connections.h"
#include "server/observe/log.h"
#include "storage/entry/long_text.h"
#include "storage/keyspace/rank.h"

static void count_output(struct connection *connection, size_t len)
{
    connection->session.net_out += len;
    counter_add(&connection->loop->counters.net_out, len);
    counter_add(&connection->loop->counters.writes, 1);
}

static void after_output(struct connection *connection)
{
    if (connection_queued(connection) > OUTPUT_LOW) return;
    if (connection->session.waits & WAIT_OUTPUT) connection_resume(connection, WAIT_OUTPUT);
    if (connection_unread(connection) == 0 && connection->close_when_written) connection_finish(connection);
}

void connection_on_sent(struct wire *wire, size_t text_len, size_t value_len, int status)
{
    struct connection *connection = connection_of(wire);
    client_account_take(&connection->account, ACCOUNT_OUTPUT, text_len);
    client_account_take(&connection->account, ACCOUNT_PINNED, value_len);
    if (status == 0) count_output(connection, text_len + value_len);
    if (connection->session.waits & WAIT_CLOSED) return;
    if (status < 0)
        connection_close(connection);
    else
        after_output(connection);
}

enum setting_client_class connection_class(const struct connection *connection)
{
    const struct session *session = &connection->session;
    bool subscribed = session->subscriber != NULL || stage_has_subscribed(session);
    return subscribed ? CLIENT_PUBSUB : CLIENT_NORMAL;
}

static void close_over_limit(struct connection *connection, size_t more)
{
    char peer[ADDRESS_TEXT_MAX];
    session_peer(&connection->session, peer, sizeof(peer));
    log_write(
        LOG_LEVEL_WARNING, "Client id=%llu addr=%s omem=%zu closed for overcoming of output buffer limits.",
        (unsigned long long)connection->session.id, peer, client_account_output(&connection->account) + more);
    counter_add(&connection->loop->counters.output_buffer_closes, 1);
    connection_close(connection);
}

void connection_check_output(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED) return;
    if (client_account_output_is_over(&connection->account, connection_class(connection), 0))
        close_over_limit(connection, 0);
}

size_t connection_pushed(const struct connection *connection)
{
    return sheet_claimed(connection->loop->sheet, &connection->pushed);
}

static __attribute__((noinline)) void list_pushed(struct connection *connection)
{
    struct connections *connections = connection->loop->connections;
    if (connections->pushed == NULL) loop_set_busy(connection->loop, true);
    connection->is_pushed = true;
    connection->next_pushed = connections->pushed;
    connections->pushed = connection;
}

/* Nothing is closed or written here, whoever pushes may be walking over many. */
void connection_keep_pushed(struct connection *connection, uint32_t piece)
{
    if (!connection->is_pushed) list_pushed(connection);
    sheet_claim(connection->loop->sheet, &connection->pushed, piece);
}

/* It was given to the wire to be queued, or could not be. */
static void note_queued(struct connection *connection, int failure, size_t text_len, size_t value_len)
{
    if (failure != 0) {
        connection_close(connection);
        return;
    }
    client_account_add(&connection->account, ACCOUNT_OUTPUT, text_len);
    client_account_add(&connection->account, ACCOUNT_PINNED, value_len);
}

static bool send_pushed(struct connection *connection);

/* What was pushed goes ahead of all that is written from here on. False: closed. */
static inline bool begin_writing(struct connection *connection)
{
    if (__builtin_expect(connection->pushed.first != 0, 0) && !send_pushed(connection)) return false;
    return !(connection->session.waits & WAIT_CLOSED);
}

/* False: it has failed, and is closed. */
static inline bool note_written(struct connection *connection, ssize_t written)
{
    if (written > 0) count_output(connection, (size_t)written);
    if (written < 0) connection_close(connection);
    return written >= 0;
}

/* Takes the pin. */
static void write_passage(struct connection *connection, struct wire_passage *passage)
{
    bool open =
        begin_writing(connection) && note_written(connection, wire_try_passage(&connection->wire, passage));
    size_t text_len = passage->before.len + passage->behind.len, value_len = passage->value.len;
    if (open && text_len + value_len > 0)
        note_queued(connection, wire_queue(&connection->wire, passage), text_len, value_len);
    else if (passage->pin.place != NULL)
        pin_drop(&passage->pin);
}

static void after_writing(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED || connection_queued(connection) == 0) return;
    if (connection_queued(connection) >= OUTPUT_HIGH) connection_wait(connection, WAIT_OUTPUT);
    connection_check_output(connection);
}

/* What goes with a value: text up to it, and behind the last one all there is. */
static void write_values(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct reply_values *values = &loop->values;
    const char *text = loop->out.data;
    size_t from = 0;
    for (size_t i = 0; i < values->len; i++) {
        const struct reply_value *value = &values->items[i];
        size_t end = i + 1 < values->len ? value->at : loop->out.len;
        struct wire_passage passage = { .before = slice_of(text + from, value->at - from),
                                        .value = value->text,
                                        .behind = slice_of(text + value->at, end - value->at),
                                        .pin = { .text = value->text, .place = value->holder } };
        write_passage(connection, &passage);
        from = end;
    }
    values->len = values->bytes = 0;
}

static __attribute__((noinline)) void queue_rest(struct connection *connection, struct buffer *out,
                                                 size_t done)
{
    size_t left = out->len - done;
    note_queued(connection, wire_queue_rest(&connection->wire, out, done), left, 0);
}

static inline void write_text(struct connection *connection, struct buffer *out)
{
    if (!begin_writing(connection)) return;
    uv_buf_t piece = { .base = out->data, .len = out->len };
    ssize_t written = wire_try(&connection->wire, &piece, 1);
    if (!note_written(connection, written)) return;
    if (__builtin_expect((size_t)written < out->len, 0)) queue_rest(connection, out, (size_t)written);
}

/* Of stretches of the sheet, what the kernel does not take is copied. */
static bool send_stretches(struct connection *connection, const uv_buf_t *stretches, unsigned count)
{
    ssize_t written = wire_try(&connection->wire, stretches, count);
    if (!note_written(connection, written)) return false;
    size_t done = (size_t)written;
    for (unsigned i = 0; i < count; i++) {
        size_t gone = done < stretches[i].len ? done : stretches[i].len;
        struct wire_passage left = { .before = slice_of(stretches[i].base + gone, stretches[i].len - gone) };
        done -= gone;
        if (left.before.len == 0) continue;
        note_queued(connection, wire_queue(&connection->wire, &left), left.before.len, 0);
        if (connection->session.waits & WAIT_CLOSED) return false;
    }
    return true;
}

#define STRETCHES_MAX 16

/* Ahead of all that is written from here on, and before its limit is passed. False: it was closed. */
static __attribute__((noinline)) bool send_pushed(struct connection *connection)
{
    struct sheet *sheet = connection->loop->sheet;
    size_t bytes = connection_pushed(connection);
    if (client_account_output_is_over(&connection->account, connection_class(connection), bytes)) {
        close_over_limit(connection, bytes);
        return false;
    }
    struct sheet_claims claims = connection->pushed;
    connection->pushed = (struct sheet_claims){ 0 };
    sheet_close(sheet);
    for (;;) {
        uv_buf_t stretches[STRETCHES_MAX], *end = stretches;
        struct slice stretch;
        while (end < stretches + STRETCHES_MAX && sheet_take(sheet, &claims, &stretch))
            *end++ = (uv_buf_t){ .base = (char *)(uintptr_t)stretch.data, .len = stretch.len };
        if (end == stretches) return true;
        if (!send_stretches(connection, stretches, (unsigned)(end - stretches))) return false;
    }
}

static void flush_pushed(struct connection *connection)
{
    if (!send_pushed(connection)) return;
    after_writing(connection);
    if (connection->close_when_written) connection_finish(connection);
}

bool connections_flush_pushed(struct loop *loop)
{
    if (loop->sheet->pieces_len == 0) return false;
    while (loop->connections->pushed != NULL) {
        struct connection *connection = loop->connections->pushed;
        loop->connections->pushed = connection->next_pushed;
        connection->is_pushed = false;
        if (connection->pushed.first != 0) flush_pushed(connection);
    }
    bool waited_for = loop->sheet->waited_for;
    sheet_empty(loop->sheet);
    if (waited_for) sessions_resume(loop->sessions, WAIT_SHEET);
    return true;
}

/* As Redis, which does not count what fits into a client's fixed buffer while it has nothing else to send,
 * and sends an array whose length is known at its end past that. */
static size_t counted_output(const struct connection *connection)
{
    const struct loop *loop = connection->loop;
    size_t bytes = loop->out.len + loop->values.bytes;
    size_t unread = connection_unread(connection);
    bool has_fixed_part = !loop->reply.opened && unread == 0;
    if (!has_fixed_part) return bytes + unread - connection_queued(connection);
    return bytes > CONNECTION_FREE_OUTPUT ? bytes - CONNECTION_FREE_OUTPUT : 0;
}

void connection_begin_replies(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED) return;
    struct buffer *out = &connection->loop->out;
    size_t room = client_account_output_room(&connection->account, connection_class(connection));
    out->limit = room < SIZE_MAX - CONNECTION_FREE_OUTPUT ? room + CONNECTION_FREE_OUTPUT : 0;
}

/* Before any of it is written: a limit is there for what is asked for in one go as well. */
static bool is_over_limit(struct connection *connection)
{
    struct loop *loop = connection->loop;
    if (!loop->limits_output) return false;
    size_t more = counted_output(connection);
    return buffer_is_full(&loop->out) ||
           client_account_output_is_over(&connection->account, connection_class(connection), more);
}

static void note_size(struct loop *loop)
{
    size_t len = loop->out.len + loop->values.bytes;
    counter *recent = &loop->counters.recent_output_max;
    if (len > counter_get(recent)) counter_set(recent, len);
}

/* A reply of a huge value must not leave the loop with its buffer for good. */
#define OUT_KEPT_MAX (4u << 20)

void connection_flush(struct connection *connection)
{
    struct loop *loop = connection->loop;
    struct buffer *out = &loop->out;
    rank_require_none();
    loop_post(loop);
    note_size(loop);
    if (out->len > 0 && !(connection->session.waits & WAIT_CLOSED)) {
        if (__builtin_expect(is_over_limit(connection), 0))
            close_over_limit(connection, out->len + loop->values.bytes);
        else if (__builtin_expect(loop->values.len > 0, 0))
            write_values(connection);
        else
            write_text(connection, out);
        after_writing(connection);
    }
    if (__builtin_expect(loop->values.len > 0 || buffer_is_full(out), 0)) loop_take_back(loop, 0);
    out->len = 0;
    loop->reply.opened = false;
    if (out->cap > OUT_KEPT_MAX) buffer_clear(out);
    if (connection->session.closing) connection_finish(connection);
}

void connection_send(struct connection *connection, struct buffer *bytes)
{
    if (connection->speech != NULL)
        connection_answer(connection, buffer_slice(bytes));
    else if (bytes->len > 0 && !(connection->session.waits & WAIT_CLOSED)) {
        write_text(connection, bytes);
        after_writing(connection);
    }
    buffer_clear(bytes);
}

void connection_after_owed(struct connection *connection)
{
    if (connection->close_when_written) connection_finish(connection);
}
