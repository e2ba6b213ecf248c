#include "server/net/tls/tls_wire.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/err.h>
#include <openssl/x509.h>

#include "proto/base/alloc.h"
#include "server/net/tls/tls_contexts.h"
#include "server/net/tls/tls_loop.h"
#include "server/net/tls/tls_state.h"
#include "server/net/wire.h"

void tls_note_failure(struct tls_wire *tls)
{
    tls->error = ERR_get_error();
    if (tls->ssl != NULL) tls->verified = SSL_get_verify_result(tls->ssl);
    ERR_clear_error();
}

/* Hands that were not shaken to the end are told apart by it: `shaking` is left until it is closed. */
void tls_fail(struct tls_wire *tls)
{
    if (tls->closed != NULL) return;
    tls->stage = TLS_BROKEN;
    tls_input_listen(tls, false);
    tls->wire->events->failed(tls->wire, UV_EPROTO);
}

void tls_lose_patience(struct tls_wire *tls)
{
    tls->shaking = false;
    tls->complaint = "the handshake takes too long";
    tls_fail(tls);
}

static void become_open(struct tls_wire *tls)
{
    tls->stage = TLS_OPEN;
    tls_input_keep(tls);
    tls_loop_end_shaking(tls);
    tls->sated = true; /* what came with the end of the handshake may be here */
    if (tls->wire->events->opened != NULL) tls->wire->events->opened(tls->wire);
    if (!tls_output_flush(tls)) return;
    tls_output_go_on(tls);
    if (!tls_is_over(tls)) tls_input_pump(tls);
}

static void attach(struct tls_wire *tls, SSL *ssl)
{
    BIO *bio = tls_bio_create(tls);
    SSL_set_bio(ssl, bio, bio);
    tls->ssl = ssl;
}

/* False: there is nothing to shake hands with any more. */
static bool prepare(struct tls_wire *tls)
{
    if (tls->ssl != NULL) return true;
    SSL *ssl = tls_contexts_new_server(tls->contexts);
    if (ssl == NULL) return false;
    SSL_set_accept_state(ssl);
    attach(tls, ssl);
    return true;
}

static void shake(struct tls_wire *tls)
{
    if (!prepare(tls)) {
        tls->complaint = "TLS is not configured any more";
        tls_fail(tls);
        return;
    }
    tls->window = buffer_slice(&tls->kept);
    ERR_clear_error();
    int shaken = SSL_do_handshake(tls->ssl);
    if (shaken == 1) {
        become_open(tls);
        return;
    }
    bool goes_on = SSL_get_error(tls->ssl, shaken) == SSL_ERROR_WANT_READ;
    if (!goes_on) tls_note_failure(tls);
    bool sent = tls_output_flush(tls); /* also what the peer is to be told of it */
    if (sent && !goes_on) tls_fail(tls);
    if (tls_is_over(tls)) return;
    tls_input_keep(tls);
    tls_input_listen(tls, true);
}

void tls_step(struct tls_wire *tls)
{
    if (tls_is_over(tls)) return;
    if (tls->stage == TLS_SHAKING) {
        shake(tls);
        return;
    }
    tls_output_go_on(tls);
    if (!tls_is_over(tls)) tls_input_pump(tls);
}

/* The socket is read while hands are shaken, whatever the owner wants. */
static void start(struct wire *wire)
{
    struct tls_wire *tls = wire->tls;
    if (tls_is_over(tls) || tls->stage == TLS_SHAKING || tls->pumping || tls->ended) return;
    if (tls->sated || tls->kept.len > 0)
        tls_loop_make_due(tls);
    else
        tls_input_listen(tls, true);
}

static void stop(struct wire *wire)
{
    struct tls_wire *tls = wire->tls;
    if (tls->stage != TLS_SHAKING) tls_input_listen(tls, false);
}

/* A record that has begun stands in OpenSSL already, so fewer bytes of it may be to come than of what is in
 * it. */
#define RECORD_MAX (SSL3_RT_MAX_PLAIN_LENGTH + 512)

static void await(struct wire *wire, int least)
{
    int awaited = least > RECORD_MAX ? least - RECORD_MAX : 1;
    setsockopt(wire->fd, SOL_SOCKET, SO_RCVLOWAT, &awaited, sizeof awaited);
}

static void on_closed(uv_handle_t *handle)
{
    struct wire *wire = (struct wire *)(void *)handle;
    struct tls_wire *tls = wire->tls;
    uv_close_cb closed = tls->closed;
    tls_output_drop(tls, UV_ECANCELED);
    SSL_free(tls->ssl);
    buffer_clear(&tls->kept);
    alloc_free(tls);
    wire->tls = NULL;
    closed(handle);
}

/* The peer is told, if it still takes anything. */
static void close_it(struct wire *wire, uv_close_cb closed)
{
    struct tls_wire *tls = wire->tls;
    if (tls->stage == TLS_OPEN && tls->flights == 0) {
        (void)SSL_shutdown(tls->ssl);
        ERR_clear_error();
        tls->stage = TLS_BROKEN;
        (void)tls_output_flush(tls);
    }
    tls->closed = closed;
    tls_loop_forget(tls);
    uv_close(&wire->handle, on_closed);
}

static const struct wire_ops tls_ops = {
    .start = start,
    .stop = stop,
    .try_write = tls_output_try,
    .write = tls_output_queue,
    .waiting = tls_output_waiting,
    .await = await,
    .close = close_it,
};

static struct tls_wire *begin(struct wire *wire, struct tls_loop *loop)
{
    struct tls_wire *tls = ALLOC_NEW(struct tls_wire);
    tls->wire = wire;
    tls->loop = loop;
    wire->tls = tls;
    wire->ops = &tls_ops;
    if (loop->input == NULL) loop->input = alloc_bytes(TLS_READ_BYTES);
    tls_loop_begin_shaking(tls);
    return tls;
}

void tls_wire_accept(struct wire *wire, struct tls_loop *loop, struct tls_contexts *contexts)
{
    struct tls_wire *tls = begin(wire, loop);
    tls->contexts = contexts;
    tls_input_listen(tls, true);
}

void tls_wire_connect(struct wire *wire, struct tls_loop *loop, SSL *ssl)
{
    struct tls_wire *tls = begin(wire, loop);
    SSL_set_connect_state(ssl);
    attach(tls, ssl);
    tls_loop_make_due(tls);
}

bool tls_wire_is_shaking(const struct wire *wire)
{
    const struct tls_wire *tls = wire->tls;
    return tls != NULL && (tls->ssl == NULL || !SSL_is_init_finished(tls->ssl));
}

/* One whose names cannot be told apart, or are cut short by a NUL, has none. */
static bool read_common_name(const X509 *certificate, struct buffer *out)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0) return false;
    unsigned char *text = NULL;
    int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    bool good = len > 0 && memchr(text, '\0', (size_t)len) == NULL;
    if (good) buffer_append(out, (const char *)text, (size_t)len);
    OPENSSL_free(text);
    ERR_clear_error();
    return good;
}

bool tls_wire_common_name(const struct wire *wire, struct buffer *out)
{
    const struct tls_wire *tls = wire->tls;
    if (tls == NULL || tls->ssl == NULL || SSL_get_verify_result(tls->ssl) != X509_V_OK) return false;
    const X509 *certificate = SSL_get0_peer_certificate(tls->ssl);
    return certificate != NULL && read_common_name(certificate, out);
}

void tls_wire_complaint(const struct wire *wire, int why, char *text, size_t size)
{
    const struct tls_wire *tls = wire->tls;
    if (tls == NULL || (tls->error == 0 && tls->complaint == NULL)) {
        snprintf(text, size, "%s", uv_strerror(why));
        return;
    }
    if (tls->error == 0) {
        snprintf(text, size, "%s", tls->complaint);
        return;
    }
    ERR_error_string_n(tls->error, text, size);
    size_t len = strlen(text);
    if (tls->verified != X509_V_OK)
        snprintf(text + len, size - len, " (%s)", X509_verify_cert_error_string(tls->verified));
}
