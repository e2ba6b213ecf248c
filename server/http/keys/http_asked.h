/*
 * http_asked.h - which of the fields that are this server's own mean something in a request.
 *
 * Fields of others may be passed over, as HTTP has it. One whose name begins with Nuthatch- is meant for this
 * server, and asks for something: where it means nothing, a typing error or a field that came later would be
 * taken for a request without it.
 *
 * Threads: no state.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_ASKED_H
#define SERVER_HTTP_KEYS_HTTP_ASKED_H

#include <stdbool.h>

#include "proto/http/http_head.h"

enum http_asked {
    HTTP_ASKS_NOTHING, /* there are none */
    HTTP_ASKS_KEYS,
    HTTP_ASKS_TAGS,
};

/* May a request of this head, to such a resource, have the fields of our own that it has? */
bool http_asked_fits(const struct http_head *head, enum http_asked asked);

#endif
