/*
 * network.h - what the connections of all loops have in common.
 *
 * Threads: any.
 */
#ifndef SERVER_NET_NETWORK_H
#define SERVER_NET_NETWORK_H

#include <stdatomic.h>
#include <stdint.h>

struct network {
    atomic_flag evicting;             /* one loop at a time looks: client_eviction.h */
    _Atomic int64_t attack_logged_ms; /* cross_protocol.h; 0: none yet */
};

#endif
