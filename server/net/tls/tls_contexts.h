/*
 * tls_contexts.h - certificates, keys and rules for encrypted connections, as the settings say.
 *
 * There is one context for clients that come in (tls-port) and one for connections to the upstream
 * (rediss://), and one for those to other servers of our kind (tls-cluster). Each is made from files that are
 * read once; reading them again makes another, for connections from then on, while those that are there keep
 * theirs. What cannot be loaded is said in the log, in the words of Redis, and changes nothing.
 *
 * Threads: any; a lock of its own. Files are read by whoever loads, which is start-up, CONFIG SET and SIGHUP.
 */
#ifndef SERVER_NET_TLS_TLS_CONTEXTS_H
#define SERVER_NET_TLS_TLS_CONTEXTS_H

#include <stdbool.h>

#include <openssl/types.h>

struct settings;
struct tls_contexts;

/* Nothing is loaded. `settings` outlive it. */
struct tls_contexts *tls_contexts_create(struct settings *settings);
/* Connections that are open keep what they have. */
void tls_contexts_destroy(struct tls_contexts **contexts);

/* Read the files of what the settings ask for: tls-port, an upstream of rediss://, tls-cluster. False: log
 * lines say why, and what was loaded before stays. */
bool tls_contexts_load(struct tls_contexts *contexts);

/* For a connection; the caller's. NULL: there is none loaded. */
SSL *tls_contexts_new_server(struct tls_contexts *contexts);
/* For a server that MIGRATE has dialled. */
SSL *tls_contexts_new_peer(struct tls_contexts *contexts);
/* `host` is the name by which the upstream was dialled: it is told to it and must be in its certificate,
 * unless the settings name another or want no such thing. */
SSL *tls_contexts_new_upstream(struct tls_contexts *contexts, const char *host);

#endif
