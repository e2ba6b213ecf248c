/*
 * http_condition.h - If-Match and If-None-Match of a request that changes a key, held against what is there
 * inside the access in which it runs: nobody comes between the two.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_CONDITION_H
#define SERVER_HTTP_KEYS_HTTP_CONDITION_H

#include <stdbool.h>

struct call;
struct http_client;

/* Does the request have one? */
bool http_condition_is_there(const struct http_client *client);
/* The guard of such a command, whose key is its argument `exchange.key_arg`: notes whether there was a value;
 * false when the condition does not hold, and `exchange.refused` is set; `exchange.forbidden` as well, when
 * the user may not ask, and then nothing was looked at. */
bool http_condition_holds(struct call *call);
/* The response then. */
void http_condition_refuse(struct http_client *client);

#endif
