/*
 * tls_context.h - one OpenSSL context, made from the settings and the files that they name.
 *
 * Threads: no state.
 */
#ifndef SERVER_NET_TLS_TLS_CONTEXT_H
#define SERVER_NET_TLS_TLS_CONTEXT_H

#include <openssl/types.h>

struct settings;

/* The caller's. NULL: log lines say, in the words of Redis, what cannot be had. */
SSL_CTX *tls_context_for_clients(struct settings *settings);
SSL_CTX *tls_context_for_upstream(struct settings *settings);
SSL_CTX *tls_context_for_peers(struct settings *settings);

#endif
