/*
 * dial.h - a wire is connected to an address, which is looked up anew.
 *
 * A TCP connection has keepalive in times that follow from upstream-heartbeat and upstream-timeout, so that
 * the kernel finds out about a peer that is gone also where nothing may be sent that asks for a reply. One
 * that reached itself, which happens when a free port of this machine is dialled, has failed.
 *
 * Threads: the loop of the wire. Ownership: in the owner's memory beside the wire, until that is closed and
 * given_up() was called, if dial_give_up() said that it will be.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_DIAL_H
#define SERVER_UPSTREAM_CHANNEL_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

struct dial;
struct upstream_url;
struct wire;

struct dial_options {
    const struct upstream_url *url; /* borrowed, outlives it */
    int64_t heartbeat_ms;
    int64_t timeout_ms;
    /* `why` is NULL when the wire is connected. Not called once it was given up. */
    void (*opened)(struct dial *dial, const char *why);
    void (*given_up)(struct dial *dial);
};

struct dial {
    struct wire *wire;
    struct dial_options options;
    uv_getaddrinfo_t lookup;
    uv_connect_t connect;
    bool looking_up;
    bool is_given_up;
};

/* `wire` was made by wire_init(). */
void dial_start(struct dial *dial, struct wire *wire, const struct dial_options *options);
/* Its wire is being closed. True: the dial's memory has to stay until given_up(). */
bool dial_give_up(struct dial *dial);

/* Both ends of a connection may be one socket: who dials a port that nobody listens on, and gets this very
 * port for its own end, meets itself (a simultaneous open). */
bool dial_reached_itself(const uv_tcp_t *tcp);

#endif
