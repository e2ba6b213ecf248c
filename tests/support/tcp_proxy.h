/*
 * tcp_proxy.h - a bad network between two programs of this machine.
 *
 * Forwards every connection to a port of 127.0.0.1, on a thread of its own, and spoils it as told: later, not
 * at all for a while, cut off in the middle of a byte stream, or silently never again.
 *
 * Threads: any may call but the proxy's own; when a call returns, its order is in effect.
 */
#ifndef TESTS_SUPPORT_TCP_PROXY_H
#define TESTS_SUPPORT_TCP_PROXY_H

#include <stdbool.h>
#include <stdint.h>

struct tcp_proxy;

/* What a connection of an instance to its upstream is for, as far as can be told from what it has said. */
enum tcp_proxy_kind {
    TCP_PROXY_LANE = 1,      /* asks to be told of changes, or after the statistics of commands */
    TCP_PROXY_DEDICATED = 2, /* transactions, subscriptions, blocking commands */
    TCP_PROXY_SIDE = 4,      /* anything else */
    TCP_PROXY_ALL = 7,
};

/* Listens on a free port of 127.0.0.1 and forwards to `target_port`. Never NULL. */
struct tcp_proxy *tcp_proxy_start(int target_port);
/* Cuts what is open; returns when the thread has ended. */
void tcp_proxy_stop(struct tcp_proxy **proxy);
int tcp_proxy_port(const struct tcp_proxy *proxy);

/* What the calls below order concerns connections of these kinds only, until it is said otherwise. */
void tcp_proxy_aim(struct tcp_proxy *proxy, unsigned kinds);
/* Connections that are made from now on go to another port; those that are open stay where they are. */
void tcp_proxy_redirect(struct tcp_proxy *proxy, int target_port);

/* Every byte that arrives from now on takes this long, each way. */
void tcp_proxy_delay(struct tcp_proxy *proxy, int64_t delay_us);
/* The same, but each connection by a share of it that is its own: what is told on one is heard before what
 * was told earlier on another. */
void tcp_proxy_delay_unevenly(struct tcp_proxy *proxy, int64_t delay_us);
/* Bytes arrive in pieces of at most so many, with a pause behind each; 0: as they were sent. */
void tcp_proxy_crumble(struct tcp_proxy *proxy, int64_t piece_bytes);
/* Bytes are kept back, and come in order once `stalled` is false again. */
void tcp_proxy_stall(struct tcp_proxy *proxy, bool stalled);
/* The connection that carries the byte this many from now is reset right before it, on both sides. 0: all
 * connections, at once. */
void tcp_proxy_reset(struct tcp_proxy *proxy, int64_t after_bytes);
/* Connections that are open, and those made until it is false again, stay open and lose every byte. At the
 * end they are reset. */
void tcp_proxy_swallow(struct tcp_proxy *proxy, bool swallowing);

#endif
