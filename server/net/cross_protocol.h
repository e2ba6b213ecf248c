/*
 * cross_protocol.h - who speaks HTTP here is not a client.
 *
 * A web page can make its reader's browser send a request to a server that only listens on that host. Lines
 * of its body would be run as commands. Each such request shows itself by its first word or by its Host
 * header, long before the body comes: the connection is closed there, as by Redis, and nothing behind it is
 * run.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_NET_CROSS_PROTOCOL_H
#define SERVER_NET_CROSS_PROTOCOL_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct connection;

/* Whether a command of that name is a line of HTTP, in any case. */
bool cross_protocol_is(struct slice name);
/* Close the connection at once. The log says so once a minute. */
void cross_protocol_abort(struct connection *connection);

#endif
