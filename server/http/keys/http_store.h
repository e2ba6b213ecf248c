/*
 * http_store.h - PUT /keys/KEY.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_STORE_H
#define SERVER_HTTP_KEYS_HTTP_STORE_H

#include "server/http/http_run.h"

enum http_step http_store_run(struct http_client *client);

#endif
