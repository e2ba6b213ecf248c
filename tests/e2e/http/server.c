#include "tests/e2e/http/server.h"

#include <criterion/criterion.h>
#include <stdio.h>

#define OPTIONS_MAX 20

void http_server_start(struct http_server *server, const char *const *options)
{
    const char *all[OPTIONS_MAX] = { "--http-port", server->port_text };
    size_t len = 2;
    server->port = instance_free_port();
    snprintf(server->port_text, sizeof server->port_text, "%d", server->port);
    for (; options != NULL && *options != NULL && len < OPTIONS_MAX - 1; options++) all[len++] = *options;
    instance_start(&server->instance, INSTANCE_NUTHATCH, all);
    cr_assert(client_open_tcp(&server->http, server->port));
    cr_assert(client_open_tcp(&server->resp, server->instance.port));
}

void http_server_stop(struct http_server *server)
{
    client_close(&server->http);
    client_close(&server->resp);
    instance_stop(&server->instance);
}

void http_server_reconnect(struct http_server *server)
{
    client_close(&server->http);
    cr_assert(client_open_tcp(&server->http, server->port));
}
