/*
 * tls_state.h - what an encrypted wire is, for the files that make it: tls_wire.c (its life), tls_input.c,
 * tls_output.c, tls_bio.c.
 *
 * OpenSSL sees no socket. What the kernel has given is handed to it as a window of bytes, and what it has to
 * say lands in a buffer of the loop, which is given to the kernel before anything else is asked of OpenSSL.
 *
 * Threads: the loop of the wire.
 */
#ifndef SERVER_NET_TLS_TLS_STATE_H
#define SERVER_NET_TLS_TLS_STATE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>
#include <uv.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct tls_contexts;
struct tls_letter;
struct tls_loop;
struct wire;

enum tls_stage { TLS_SHAKING, TLS_OPEN, TLS_BROKEN };

struct tls_wire {
    struct wire *wire;
    struct tls_loop *loop;
    SSL *ssl;                      /* NULL: the peer has said nothing yet */
    struct tls_contexts *contexts; /* that it is made by then */
    enum tls_stage stage;
    bool due;     /* in the loop's list of those that go on in this turn */
    bool shaking; /* in the loop's list of those that shake hands */
    bool pumping; /* its owner is being told what has come */
    bool listens; /* the socket is read */
    bool sated;   /* OpenSSL may hold more than was asked for */
    bool ended;   /* nothing comes any more */
    struct tls_wire *due_before, *due_behind;
    struct tls_wire *shaking_before, *shaking_behind;
    uint64_t patience_ends_ms; /* of the loop's clock, for the handshake */

    struct slice window; /* of ciphertext, handed to OpenSSL piece by piece */
    struct buffer kept;  /* ciphertext that nobody wanted to be told of yet */

    size_t ahead; /* bytes of the owner's that are encrypted already, though it was told that they are not */
    unsigned flights;                /* of ciphertext that the kernel has not taken */
    struct tls_letter *first, *last; /* what the owner has queued */

    unsigned long error; /* OpenSSL's, of what it failed by; 0: something else, which `complaint` says */
    long verified;       /* why the peer's certificate is not believed; X509_V_OK: that is not it */
    const char *complaint;
    uv_close_cb closed;
};

/* tls_bio.c: the ends of OpenSSL that are here. */
BIO *tls_bio_create(struct tls_wire *tls);

/* tls_input.c: decrypt and tell the owner, for as long as it wants to be told. */
void tls_input_pump(struct tls_wire *tls);
void tls_input_listen(struct tls_wire *tls, bool wanted);
/* What is left of the window waits until its owner wants to be told of more. */
void tls_input_keep(struct tls_wire *tls);

/* tls_output.c */
int tls_output_try(struct wire *wire, const uv_buf_t *pieces, unsigned count);
int tls_output_queue(struct wire *wire, uv_write_t *request, const uv_buf_t *pieces, unsigned count,
                     uv_write_cb written);
/* Ciphertext that the kernel has not taken, and bytes that are not encrypted yet. */
size_t tls_output_waiting(const struct wire *wire);
/* Encrypt and send what was queued, as far as the kernel takes it. */
void tls_output_go_on(struct tls_wire *tls);
/* Give the kernel what OpenSSL has said. What it does not take goes later. False: it has failed. */
bool tls_output_flush(struct tls_wire *tls);
/* All that was queued is lost. */
void tls_output_drop(struct tls_wire *tls, int why);

/* tls_wire.c */
static inline bool tls_is_over(const struct tls_wire *tls)
{
    return tls->closed != NULL || tls->stage == TLS_BROKEN;
}

/* Note why OpenSSL has failed. */
void tls_note_failure(struct tls_wire *tls);
/* Note it, and tell the owner. */
void tls_fail(struct tls_wire *tls);
/* Its turn has come: one step of the handshake, or what was kept. */
void tls_step(struct tls_wire *tls);
/* It had its time to shake hands. */
void tls_lose_patience(struct tls_wire *tls);

#endif
