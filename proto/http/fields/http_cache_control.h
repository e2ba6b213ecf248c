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

/* Of what is said more than once, the first holds (RFC 9111, 4.2.1); in a dictionary, as CDN-Cache-Control is
 * one, the last (RFC 8941, 3.2). Times are -1 as long as they were not said. */
struct http_freshness {
    bool is_dictionary;
    bool says; /* anything, known or not */
    bool no_store;
    int64_t max_age_s;
    int64_t shared_s; /* s-maxage, which wins */
    int64_t revalidate_s;
    int64_t error_s;
};

/* Nothing was said yet. */
#define HTTP_FRESHNESS_UNSAID                                                                                \
    {                                                                                                        \
        .max_age_s = -1, .shared_s = -1, .revalidate_s = -1, .error_s = -1                                   \
    }

/* Add what a field says, in the order of its lines. Words that are not known mean nothing. False: a time that
 * is none. */
bool http_freshness_add(struct http_freshness *freshness, struct slice field);
/* How long it is fresh for a cache that many share; -1: it was not said. */
int64_t http_freshness_s(const struct http_freshness *freshness);
/* How long it may be shown after that: of stale-while-revalidate and stale-if-error the larger; -1: neither
 * was said. */
int64_t http_freshness_grace_s(const struct http_freshness *freshness);

/* Digits; what does not fit is HTTP_SECONDS_MAX. False: they are none. */
bool http_seconds_read(struct slice text, int64_t *seconds);

#endif
