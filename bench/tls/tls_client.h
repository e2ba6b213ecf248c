/*
 * tls_client.h - one encrypted connection that a benchmark says something over, and waits.
 *
 * Ends the program (program.h) when the connection breaks.
 *
 * Threads: one owner.
 */
#ifndef BENCH_TLS_TLS_CLIENT_H
#define BENCH_TLS_TLS_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <openssl/types.h>

#include "proto/base/slice.h"

struct tls_client {
    int fd;
    SSL *ssl; /* NULL: nothing but a socket */
};

/* Hands are shaken when it returns; nothing is resumed. */
void tls_client_open(struct tls_client *client, SSL_CTX *context, uint16_t port);
/* Says the first words of a handshake, and no more. */
void tls_client_half_open(struct tls_client *client, struct slice hello, uint16_t port);
void tls_client_close(struct tls_client *client);

void tls_client_send(struct tls_client *client, struct slice bytes);
/* So many bytes, whatever they are. An error reply ends the program. */
void tls_client_receive(struct tls_client *client, size_t len);

/* What a client says first. Returns how long it is. */
size_t tls_client_hello(SSL_CTX *context, char *out, size_t size);

#endif
