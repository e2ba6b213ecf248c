/*
 * http_field.h - the header fields that mean something here, by number.
 *
 * Threads: no state.
 */
#ifndef PROTO_HTTP_HTTP_FIELD_H
#define PROTO_HTTP_HTTP_FIELD_H

#include <stdbool.h>

#include "proto/base/slice.h"

enum http_field_name {
    HTTP_OTHER, /* any other */
    HTTP_ACCEPT,
    HTTP_ACCEPT_ENCODING,
    HTTP_AUTHORIZATION,
    HTTP_CACHE_CONTROL,
    HTTP_CACHE_GROUPS,
    HTTP_CACHE_TAG,
    HTTP_CDN_CACHE_CONTROL,
    HTTP_CONNECTION,
    HTTP_CONTENT_ENCODING,
    HTTP_CONTENT_LENGTH,
    HTTP_CONTENT_RANGE,
    HTTP_CONTENT_TYPE,
    HTTP_EXPECT,
    HTTP_FASTLY_SOFT_PURGE,
    HTTP_HOST,
    HTTP_IF_MATCH,
    HTTP_IF_NONE_MATCH,
    HTTP_IF_RANGE,
    HTTP_IF_UNMODIFIED_SINCE,
    HTTP_NUTHATCH_COST,
    HTTP_NUTHATCH_JITTER,
    HTTP_NUTHATCH_LEASE,
    HTTP_NUTHATCH_OTHER, /* whose name begins so, and is none of these */
    HTTP_NUTHATCH_PASS,
    HTTP_NUTHATCH_RENEW,
    HTTP_NUTHATCH_RETRY,
    HTTP_NUTHATCH_SOFT,
    HTTP_NUTHATCH_TOKEN,
    HTTP_NUTHATCH_TTL,
    HTTP_NUTHATCH_VERSION,
    HTTP_ORIGIN,
    HTTP_PREFER,
    HTTP_RANGE,
    HTTP_REQUEST_HEADERS,
    HTTP_REQUEST_METHOD,
    HTTP_SEC_FETCH_SITE,
    HTTP_SURROGATE_CONTROL,
    HTTP_SURROGATE_KEY,
    HTTP_TRANSFER_ENCODING,
    HTTP_XKEY,
    HTTP_FIELD_NAMES,
};

/* Which of them a name is, whatever its case. */
enum http_field_name http_field_find(struct slice name);
/* May a request have several of them, which are one list then? Of all others that mean something a second
 * one would leave open which is meant. */
bool http_field_is_list(enum http_field_name name);

#endif
