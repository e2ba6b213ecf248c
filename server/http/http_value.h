/*
 * http_value.h - the response that is a value, or a part of it, or that it has not changed.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_HTTP_VALUE_H
#define SERVER_HTTP_HTTP_VALUE_H

#include "server/http/http_reply.h"

struct http_client;

/* Of a GET or HEAD, whose conditions and range are still there to be read. */
void http_value_write(struct http_client *client, struct http_reply *reply, const struct http_element *value);

#endif
