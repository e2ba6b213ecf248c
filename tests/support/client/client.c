#include "tests/support/client/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "proto/base/contract.h"
#include "proto/reply_reader.h"
#include "tests/support/client/command_line.h"
#include "tests/support/pace.h"

#define READ_BYTES 65536

#define PORTS_MAX 64

static struct {
    int ports[PORTS_MAX];
    size_t len;
    SSL_CTX *context;
} encrypted;

void client_encrypt_port(int port)
{
    if (encrypted.context == NULL) encrypted.context = SSL_CTX_new(TLS_client_method());
    encrypted.ports[encrypted.len++ % PORTS_MAX] = port;
}

static bool is_encrypted(int port)
{
    for (size_t i = 0; i < PORTS_MAX && i < encrypted.len; i++)
        if (encrypted.ports[i] == port) return true;
    return false;
}

static bool open_socket(struct client *client, const struct sockaddr *address, socklen_t len)
{
    *client = (struct client){ .timeout_ms = 10000 * PACE };
    client->fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(client->fd >= 0);
    if (connect(client->fd, address, len) != 0) {
        close(client->fd);
        client->fd = -1;
        return false;
    }
    return true;
}

static bool become_patient(struct client *client)
{
    fcntl(client->fd, F_SETFL, fcntl(client->fd, F_GETFL) | O_NONBLOCK);
    return true;
}

static bool open_tcp(struct client *client, int port)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_port = htons((uint16_t)port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    if (!open_socket(client, (struct sockaddr *)&address, sizeof address)) return false;
    /* A test that splits its bytes wants the pieces to arrive as pieces. */
    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
    return true;
}

bool client_open_tcp(struct client *client, int port)
{
    if (is_encrypted(port)) return client_open_tls(client, port, encrypted.context);
    return open_tcp(client, port) && become_patient(client);
}

bool client_open_tls(struct client *client, int port, SSL_CTX *context)
{
    if (!open_tcp(client, port)) return false;
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes to a socket as to a file */
    struct timeval patience = { .tv_sec = client->timeout_ms / 1000 };
    setsockopt(client->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    client->ssl = SSL_new(context);
    SSL_set_mode(client->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_fd(client->ssl, client->fd);
    if (SSL_connect(client->ssl) == 1) return become_patient(client);
    ERR_clear_error();
    client_close(client);
    return false;
}

bool client_open_unix(struct client *client, const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    REQUIRE(strlen(path) < sizeof address.sun_path);
    memcpy(address.sun_path, path, strlen(path) + 1);
    return open_socket(client, (struct sockaddr *)&address, sizeof address) && become_patient(client);
}

void client_close(struct client *client)
{
    SSL_free(client->ssl);
    client->ssl = NULL;
    if (client->fd >= 0) close(client->fd);
    client->fd = -1;
    buffer_clear(&client->in);
    client->used = 0;
}

static bool fail(struct client *client, enum client_trouble trouble)
{
    client->trouble = trouble;
    return false;
}

/* As the kernel says of a socket: -1 with EAGAIN, 0 for its end. */
static ssize_t judge(struct client *client, int done)
{
    if (done > 0) return done;
    int reason = SSL_get_error(client->ssl, done);
    ERR_clear_error();
    errno = EAGAIN;
    if (reason == SSL_ERROR_WANT_READ || reason == SSL_ERROR_WANT_WRITE) return -1;
    errno = EPIPE;
    return reason == SSL_ERROR_ZERO_RETURN ? 0 : -1;
}

static ssize_t take(struct client *client, char *room, size_t size)
{
    if (client->ssl == NULL) return recv(client->fd, room, size, 0);
    return judge(client, SSL_read(client->ssl, room, (int)size));
}

static ssize_t give(struct client *client, struct slice bytes)
{
    if (client->ssl == NULL) return send(client->fd, bytes.data, bytes.len, MSG_NOSIGNAL);
    return judge(client, SSL_write(client->ssl, bytes.data, (int)bytes.len));
}

/* Append what has arrived. */
static bool receive(struct client *client)
{
    ssize_t got = take(client, buffer_reserve(&client->in, READ_BYTES), READ_BYTES);
    if (got > 0) {
        buffer_commit(&client->in, (size_t)got);
        return true;
    }
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
    return fail(client, CLIENT_CLOSED);
}

/* Wait for what `events` asks until the deadline; the events that came, 0 when none did. */
static short wait_for(struct client *client, short events, int64_t deadline_ms)
{
    struct pollfd waiting = { .fd = client->fd, .events = events };
    int64_t left_ms = deadline_ms - pace_now_ms();
    if (client->fd < 0) {
        fail(client, CLIENT_CLOSED);
        return 0;
    }
    int ready = poll(&waiting, 1, left_ms > 0 ? (int)left_ms : 0);
    if (ready > 0) return waiting.revents;
    fail(client, CLIENT_SILENT);
    return 0;
}

bool client_send(struct client *client, struct slice bytes)
{
    int64_t deadline_ms = pace_now_ms() + client->timeout_ms;
    while (bytes.len > 0) {
        short ready = wait_for(client, POLLOUT | POLLIN, deadline_ms);
        if (ready == 0) return false;
        if (ready & POLLIN && !receive(client)) return false;
        if (!(ready & (POLLOUT | POLLERR | POLLHUP))) continue;
        ssize_t sent = give(client, bytes);
        if (sent < 0 && errno != EAGAIN && errno != EINTR) return fail(client, CLIENT_CLOSED);
        if (sent > 0) bytes = slice_of(bytes.data + sent, bytes.len - (size_t)sent);
    }
    return true;
}

size_t client_push(struct client *client, struct slice bytes, int patience_ms)
{
    size_t sent = 0;
    while (sent < bytes.len) {
        struct pollfd waiting = { .fd = client->fd, .events = POLLOUT };
        if (poll(&waiting, 1, patience_ms) <= 0) return sent;
        ssize_t step = give(client, slice_of(bytes.data + sent, bytes.len - sent));
        if (step <= 0 && errno != EAGAIN) return sent;
        if (step > 0) sent += (size_t)step;
    }
    return sent;
}

void client_format_argv(struct buffer *out, size_t argc, const struct slice *argv)
{
    buffer_printf(out, "*%zu\r\n", argc);
    for (size_t i = 0; i < argc; i++) {
        buffer_printf(out, "$%zu\r\n", argv[i].len);
        buffer_append(out, argv[i].data, argv[i].len);
        buffer_append(out, "\r\n", 2);
    }
}

bool client_send_argv(struct client *client, size_t argc, const struct slice *argv)
{
    struct buffer bytes = { 0 };
    client_format_argv(&bytes, argc, argv);
    bool sent = client_send(client, buffer_slice(&bytes));
    buffer_clear(&bytes);
    return sent;
}

bool client_send_line(struct client *client, const char *line)
{
    struct command_line words;
    REQUIRE(command_line_init(&words, line));
    bool sent = client_send_argv(client, words.argc, words.argv);
    command_line_clear(&words);
    return sent;
}

bool client_read(struct client *client, struct slice *reply)
{
    int64_t deadline_ms = pace_now_ms() + client->timeout_ms;
    struct reply_reader reader = { 0 };
    buffer_consume(&client->in, client->used);
    client->used = 0;
    for (;;) {
        size_t len;
        enum reader_status status = reply_reader_skip(&reader, buffer_slice(&client->in), &len);
        if (status == READER_BROKEN) return fail(client, CLIENT_GARBAGE);
        if (status == READER_READY) {
            *reply = slice_of(client->in.data, len);
            client->used = len;
            return true;
        }
        if (wait_for(client, POLLIN, deadline_ms) == 0 || !receive(client)) return false;
    }
}

struct slice client_ask(struct client *client, const char *line)
{
    struct slice reply;
    if (client_send_line(client, line) && client_read(client, &reply)) return reply;
    return slice_of("", 0);
}

bool client_wait_closed(struct client *client)
{
    int64_t deadline_ms = pace_now_ms() + client->timeout_ms;
    while (wait_for(client, POLLIN, deadline_ms) != 0) {
        client->in.len = 0;
        client->used = 0;
        if (!receive(client)) return true;
    }
    return client->trouble == CLIENT_CLOSED;
}

const char *client_trouble_name(enum client_trouble trouble)
{
    switch (trouble) {
    case CLIENT_FINE: return "fine";
    case CLIENT_SILENT: return "silent";
    case CLIENT_CLOSED: return "closed";
    case CLIENT_GARBAGE: return "garbage";
    }
    return "unknown";
}
