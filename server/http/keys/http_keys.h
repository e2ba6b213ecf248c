/*
 * http_keys.h - /keys/KEY: a string of the keyspace as a resource.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_KEYS_H
#define SERVER_HTTP_KEYS_HTTP_KEYS_H

#include "server/http/http_run.h"

enum http_step http_keys_run(struct http_client *client);

#endif
