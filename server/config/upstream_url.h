/*
 * upstream_url.h - where the upstream is and who we are to it, from one text.
 *
 *     redis://[user:password@]host[:port][/db]      redis://:password@host for the default user
 *     unix:/path[?db=n]                             unix://user:password@/path[?db=n]
 *
 * User and password may hold %XX. rediss:// is redis:// by TLS, with the same port where none is named.
 *
 * Ownership: a url lives in the caller's memory; all of it is inline. Threads: plain values. A text that
 * holds a password is shown with stars in its place and never logged otherwise.
 */
#ifndef SERVER_CONFIG_UPSTREAM_URL_H
#define SERVER_CONFIG_UPSTREAM_URL_H

#include <stdbool.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

#define UPSTREAM_HOST_MAX   256
#define UPSTREAM_SECRET_MAX 512

struct upstream_url {
    bool unix_socket;
    bool tls;
    char host[UPSTREAM_HOST_MAX]; /* or the path of the socket */
    int port;
    char user[UPSTREAM_SECRET_MAX];     /* empty: none */
    char password[UPSTREAM_SECRET_MAX]; /* empty: none */
    unsigned db;
};

/* NULL, or what is wrong with it; `*url` is then undefined. */
const char *upstream_url_read(struct upstream_url *url, struct slice text);

/* The same without keeping it; an empty text is fine. */
const char *upstream_url_complaint(struct slice text);
/* The text with its password hidden. */
void upstream_url_show(struct slice text, struct buffer *out);

#endif
