#include "bench/kit/load/exchange.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/kit/load/resp.h"
#include "bench/kit/program.h"
#include "bench/kit/servers/address.h"
#include "proto/base/alloc.h"

#define SILENCE_MS  30000
#define INPUT_BYTES ((size_t)128 * 1024)

void exchange_open(struct exchange *exchange, const struct address *address)
{
    *exchange = (struct exchange){ 0 };
    if (address->protocol != &resp_protocol)
        program_fail("this needs a server that speaks RESP, not %s", address->protocol->name);
    exchange->fd = address_connect(address);
    if (exchange->fd < 0) program_fail("connect: %s", strerror(errno));
}

void exchange_close(struct exchange *exchange)
{
    close(exchange->fd);
    buffer_clear(&exchange->out);
    alloc_free(exchange->replies.kinds);
    exchange->replies = (struct replies){ 0 };
}

void exchange_begin(struct exchange *exchange, size_t argc)
{
    resp_begin(&exchange->out, argc);
}

void exchange_argument(struct exchange *exchange, const void *data, size_t len)
{
    resp_argument(&exchange->out, data, len);
}

/* The bytes sent, 0 when the socket is full. */
static size_t send_some(struct exchange *exchange, size_t sent)
{
    const struct buffer *out = &exchange->out;
    ssize_t n = send(exchange->fd, out->data + sent, out->len - sent, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR) program_fail("connection lost: %s", strerror(errno));
    return n > 0 ? (size_t)n : 0;
}

static void receive_some(struct exchange *exchange)
{
    char input[INPUT_BYTES];
    ssize_t n = recv(exchange->fd, input, sizeof input, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) program_fail("connection lost: %s", n == 0 ? "closed by the server" : strerror(errno));
    if (!replies_feed(&exchange->replies, input, (size_t)n)) program_fail("the server sent what is no RESP");
}

static void reserve_kinds(struct replies *replies, size_t count)
{
    replies->kinds_len = 0;
    if (count <= replies->kinds_cap) return;
    replies->kinds = alloc_resize(replies->kinds, count);
    replies->kinds_cap = count;
}

void exchange_turn(struct exchange *exchange, size_t count)
{
    struct replies *replies = &exchange->replies;
    uint64_t end = replies->done + count;
    reserve_kinds(replies, count);
    size_t sent = send_some(exchange, 0);
    while (replies->done < end) {
        bool sending = sent < exchange->out.len;
        struct pollfd socket = { .fd = exchange->fd, .events = (short)(POLLIN | (sending ? POLLOUT : 0)) };
        int ready = poll(&socket, 1, SILENCE_MS);
        if (ready == 0) program_fail("no reply in %d s", SILENCE_MS / 1000);
        if (socket.revents & POLLOUT) sent += send_some(exchange, sent);
        if (socket.revents & ~POLLOUT) receive_some(exchange);
    }
    exchange->out.len = 0;
}

void exchange_ask(const struct address *address, size_t argc, const char *const *argv)
{
    struct exchange exchange;
    exchange_open(&exchange, address);
    exchange_begin(&exchange, argc);
    for (size_t i = 0; i < argc; i++) exchange_argument(&exchange, argv[i], strlen(argv[i]));
    exchange_turn(&exchange, 1);
    if (exchange.replies.errors > 0) program_fail("%s: %s", argv[0], exchange.replies.first_error);
    exchange_close(&exchange);
}
