/*
 * http_invalidate.h - POST /invalidate and PURGE /tags: CACHE INVALIDATE.
 *
 *     {"keys": ["a"], "tags": ["user:7"], "match": "page:*", "soft": false}
 *
 * Each part is a command of its own, in this order; the response tells what each of them counted.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_INVALIDATE_H
#define SERVER_HTTP_KEYS_HTTP_INVALIDATE_H

#include "server/http/http_run.h"

enum http_step http_invalidate_run(struct http_client *client);
enum http_step http_tags_run(struct http_client *client);

#endif
