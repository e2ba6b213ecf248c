/*
 * http_etag_of.h - the entity tag of a value: its XXH3-128.
 *
 * Without a seed of this process, so that it is the same on every server and after a restart. What else
 * belongs to the representation, its media type and coding, is the seed. It is no signature: whoever may
 * write a key may make another value with the same tag.
 *
 * Threads: no state.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_ETAG_OF_H
#define SERVER_HTTP_KEYS_HTTP_ETAG_OF_H

#include "proto/http/fields/http_etag.h"

struct http_etag http_etag_of_value(struct slice value, struct slice type);

#endif
