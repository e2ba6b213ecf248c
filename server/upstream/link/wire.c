#include "server/upstream/link/wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/base/contract.h"
#include "server/config/upstream_url.h"

/* Unanswered probes of the kernel's after which a silent peer is gone. */
#define PROBES 3

static void end_if_done(struct wire *wire)
{
    if (wire->handle_closed && !wire->looking_up) wire->options.closed(wire);
}

static struct wire *wire_of(uv_handle_t *handle)
{
    return (struct wire *)(void *)handle; /* its first member */
}

static void on_closed(uv_handle_t *handle)
{
    struct wire *wire = wire_of(handle);
    wire->handle_closed = true;
    end_if_done(wire);
}

void wire_close(struct wire *wire)
{
    wire->closing = true;
    if (wire->looking_up) uv_cancel((uv_req_t *)&wire->lookup);
    uv_close(&wire->handle, on_closed);
}

static int seconds(int64_t ms)
{
    return ms < 1000 ? 1 : (int)(ms / 1000);
}

static void set_option(int fd, int option, int value)
{
    setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

static void tune(struct wire *wire)
{
    uv_os_fd_t fd;
    if (uv_fileno(&wire->handle, &fd) != 0) return;
    int64_t timeout_ms = wire->options.timeout_ms;
    uv_tcp_nodelay(&wire->tcp, 1);
    uv_tcp_keepalive(&wire->tcp, 1, (unsigned)seconds(wire->options.heartbeat_ms));
    set_option(fd, TCP_KEEPINTVL, seconds(timeout_ms / PROBES));
    set_option(fd, TCP_KEEPCNT, PROBES);
    set_option(fd, TCP_USER_TIMEOUT, (int)timeout_ms);
}

bool wire_reached_itself(const uv_tcp_t *tcp)
{
    struct sockaddr_storage own = { 0 }, peer = { 0 };
    int own_len = sizeof own, peer_len = sizeof peer;
    if (uv_tcp_getsockname(tcp, (struct sockaddr *)&own, &own_len) != 0) return false;
    if (uv_tcp_getpeername(tcp, (struct sockaddr *)&peer, &peer_len) != 0) return false;
    return own_len == peer_len && memcmp(&own, &peer, (size_t)own_len) == 0;
}

static void on_connected(uv_connect_t *connect, int status)
{
    struct wire *wire = connect->data;
    if (wire->closing) return;
    const char *why = status < 0 ? uv_strerror(status) : NULL;
    if (why == NULL && !wire->options.url->unix_socket) {
        if (wire_reached_itself(&wire->tcp)) why = "the connection reached itself: nobody listens there";
        tune(wire);
    }
    wire->options.opened(wire, why);
}

static void on_address(uv_getaddrinfo_t *lookup, int status, struct addrinfo *found)
{
    struct wire *wire = lookup->data;
    wire->looking_up = false;
    if (wire->closing) {
        uv_freeaddrinfo(found);
        end_if_done(wire);
        return;
    }
    if (status == 0) status = uv_tcp_connect(&wire->connect, &wire->tcp, found->ai_addr, on_connected);
    uv_freeaddrinfo(found);
    if (status < 0) wire->options.opened(wire, uv_strerror(status));
}

static void look_up(struct wire *wire)
{
    char port[8];
    const struct upstream_url *url = wire->options.url;
    snprintf(port, sizeof(port), "%d", url->port);
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC };
    wire->lookup.data = wire;
    wire->looking_up = true;
    int failure = uv_getaddrinfo(wire->options.uv, &wire->lookup, on_address, url->host, port, &hints);
    INVARIANT(failure == 0); /* it fails for names that are too long, which the url has refused */
}

void wire_open(struct wire *wire, const struct wire_options *options)
{
    *wire = (struct wire){ .options = *options };
    wire->connect.data = wire;
    int failure = options->url->unix_socket ? uv_pipe_init(options->uv, &wire->pipe, 0)
                                            : uv_tcp_init(options->uv, &wire->tcp);
    INVARIANT(failure == 0);
    if (options->url->unix_socket)
        uv_pipe_connect(&wire->connect, &wire->pipe, options->url->host, on_connected);
    else
        look_up(wire);
}
