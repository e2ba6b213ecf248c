#include "server/upstream/channel/dial.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/base/contract.h"
#include "server/config/upstream_url.h"
#include "server/net/wire.h"

/* Unanswered probes of the kernel's after which a silent peer is gone. */
#define PROBES 3

bool dial_give_up(struct dial *dial)
{
    dial->is_given_up = true;
    if (dial->looking_up) uv_cancel((uv_req_t *)&dial->lookup);
    return dial->looking_up;
}

static int seconds(int64_t ms)
{
    return ms < 1000 ? 1 : (int)(ms / 1000);
}

static void set_option(int fd, int option, int value)
{
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

static void tune(struct wire *wire, const struct dial_options *options)
{
    uv_tcp_nodelay(&wire->tcp, 1);
    uv_tcp_keepalive(&wire->tcp, 1, (unsigned)seconds(options->heartbeat_ms));
    set_option(wire->fd, TCP_KEEPINTVL, seconds(options->timeout_ms / PROBES));
    set_option(wire->fd, TCP_KEEPCNT, PROBES);
    set_option(wire->fd, TCP_USER_TIMEOUT, (int)options->timeout_ms);
}

bool dial_reached_itself(const uv_tcp_t *tcp)
{
    struct sockaddr_storage own = { 0 }, peer = { 0 };
    int own_len = sizeof own, peer_len = sizeof peer;
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&own, &own_len) != 0) return false;
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&peer, &peer_len) != 0) return false;
    return own_len == peer_len && memcmp(&own, &peer, (size_t)own_len) == 0;
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct dial *dial = connect->data;
    if (dial->is_given_up) return;
    const char *why = status < 0 ? uv_strerror(status) : NULL;
    if (why == NULL) wire_connected(dial->wire);
    if (why == NULL && !dial->wire->unix_socket) {
        if (dial_reached_itself(&dial->wire->tcp))
            why = "the connection reached itself: nobody listens there";
        tune(dial->wire, &dial->options);
    }
    dial->options.opened(dial, why);
}

static void on_address(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct dial *dial = lookup->data;
    dial->looking_up = false;
    if (dial->is_given_up) {
        uv_freeaddrinfo(found);
        dial->options.given_up(dial);
        return;
    }
    if (status == 0) status = uv_tcp_connect(&dial->connect, &dial->wire->tcp, found->ai_addr, on_connected);
    uv_freeaddrinfo(found);
    if (status < 0) dial->options.opened(dial, uv_strerror(status));
}

static void look_up(struct dial *dial)
{
    char port[8];
    const struct upstream_url *url = dial->options.url;
    snprintf(port, sizeof(port), "%d", url->port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC };
    dial->lookup.data = dial;
    dial->looking_up = true;
    int failure = uv_getaddrinfo(dial->wire->handle.loop, &dial->lookup, on_address, url->host, port, &hints);
    INVARIANT(failure == 0); /* it fails for names that are too long, which the url has refused */
}

void dial_start(struct dial *dial, struct wire *wire, const struct dial_options *options)
{
    *dial = (struct dial){ .wire = wire, .options = *options };
    dial->connect.data = dial;
    if (wire->unix_socket)
        uv_pipe_connect(&dial->connect, &wire->pipe, options->url->host, on_connected);
    else
        look_up(dial);
}
