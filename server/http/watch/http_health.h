/*
 * http_health.h - /healthz and /readyz: for whoever watches over the process. They say nothing but that.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_WATCH_HTTP_HEALTH_H
#define SERVER_HTTP_WATCH_HTTP_HEALTH_H

#include "server/http/http_run.h"

/* 200, since the loop that answers turns. */
enum http_step http_health_run(struct http_client *client);
/* 200; 503 while a file is loaded, while the server stops, and where an upstream is not reached and
 * `upstream-on-failure` is `error`. */
enum http_step http_ready_run(struct http_client *client);

#endif
