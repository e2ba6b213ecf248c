/*
 * http_server.h - a server with a port for HTTP, and a client of either kind, for the tests of a file.
 *
 * Threads: one owner.
 */
#ifndef TESTS_E2E_HTTP_SERVER_H
#define TESTS_E2E_HTTP_SERVER_H

#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

struct http_server {
    struct instance instance;
    struct client http;
    struct client resp;
    int port; /* of HTTP */
    char port_text[16];
};

/* `options` as instance_start() takes them, at most twelve. */
void http_server_start(struct http_server *server, const char *const *options);
void http_server_stop(struct http_server *server);
/* A new connection in the place of `http`. */
void http_server_reconnect(struct http_server *server);

#endif
