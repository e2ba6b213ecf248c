/* What a connection sends, and what of it waits for the kernel. */
#include "server/net/connection.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/address.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/sessions.h"
#include "server/exec/stage.h"
#include "server/net/connections.h"
#include "server/observe/log.h"
#include "storage/entry/long_text.h"
#include "storage/keyspace/rank.h"

/* Text after which a value that is sent from where it stands may follow, and text behind that. */
struct passage {
    struct slice before;
    struct slice value;
    struct slice behind;
    struct pin pin; /* of the value; place is NULL: there is none */
};

/* A part of the replies that the kernel did not take at once: what is left of a passage, its texts copied, or
 * in memory that was handed over. */
struct pending_write {
    uv_write_t request;
    struct connection *connection;
    size_t text_len;
    size_t value_len;
    struct pin pin;
    char *memory; /* handed over, or NULL */
    char texts[];
};

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

static void free_pending(struct pending_write *write)
{
    if (write->pin.place != NULL) pin_drop(&write->pin);
    alloc_free(write->memory);
    alloc_free(write);
}

static void on_written(uv_write_t *request, int status)
{
    struct pending_write *write = (struct pending_write *)(void *)request;
    struct connection *connection = write->connection;
    client_account_take(&connection->account, ACCOUNT_OUTPUT, write->text_len);
    client_account_take(&connection->account, ACCOUNT_PINNED, write->value_len);
    if (status == 0) count_output(connection, write->text_len + write->value_len);
    free_pending(write);
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

static uv_buf_t *add_piece(uv_buf_t *piece, struct slice bytes)
{
    if (bytes.len == 0) return piece;
    *piece = (uv_buf_t){ .base = (char *)(uintptr_t)bytes.data, .len = bytes.len };
    return piece + 1;
}

static unsigned pieces_of(const struct passage *passage, uv_buf_t pieces[3])
{
    uv_buf_t *end = add_piece(pieces, passage->before);
    end = add_piece(end, passage->value);
    return (unsigned)(add_piece(end, passage->behind) - pieces);
}

static struct slice without_first(struct slice slice, size_t *len)
{
    size_t part = *len < slice.len ? *len : slice.len;
    *len -= part;
    return slice_of(slice.data + part, slice.len - part);
}

static struct slice copy_to(char *place, struct slice text)
{
    if (text.len > 0) memcpy(place, text.data, text.len);
    return slice_of(place, text.len);
}

/* Takes the pin and, unless NULL, `memory`, in which the texts then lie. */
static void enqueue(struct connection *connection, const struct passage *passage, char *memory)
{
    struct passage left = *passage;
    size_t text_len = left.before.len + left.behind.len;
    struct pending_write *write = alloc_bytes(sizeof(*write) + (memory == NULL ? text_len : 0));
    write->connection = connection;
    write->text_len = text_len;
    write->value_len = left.value.len;
    write->pin = left.pin;
    write->memory = memory;
    if (memory == NULL) {
        left.behind = copy_to(write->texts + left.before.len, left.behind);
        left.before = copy_to(write->texts, left.before);
    }
    uv_buf_t pieces[3];
    unsigned count = pieces_of(&left, pieces);
    if (uv_write(&write->request, &connection->stream, pieces, count, on_written) != 0) {
        free_pending(write);
        connection_close(connection);
        return;
    }
    client_account_add(&connection->account, ACCOUNT_OUTPUT, text_len);
    client_account_add(&connection->account, ACCOUNT_PINNED, left.value.len);
}

static bool send_pushed(struct connection *connection);

/* What the kernel takes at once, as far as nothing waits before it. False: closed. */
static inline bool try_to_write(struct connection *connection, const uv_buf_t *pieces, unsigned count,
                                size_t *done)
{
    *done = 0;
    if (count == 0) return true;
    if (__builtin_expect(connection->pushed.first != 0, 0) && !send_pushed(connection)) return false;
    if (__builtin_expect(connection_queued(connection) > 0, 0)) return true;
    int written = uv_try_write(&connection->stream, pieces, count);
    if (written < 0 && written != UV_EAGAIN) {
        connection_close(connection);
        return false;
    }
    if (written > 0) *done = (size_t)written;
    if (written > 0) count_output(connection, *done);
    return true;
}

/* It is taken off the passage. */
static bool write_at_once(struct connection *connection, struct passage *passage)
{
    uv_buf_t pieces[3];
    size_t done;
    if (!try_to_write(connection, pieces, pieces_of(passage, pieces), &done)) return false;
    passage->before = without_first(passage->before, &done);
    passage->value = without_first(passage->value, &done);
    passage->behind = without_first(passage->behind, &done);
    return true;
}

/* Takes the pin. */
static void write_passage(struct connection *connection, struct passage *passage)
{
    bool open = !(connection->session.waits & WAIT_CLOSED) && write_at_once(connection, passage);
    bool is_left = open && passage->before.len + passage->value.len + passage->behind.len > 0;
    if (is_left)
        enqueue(connection, passage, NULL);
    else if (passage->pin.place != NULL)
        pin_drop(&passage->pin);
}

static void after_writing(struct connection *connection)
{
    if (connection->session.waits & WAIT_CLOSED || connection_queued(connection) == 0) return;
    if (connection_queued(connection) >= OUTPUT_HIGH) connection_wait(connection, WAIT_OUTPUT);
    connection_check_output(connection);
}

/* --- replies of the loop's buffer ------------------------------------------------------------------------
 */

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
        struct passage passage = { .before = slice_of(text + from, value->at - from),
                                   .value = value->text,
                                   .behind = slice_of(text + value->at, end - value->at),
                                   .pin = { .text = value->text, .place = value->holder } };
        write_passage(connection, &passage);
        from = end;
    }
    values->len = values->bytes = 0;
}

/* From here on the rest of a long text is handed over where it is, and not copied. */
#define HANDED_OVER_MIN ((size_t)64 << 10)

static __attribute__((noinline)) void queue_rest(struct connection *connection, struct buffer *out,
                                                 size_t done)
{
    struct passage left = { .before = slice_of(out->data + done, out->len - done) };
    bool handed_over = left.before.len >= HANDED_OVER_MIN && left.before.len >= out->cap / 4;
    enqueue(connection, &left, handed_over ? out->data : NULL);
    if (handed_over) *out = (struct buffer){ 0 };
}

static inline void write_text(struct connection *connection, struct buffer *out)
{
    uv_buf_t piece = { .base = out->data, .len = out->len };
    size_t done;
    if (try_to_write(connection, &piece, 1, &done) && done < out->len) queue_rest(connection, out, done);
}

/* Of stretches of the sheet, what the kernel does not take is copied. */
static bool send_stretches(struct connection *connection, uv_buf_t *stretches, unsigned count)
{
    size_t done;
    if (!try_to_write(connection, stretches, count, &done)) return false;
    for (unsigned i = 0; i < count; i++) {
        struct passage left = { .before = slice_of(stretches[i].base, stretches[i].len) };
        left.before = without_first(left.before, &done);
        if (left.before.len > 0) enqueue(connection, &left, NULL);
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
            end = add_piece(end, stretch);
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
    if (bytes->len > 0 && !(connection->session.waits & WAIT_CLOSED)) {
        write_text(connection, bytes);
        after_writing(connection);
    }
    buffer_clear(bytes);
}

void connection_after_owed(struct connection *connection)
{
    if (connection->close_when_written) connection_finish(connection);
}
