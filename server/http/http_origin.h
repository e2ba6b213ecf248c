/*
 * http_origin.h - for whom a request is meant, and which page has sent it.
 *
 * A page of any site can make its reader's browser send requests to servers that only he reaches. Two things
 * stand against that. The Host of a request must be a name of this server: a page whose own name was made to
 * lead here says its own. And what changes anything is not taken from pages of other origins, which browsers
 * name in Origin and Sec-Fetch-Site, unless the settings list them.
 *
 * Names are compared whole: "127.evil.example" is not an address that begins with 127.
 *
 * Threads: the loop of the connection.
 */
#ifndef SERVER_HTTP_HTTP_ORIGIN_H
#define SERVER_HTTP_HTTP_ORIGIN_H

#include <stdbool.h>

#include "proto/base/slice.h"

struct buffer;
struct http_client;

/* Is its Host one of ours? Over a unix socket, which no browser reaches, any is. */
bool http_origin_host(struct http_client *client);
/* May it be asked from where it comes? Notes whether that is an origin whose pages may read. */
bool http_origin_judge(struct http_client *client);
/* What a page of another origin may send. */
void http_origin_write_preflight(struct buffer *out, struct slice methods);

#endif
