/*
 * wire.h - a stream of bytes to an address: looked up anew, connected, and closed.
 *
 * A TCP connection has keepalive in times that follow from upstream-heartbeat and upstream-timeout, so that
 * the kernel finds out about a peer that is gone also where nothing may be sent that asks for a reply. One
 * that reached itself, which happens when a free port of this machine is dialled, has failed.
 *
 * Threads: the loop it was opened on. Ownership: lives in the owner's memory, from wire_open() until
 * closed().
 */
#ifndef SERVER_UPSTREAM_LINK_WIRE_H
#define SERVER_UPSTREAM_LINK_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct upstream_url;
struct wire;

struct wire_options {
    uv_loop_t *uv;
    const struct upstream_url *url; /* borrowed, outlives it */
    int64_t heartbeat_ms;
    int64_t timeout_ms;
    /* `why` is NULL when it is open. Not called once wire_close() was. */
    void (*opened)(struct wire *wire, const char *why);
    void (*closed)(struct wire *wire);
};

struct wire {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    struct wire_options options;
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
    bool looking_up;
    bool closing;
    bool handle_closed;
};

void wire_open(struct wire *wire, const struct wire_options *options);
void wire_close(struct wire *wire);

/* Both ends of a connection may be one socket: who dials a port that nobody listens on, and gets this very
 * port for its own end, meets itself (a simultaneous open). */
bool wire_reached_itself(const uv_tcp_t *tcp);

#endif
