/*
 * client.h - a blocking client for tests, over TCP, TLS or a unix socket.
 *
 * It sends what it is told, protocol errors included, and reads one reply at a time as the bytes that came.
 * While it sends it also receives, so that a long pipeline cannot lock both sides up. No call waits longer
 * than `timeout_ms`, so no test hangs.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SUPPORT_CLIENT_CLIENT_H
#define TESTS_SUPPORT_CLIENT_CLIENT_H

#include <stdbool.h>

#include <openssl/types.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

/* Why the last call on the client failed. */
enum client_trouble {
    CLIENT_FINE,
    CLIENT_SILENT,  /* nothing came, or could be sent, within the timeout */
    CLIENT_CLOSED,  /* the server closed the connection */
    CLIENT_GARBAGE, /* what came is no RESP */
};

struct client {
    int fd;
    SSL *ssl; /* NULL: it is not encrypted */
    int timeout_ms;
    enum client_trouble trouble;
    struct buffer in;
    size_t used; /* bytes of `in` that belong to replies already read */
};

/* False: refused. The timeout is 10 seconds, stretched by PACE. */
bool client_open_tcp(struct client *client, int port);
/* Encrypted, as `context` says, which it does not outlive. False: refused, or no hands were shaken. */
bool client_open_tls(struct client *client, int port, SSL_CTX *context);
/* From now on client_open_tcp() to this port is client_open_tls(), whatever the server's certificate. */
void client_encrypt_port(int port);
bool client_open_unix(struct client *client, const char *path);
/* Forget the connection; it may be closed already. */
void client_close(struct client *client);

/* Send bytes as they are. False: see `trouble`. */
bool client_send(struct client *client, struct slice bytes);
/* The same without receiving: how many bytes went before nothing was taken for `patience_ms`. */
size_t client_push(struct client *client, struct slice bytes, int patience_ms);
/* One command in its multi-bulk form. */
bool client_send_argv(struct client *client, size_t argc, const struct slice *argv);
/* One command written as in redis-cli, quotes and escapes included. */
bool client_send_line(struct client *client, const char *line);

/* The bytes of the next whole reply, good until the next call. False: see `trouble`. */
bool client_read(struct client *client, struct slice *reply);
/* Send a line and read its reply; an empty slice when there is none. */
struct slice client_ask(struct client *client, const char *line);

/* Wait until the server closes the connection, dropping what it sends before. */
bool client_wait_closed(struct client *client);

/* Append a command in its multi-bulk form. */
void client_format_argv(struct buffer *out, size_t argc, const struct slice *argv);

/* "closed", "silent", ...: for messages. */
const char *client_trouble_name(enum client_trouble trouble);

#endif
