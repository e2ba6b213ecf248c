/*
 * http_terms.h - how a value is to be kept, as the fields of a request say: how long, with which tags, as
 * what.
 *
 * Threads: plain values, whose texts are in the request.
 */
#ifndef SERVER_HTTP_KEYS_HTTP_TERMS_H
#define SERVER_HTTP_KEYS_HTTP_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/http/http_argv.h"

struct http_client;

/* Bytes of a media type with its coding. */
#define HTTP_TYPE_MAX 255

struct http_terms {
    int64_t ttl_ms;   /* -1: it does not end */
    int64_t grace_ms; /* -1: none */
    int64_t cost_ms;  /* -1: these two were not said */
    int64_t jitter_percent;
    unsigned tag_count;
    struct slice tags[HTTP_TAGS_MAX];
    struct slice type;    /* empty: none was said. With a coding, "text/html (gzip)" */
    struct slice version; /* these two without an address: none */
    struct slice token;
    bool coded;
    char type_text[HTTP_TYPE_MAX];
};

/* What is refused was responded to: false. */
bool http_terms_read(struct http_client *client, struct http_terms *terms);
/* Of tags alone, of every field that may list them. */
bool http_terms_read_tags(struct http_client *client, struct http_terms *terms);
/* Is there anything that only a dressed value can have? */
bool http_terms_are_plain(const struct http_terms *terms);
/* The words of CACHE SET that say it. */
void http_terms_write(const struct http_terms *terms, struct http_argv *argv);

/* "text/html (gzip)", taken apart; without a coding that is empty, and what is no media type is the one of
 * mere bytes. */
void http_type_split(struct slice kept, struct slice *type, struct slice *coding);

/* Whether what is to go may stay as a stale value; false: what says so says neither yes nor no, and was
 * refused. */
bool http_terms_read_soft(struct http_client *client, bool *is_soft);

/* A number of milliseconds in a field; false: it was refused. Without the field `*ms` stays. */
bool http_terms_read_ms(struct http_client *client, int field, int64_t *ms);

#endif
