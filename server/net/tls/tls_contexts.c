#include "server/net/tls/tls_contexts.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/config/upstream_url.h"
#include "server/net/tls/tls_context.h"
#include "server/observe/log.h"

struct tls_contexts {
    struct settings *settings;
    pthread_mutex_t lock; /* of the three; a context counts who holds it by itself */
    SSL_CTX *server;      /* NULL: there is no tls-port */
    SSL_CTX *upstream;    /* NULL: it is not rediss:// */
    SSL_CTX *peers;       /* NULL: tls-cluster is off */
};

struct tls_contexts *tls_contexts_create(struct settings *settings)
{
    struct tls_contexts *contexts = ALLOC_NEW(struct tls_contexts);
    contexts->settings = settings;
    pthread_mutex_init(&contexts->lock, NULL);
    return contexts;
}

void tls_contexts_destroy(struct tls_contexts **contexts)
{
    SSL_CTX_free((*contexts)->server);
    SSL_CTX_free((*contexts)->upstream);
    SSL_CTX_free((*contexts)->peers);
    pthread_mutex_destroy(&(*contexts)->lock);
    alloc_free(*contexts);
    *contexts = NULL;
}

static bool upstream_is_encrypted(struct settings *settings)
{
    struct upstream_url url;
    struct buffer text = { 0 };
    settings_copy_text(settings, TEXT_UPSTREAM, &text);
    bool encrypted = text.len > 0 && upstream_url_read(&url, buffer_slice(&text)) == NULL && url.tls;
    explicit_bzero(&url, sizeof url);
    buffer_clear(&text);
    return encrypted;
}

static void exchange(struct tls_contexts *contexts, SSL_CTX **which, SSL_CTX *made)
{
    pthread_mutex_lock(&contexts->lock);
    SSL_CTX *old = *which;
    *which = made;
    pthread_mutex_unlock(&contexts->lock);
    SSL_CTX_free(old);
}

/* One that is not wanted is none. False: it is, and cannot be had. */
static bool make(struct settings *settings, bool wanted, SSL_CTX *(*create)(struct settings *),
                 SSL_CTX **made)
{
    *made = wanted ? create(settings) : NULL;
    return !wanted || *made != NULL;
}

bool tls_contexts_load(struct tls_contexts *contexts)
{
    struct settings *settings = contexts->settings;
    SSL_CTX *server = NULL, *upstream = NULL, *peers = NULL;
    bool serves = SETTING(settings, tls_port) != 0 || SETTING(settings, http_tls_port) != 0;
    if (make(settings, serves, tls_context_for_clients, &server) &&
        make(settings, upstream_is_encrypted(settings), tls_context_for_upstream, &upstream) &&
        make(settings, SETTING(settings, tls_cluster), tls_context_for_peers, &peers)) {
        exchange(contexts, &contexts->server, server);
        exchange(contexts, &contexts->upstream, upstream);
        exchange(contexts, &contexts->peers, peers);
        return true;
    }
    SSL_CTX_free(server);
    SSL_CTX_free(upstream);
    return false;
}

static SSL *new_of(struct tls_contexts *contexts, SSL_CTX *const *context)
{
    pthread_mutex_lock(&contexts->lock);
    SSL *ssl = *context != NULL ? SSL_new(*context) : NULL;
    pthread_mutex_unlock(&contexts->lock);
    return ssl;
}

SSL *tls_contexts_new_server(struct tls_contexts *contexts)
{
    return new_of(contexts, &contexts->server);
}

SSL *tls_contexts_new_peer(struct tls_contexts *contexts)
{
    return new_of(contexts, &contexts->peers);
}

static bool is_address(const char *host)
{
    unsigned char address[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/* False: the name cannot be told or asked for. */
static bool name_server(SSL *ssl, const char *name, bool verify_name)
{
    bool address = is_address(name);
    if (!address && SSL_set_tlsext_host_name(ssl, name) != 1) return false;
    if (!verify_name) return true;
    if (address) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, name) == 1;
}

SSL *tls_contexts_new_upstream(struct tls_contexts *contexts, const char *host)
{
    struct settings *settings = contexts->settings;
    SSL *ssl = new_of(contexts, &contexts->upstream);
    if (ssl == NULL) return NULL;
    struct buffer name = { 0 };
    settings_copy_text(settings, TEXT_UPSTREAM_TLS_SERVER_NAME, &name);
    if (name.len == 0) buffer_append(&name, host, strlen(host));
    buffer_append(&name, "", 1);
    bool named = name_server(ssl, name.data, SETTING(settings, upstream_tls_verify) == TLS_VERIFY_NAME);
    buffer_clear(&name);
    if (named) return ssl;
    SSL_free(ssl);
    return NULL;
}
