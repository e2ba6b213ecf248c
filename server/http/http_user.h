/*
 * http_user.h - as whom a request is run: each says so itself.
 *
 * `Authorization: Basic` is AUTH, run as that command, so that what is refused stands in ACL LOG as ever.
 * `Bearer` stands for a user that the settings name beside the token's SHA-256. A request without it is the
 * default user's. What was admitted once is remembered for the next request of the connection that says the
 * same, until the user is changed.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_HTTP_USER_H
#define SERVER_HTTP_HTTP_USER_H

#include <stdbool.h>

struct http_client;

/* The client's session is the user that the request names. False: nobody is; or that cannot be said while
 * clients are paused, then `exchange.held` is set and the connection waits. */
bool http_user_seat(struct http_client *client);
void http_user_forget(struct http_client *client);

#endif
