/*
 * listener.h - the sockets that clients come in by.
 *
 * Every address of `bind` at `port` and `tls-port`, of `http-bind` at `http-port` and `http-tls-port`, and
 * the unix sockets, are opened before the server says that it is ready. Connections are accepted on loop 0
 * and dealt out to the loop that has the fewest, so that no loop idles while another is full.
 *
 * Threads: loop 0, except listeners_open() and listeners_destroy() on the main thread.
 */
#ifndef SERVER_NET_LISTENER_H
#define SERVER_NET_LISTENER_H

#include <stdbool.h>

#include "server/net/connection.h"

struct listeners;
struct server;

/* Bind and listen as the settings say. NULL after a log line that says which address failed and why. */
struct listeners *listeners_open(struct server *server);
/* Accept from now on. */
void listeners_start(struct listeners *listeners);
/* When descriptors or memory are used up, accepting pauses, after one line in the log, until this is called:
 * by the cron. */
void listeners_resume(struct listeners *listeners);
/* Accept no more: closes the sockets and removes the unix socket's file. */
void listeners_stop(struct listeners *listeners);
void listeners_destroy(struct listeners **listeners);

/* Whether connections of a kind are listened for: for the ready lines. */
bool listeners_have(const struct listeners *listeners, enum connection_kind kind);

/* CONFIG SET of a port or of addresses: listen as the settings say now. Addresses that stay are not touched.
 * False, with nothing changed and log lines that say why, when an address cannot be had. From any loop; what
 * is not wanted any more is closed by loop 0 soon after. */
bool listeners_reopen_tcp(struct listeners *listeners);

#endif
