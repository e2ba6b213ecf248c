/* What a connection sends, and what of it waits for the kernel. */
#include "server/net/connection.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "server/config/settings.h"
#include "server/loop.h"
#include "server/net/address.h"
#include "server/observe/log.h"
#include "server/server.h"
#include "server/upstream/patron.h"

/* Replies the kernel did not take at once. */
struct pending_write {
    uv_write_t request;
    struct connection *connection;
    size_t len;
    char data[];
};

static void count_output(struct connection *connection, size_t len)
{
    connection->session.net_out += len;
    counter_add(&connection->loop->counters.net_out, len);
    counter_add(&connection->loop->counters.writes, 1);
}

static void after_output(struct connection *connection)
{
    if (connection_unread(connection) > OUTPUT_LOW) return;
    if (connection->waits & WAIT_OUTPUT) connection_resume(connection, WAIT_OUTPUT);
    if (connection_unread(connection) == 0 && connection->close_when_written) connection_finish(connection);
}

static void on_written(uv_write_t *request, int status)
{
    struct pending_write *write = (struct pending_write *)(void *)request;
    struct connection *connection = write->connection;
    client_account_take(&connection->account, ACCOUNT_OUTPUT, write->len);
    if (status == 0) count_output(connection, write->len);
    alloc_free(write);
    if (connection->waits & WAIT_CLOSED) return;
    if (status < 0)
        connection_close(connection);
    else
        after_output(connection);
}

enum setting_client_class connection_class(const struct connection *connection)
{
    return patron_is_subscribed(connection->patron) ? CLIENT_PUBSUB : CLIENT_NORMAL;
}

static void check_output_limit(struct connection *connection)
{
    if (!client_account_output_is_over(&connection->account, connection_class(connection), 0)) return;
    char peer[ADDRESS_TEXT_MAX];
    connection_peer(connection, peer, sizeof(peer));
    log_write(LOG_LEVEL_WARNING,
              "Client id=%llu addr=%s omem=%zu closed for overcoming of output buffer limits.",
              (unsigned long long)connection->session.id, peer, client_account_output(&connection->account));
    counter_add(&connection->loop->counters.output_buffer_closes, 1);
    connection_close(connection);
}

/* Both, one behind the other. */
static bool enqueue(struct connection *connection, struct slice first, struct slice second)
{
    size_t len = first.len + second.len;
    struct pending_write *write = alloc_bytes(sizeof(*write) + len);
    write->connection = connection;
    write->len = len;
    memcpy(write->data, first.data, first.len);
    memcpy(write->data + first.len, second.data, second.len);
    uv_buf_t piece = uv_buf_init(write->data, (unsigned)len);
    if (uv_write(&write->request, &connection->stream, &piece, 1, on_written) != 0) {
        alloc_free(write);
        return false;
    }
    client_account_add(&connection->account, ACCOUNT_OUTPUT, len);
    return true;
}

static void queue_output(struct connection *connection, const char *data, size_t len)
{
    if (!enqueue(connection, slice_of(data, len), SLICE(""))) {
        connection_close(connection);
        return;
    }
    if (connection_unread(connection) >= OUTPUT_HIGH) connection_wait(connection, WAIT_OUTPUT);
    check_output_limit(connection);
}

/* libuv's lengths are 32 bits wide. */
#define WRITE_MAX (1u << 30)

static void write_or_queue(struct connection *connection, const char *data, size_t len)
{
    uv_buf_t piece = uv_buf_init((char *)data, (unsigned)(len < WRITE_MAX ? len : WRITE_MAX));
    int written = uv_try_write(&connection->stream, &piece, 1);
    if (written < 0 && written != UV_EAGAIN) {
        connection_close(connection);
        return;
    }
    size_t done = written > 0 ? (size_t)written : 0;
    if (done > 0) count_output(connection, done);
    while (done < len && !(connection->waits & WAIT_CLOSED)) {
        size_t part = len - done < WRITE_MAX ? len - done : WRITE_MAX;
        queue_output(connection, data + done, part);
        done += part;
    }
}

static struct slice behind(struct slice slice, size_t len)
{
    size_t part = len < slice.len ? len : slice.len;
    return slice_of(slice.data + part, slice.len - part);
}

size_t connection_send_value(struct connection *connection, struct slice value)
{
    struct buffer *out = &connection->loop->out;
    if (connection->waits & WAIT_CLOSED || out->len > WRITE_MAX || value.len > WRITE_MAX) return 0;
    const uv_buf_t pieces[] = {
        uv_buf_init(out->data, (unsigned)out->len),
        uv_buf_init((char *)(uintptr_t)value.data, (unsigned)value.len),
    };
    int written = uv_try_write(&connection->stream, pieces, 2);
    if (written < 0 && written != UV_EAGAIN) return 0;
    size_t done = written > 0 ? (size_t)written : 0;
    if (done > 0) count_output(connection, done);
    struct slice first = behind(buffer_slice(out), done);
    struct slice rest = behind(value, done > out->len ? done - out->len : 0);
    bool sent = first.len + rest.len == 0 || enqueue(connection, first, rest);
    if (!sent) memmove(out->data, first.data, first.len);
    out->len = sent ? 0 : first.len;
    return sent ? value.len : value.len - rest.len;
}

/* A reply of a huge value must not leave the loop with its buffer for good. */
#define OUT_KEPT_MAX (4u << 20)

void connection_flush(struct connection *connection)
{
    struct buffer *out = &connection->loop->out;
    counter *recent = &connection->loop->counters.recent_output_max;
    if (out->len > counter_get(recent)) counter_set(recent, out->len);
    if (out->len > 0 && !(connection->waits & WAIT_CLOSED)) write_or_queue(connection, out->data, out->len);
    out->len = 0;
    if (out->cap > OUT_KEPT_MAX) buffer_clear(out);
    if (connection->session.closing) connection_finish(connection);
}

void connection_send(struct connection *connection, struct slice bytes)
{
    if (bytes.len > 0 && !(connection->waits & WAIT_CLOSED))
        write_or_queue(connection, bytes.data, bytes.len);
}

void connection_after_owed(struct connection *connection)
{
    if (connection->close_when_written) connection_finish(connection);
}
