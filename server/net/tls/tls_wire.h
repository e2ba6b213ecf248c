/*
 * tls_wire.h - a wire that is encrypted: the layer of wire.h that is TLS.
 *
 * A wire that was opened is made one by tls_wire_accept() or tls_wire_connect(), before it is read for the
 * first time. From then on its owner need not know: what it writes is queued while hands are shaken, and
 * what it reads is what the peer has said. A handshake that fails, or takes longer than
 * tls-handshake-timeout, is told as failed(), and tls_wire_complaint() says why.
 *
 *     kernel --> the loop's room --> window --> OpenSSL --> the owner's room          tls_input.c
 *     kernel <-- flight <-- the loop's buffer <-- OpenSSL <-- the owner's pieces      tls_output.c
 *
 * Replies of a batch are one piece, and leave in records of 16 KiB and one write. A long value is encrypted
 * where it is pinned, part by part as the kernel takes them, so that neither a copy of it nor its ciphertext
 * stands in memory as a whole. What the kernel has not taken is a *flight*; while there is one nothing is
 * encrypted, and the bytes in it count as not written. What a try did not take must be queued next, for it
 * may be encrypted already.
 *
 * An end of the connection that the peer has not announced by TLS is taken for its end all the same: requests
 * and replies say themselves how long they are, and none that was cut is run.
 *
 * Threads: the loop of the wire.
 */
#ifndef SERVER_NET_TLS_TLS_WIRE_H
#define SERVER_NET_TLS_TLS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/types.h>

struct buffer;
struct tls_contexts;
struct tls_loop;
struct wire;

/* What a connection takes while it is idle, measured: OpenSSL's state and ours. Half as much again where the
 * client has shown a certificate. */
#define TLS_WIRE_BYTES ((size_t)16 << 10)

/* The peer begins the handshake. What OpenSSL needs for it is not made before the peer has said something,
 * so that who only comes costs little. `contexts` outlive it. */
void tls_wire_accept(struct wire *wire, struct tls_loop *loop, struct tls_contexts *contexts);
/* This end begins it. Takes `ssl`. */
void tls_wire_connect(struct wire *wire, struct tls_loop *loop, SSL *ssl);

/* Whether hands are shaken still, or were when it failed. */
bool tls_wire_is_shaking(const struct wire *wire);
/* Append the common name in the certificate that the peer has shown and that is believed. False: there is no
 * such certificate, or not one name in it. */
bool tls_wire_common_name(const struct wire *wire, struct buffer *out);
/* Why it has failed: what OpenSSL says of it, and of the peer's certificate. */
void tls_wire_complaint(const struct wire *wire, int why, char *text, size_t size);

#endif
