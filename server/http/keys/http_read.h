/*
 * http_read.h - GET and HEAD of /keys/KEY.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_READ_H
#define SERVER_HTTP_KEYS_HTTP_READ_H

#include "server/http/http_run.h"

enum http_step http_read_run(struct http_client *client);

#endif
