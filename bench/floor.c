/*
 * floor - the least that a server on libuv can cost.
 *
 * Parses requests just enough to know where they end, answers GET with a string, PING with PONG and all else
 * with OK, and stores nothing; of PUBLISH it sends the message to whoever has sent SUBSCRIBE, whatever the
 * channel. What a server takes above this per operation is what its own work costs.
 *
 * One loop, one read buffer, replies of one read in one uv_try_write, as a server that stores would do it.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "bench/kit/options.h"
#include "bench/kit/program.h"
#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/slice.h"

#define INPUT_BYTES    ((size_t)64 * 1024)
#define PORT_DEFAULT   6379
#define VALUE_DEFAULT  32
#define LISTEN_BACKLOG 511

struct floor {
    uv_tcp_t listener;
    struct buffer value_reply;
    struct buffer out;    /* replies of the read at hand */
    struct buffer pushed; /* and messages */
    struct client **subscribers;
    size_t subscribers_len;
    char input[INPUT_BYTES];
};

struct client {
    uv_tcp_t tcp;
    bool subscribed;
    struct floor *floor;
    struct buffer rest; /* an unfinished request */
};

struct late_write {
    uv_write_t request;
    char data[];
};

/* The number after `*` or `$` at `at`, and the offset behind its line; 0 when the line is not all there.
 * Trusts the client to send nothing else. */
static size_t read_header(const char *data, size_t len, size_t at, size_t *number)
{
    *number = 0;
    for (at++; at + 1 < len && data[at] != '\r'; at++) *number = *number * 10 + (size_t)(data[at] - '0');
    return at + 1 < len ? at + strlen("\r\n") : 0;
}

/* What is looked at of a request. */
struct request {
    char first, second; /* letters of its name; the second is 0 in one that is a line of text */
    size_t rest;        /* where its second argument begins, with its length */
};

/* The length of the request at the start of `data`, 0 when it is not all there. */
static size_t request_len(const char *data, size_t len, struct request *request)
{
    if (data[0] != '*') {
        const char *end = memchr(data, '\n', len);
        request->first = data[0];
        return end != NULL ? (size_t)(end - data) + 1 : 0;
    }
    size_t arguments;
    size_t at = read_header(data, len, 0, &arguments);
    for (size_t i = 0; at > 0 && i < arguments; i++) {
        size_t bulk;
        at = read_header(data, len, at, &bulk);
        if (at == 0 || len - at < bulk + strlen("\r\n")) return 0;
        if (i == 0) request->first = data[at];
        if (i == 0 && bulk > 1) request->second = data[at + 1];
        at += bulk + strlen("\r\n");
        if (i == 0) request->rest = at;
    }
    return at;
}

static void subscribe(struct client *client, struct slice rest)
{
    struct floor *floor = client->floor;
    buffer_printf(&floor->out, "*3\r\n$9\r\nsubscribe\r\n%.*s:1\r\n", (int)rest.len, rest.data);
    if (client->subscribed) return;
    client->subscribed = true;
    floor->subscribers =
        alloc_resize(floor->subscribers, (floor->subscribers_len + 1) * sizeof(struct client *));
    floor->subscribers[floor->subscribers_len++] = client;
}

static void unsubscribe(const struct client *client)
{
    struct floor *floor = client->floor;
    size_t i = 0;
    if (!client->subscribed) return;
    while (floor->subscribers[i] != client) i++;
    floor->subscribers[i] = floor->subscribers[--floor->subscribers_len];
}

static void publish(struct floor *floor, struct slice rest)
{
    buffer_printf(&floor->pushed, "*3\r\n$7\r\nmessage\r\n");
    buffer_append(&floor->pushed, rest.data, rest.len);
    buffer_printf(&floor->out, ":%zu\r\n", floor->subscribers_len);
}

static void answer(struct client *client, const struct request *request, struct slice rest)
{
    struct floor *floor = client->floor;
    if (request->first == 'G' || request->first == 'g')
        buffer_append(&floor->out, floor->value_reply.data, floor->value_reply.len);
    else if (request->first == 'P' && request->second == 'U')
        publish(floor, rest);
    else if (request->first == 'S' && request->second == 'U')
        subscribe(client, rest);
    else if (request->first == 'P' || request->first == 'p')
        buffer_append(&floor->out, "+PONG\r\n", strlen("+PONG\r\n"));
    else
        buffer_append(&floor->out, "+OK\r\n", strlen("+OK\r\n"));
}

/* Answers what is complete; returns the bytes that were. */
static size_t answer_all(struct client *client, const char *data, size_t len)
{
    size_t done = 0;
    while (done < len) {
        struct request request = { 0 };
        size_t end = request_len(data + done, len - done, &request);
        if (end == 0) break;
        answer(client, &request, slice_of(data + done + request.rest, end - request.rest));
        done += end;
    }
    return done;
}

static void free_late_write(uv_write_t *request, int status)
{
    (void)status;
    alloc_free(request);
}

static void send_text(struct client *client, const struct buffer *out)
{
    uv_stream_t *stream = (uv_stream_t *)&client->tcp;
    uv_buf_t piece = uv_buf_init(out->data, (unsigned)out->len);
    int sent = out->len > 0 ? uv_try_write(stream, &piece, 1) : 0;
    size_t left = out->len - (sent > 0 ? (size_t)sent : 0);
    if (left > 0) {
        struct late_write *late = alloc_bytes(sizeof *late + left);
        memcpy(late->data, out->data + out->len - left, left);
        piece = uv_buf_init(late->data, (unsigned)left);
        if (uv_write(&late->request, stream, &piece, 1, free_late_write) != 0) alloc_free(late);
    }
}

static void send_replies(struct client *client)
{
    struct floor *floor = client->floor;
    send_text(client, &floor->out);
    floor->out.len = 0;
    for (size_t i = 0; floor->pushed.len > 0 && i < floor->subscribers_len; i++)
        send_text(floor->subscribers[i], &floor->pushed);
    floor->pushed.len = 0;
}

static void on_closed(uv_handle_t *handle)
{
    struct client *client = handle->data;
    unsubscribe(client);
    buffer_clear(&client->rest);
    alloc_free(client);
}

static void lend_input(uv_handle_t *handle, size_t suggested, uv_buf_t *piece)
{
    (void)suggested;
    struct client *client = handle->data;
    *piece = uv_buf_init(client->floor->input, INPUT_BYTES);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *piece)
{
    struct client *client = stream->data;
    if (n < 0) {
        uv_close((uv_handle_t *)stream, on_closed);
        return;
    }
    if (client->rest.len > 0) {
        buffer_append(&client->rest, piece->base, (size_t)n);
        buffer_consume(&client->rest, answer_all(client, client->rest.data, client->rest.len));
    } else {
        size_t done = answer_all(client, piece->base, (size_t)n);
        buffer_append(&client->rest, piece->base + done, (size_t)n - done);
    }
    send_replies(client);
}

static void on_connection(uv_stream_t *listener, int status)
{
    if (status < 0) return;
    struct client *client = ALLOC_NEW(struct client);
    client->floor = listener->data;
    uv_tcp_init(listener->loop, &client->tcp);
    client->tcp.data = client;
    if (uv_accept(listener, (uv_stream_t *)&client->tcp) != 0) {
        uv_close((uv_handle_t *)&client->tcp, on_closed);
        return;
    }
    uv_tcp_nodelay(&client->tcp, 1);
    uv_read_start((uv_stream_t *)&client->tcp, lend_input, on_read);
}

static void listen_on(struct floor *floor, uv_loop_t *loop, uint64_t port)
{
    struct sockaddr_in address;
    uv_ip4_addr("127.0.0.1", (int)port, &address);
    uv_tcp_init(loop, &floor->listener);
    floor->listener.data = floor;
    int status = uv_tcp_bind(&floor->listener, (const struct sockaddr *)&address, 0);
    if (status == 0) status = uv_listen((uv_stream_t *)&floor->listener, LISTEN_BACKLOG, on_connection);
    if (status != 0) program_fail("port %d: %s", (int)port, uv_strerror(status));
}

static void make_value_reply(struct buffer *reply, uint64_t value_bytes)
{
    buffer_printf(reply, "$%zu\r\n", (size_t)value_bytes);
    memset(buffer_reserve(reply, value_bytes), 'x', value_bytes);
    buffer_commit(reply, value_bytes);
    buffer_append(reply, "\r\n", strlen("\r\n"));
}

int main(int argc, char **argv)
{
    uint64_t port = PORT_DEFAULT;
    uint64_t value_bytes = VALUE_DEFAULT;
    bool version = false;
    const struct option options[] = {
        { "port", OPTION_COUNT, &port, "N", "of 127.0.0.1 (6379)" },
        { "value", OPTION_COUNT, &value_bytes, "N", "bytes that GET answers (32)" },
        { "version", OPTION_FLAG, &version, NULL, "print libuv's version and exit" },
        { 0 },
    };
    options_parse_all(argc, argv, options);
    if (version) {
        printf("libuv %s\n", uv_version_string());
        return EXIT_SUCCESS;
    }

    struct floor *floor = ALLOC_NEW(struct floor);
    make_value_reply(&floor->value_reply, value_bytes);
    listen_on(floor, uv_default_loop(), port);
    return uv_run(uv_default_loop(), UV_RUN_DEFAULT);
}
