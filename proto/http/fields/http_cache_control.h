/*
 * http_cache_control.h - how long a value may be kept, as its sender says (RFC 9111, 5861, 9213).
 *
 * Threads: plain values.
 */
#ifndef PROTO_HTTP_FIELDS_HTTP_CACHE_CONTROL_H
#define PROTO_HTTP_FIELDS_HTTP_CACHE_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

/* The longest time that is taken; what is longer means this. */
#define HTTP_SECONDS_MAX INT32_MAX

struct http_freshness {
    int64_t max_age_s; /* -1: it was not said. s-maxage wins */
    int64_t shared_s;  /* the same */
    int64_t grace_s;   /* of stale-while-revalidate and stale-if-error the larger; -1 */
    bool no_store;
};

/* Nothing was said yet. */
#define HTTP_FRESHNESS_UNSAID                                                                                \
    {                                                                                                        \
        .max_age_s = -1, .shared_s = -1, .grace_s = -1                                                       \
    }

/* Add what a field says. Words that are not known mean nothing. False: a time that is none. */
bool http_freshness_add(struct http_freshness *freshness, struct slice field);
/* How long it is fresh for a cache that many share; -1: it was not said. */
int64_t http_freshness_s(const struct http_freshness *freshness);

/* Digits; what does not fit is HTTP_SECONDS_MAX. False: they are none. */
bool http_seconds_read(struct slice text, int64_t *seconds);

#endif
