/*
 * network.h - what the connections of all loops have in common.
 *
 * Threads: any.
 */
#ifndef SERVER_NET_NETWORK_H
#define SERVER_NET_NETWORK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct speech;

struct network {
    const struct speech *http;        /* what is spoken at its ports; set before there are connections */
    atomic_flag evicting;             /* one loop at a time looks: client_eviction.h */
    atomic_bool speaks;               /* a connection that does not speak RESP has come */
    _Atomic int64_t attack_logged_ms; /* cross_protocol.h; 0: none yet */
};

static inline bool network_has_speech(const struct network *network)
{
    return atomic_load_explicit(&network->speaks, memory_order_relaxed);
}

#endif
