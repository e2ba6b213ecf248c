/*
 * speech.h - what is spoken over a connection, where it is not RESP.
 *
 * Whoever implements one is above (server/http) and given to the network by who builds the server. The
 * connection stays what it is: its wire, its limits and accounts, its session. What changes is who reads its
 * input, and where replies go: commands run for it reply in RESP as ever, and what is replied behind their
 * back (a client that waited, an upstream) is told by answer() instead of being sent.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_NET_SPEECH_H
#define SERVER_NET_SPEECH_H

#include "proto/base/slice.h"

struct connection;

struct speech {
    /* It has come, and nothing of it was read. */
    void (*open)(struct connection *connection);
    /* Run what has come, within a turn, and flush what is replied. Moves `consumed`, and `parsed` with it. */
    void (*serve)(struct connection *connection);
    /* Bytes of a reply in RESP, copied. May be called inside an access. serve() follows when it waits for
     * nothing else. */
    void (*answer)(struct connection *connection, struct slice bytes);
    /* Once a second: close it, if it takes too long. */
    void (*look)(struct connection *connection);
    /* It is closed: free what is kept for it. Its memory stays a while. */
    void (*close)(struct connection *connection);
};

#endif
