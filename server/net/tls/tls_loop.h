/*
 * tls_loop.h - what the encrypted wires of one loop have in common: room to work in, whose turn it is, and
 * how long a handshake may take.
 *
 * A step of a handshake is a signature, which takes a millisecond, thousands of times what a request takes.
 * It is therefore not made where its bytes are read: the wire takes its place in a list, and each turn of the
 * loop gives the list a slice of time, or one step. However many shake hands, or pretend to, the clients that
 * are here wait for no more than that. The same list has the wires whose input was decrypted to a part only,
 * since their owner wanted no more, and now does.
 *
 * Threads: its loop's.
 */
#ifndef SERVER_NET_TLS_TLS_LOOP_H
#define SERVER_NET_TLS_TLS_LOOP_H

#include <stddef.h>

#include <uv.h>

#include "proto/base/buffer.h"

struct settings;
struct tls_wire;

/* Ciphertext is read in pieces of at most so many bytes. */
#define TLS_READ_BYTES ((size_t)256 << 10)

struct tls_list {
    struct tls_wire *first, *last;
};

struct tls_loop {
    const struct settings *settings;
    uv_check_t step;
    uv_idle_t again; /* the poll does not wait while somebody is due */
    uv_timer_t patience;
    struct tls_list due;
    struct tls_list shaking; /* in the order in which they began */
    char *input;             /* TLS_READ_BYTES, made for the first wire */
    struct buffer out;       /* ciphertext on its way to the kernel; empty between two calls */
};

struct tls_loop *tls_loop_create(uv_loop_t *uv, const struct settings *settings);
/* When its handles, and the wires, are closed. */
void tls_loop_destroy(struct tls_loop **loop);

/* It goes on in this turn or the next. */
void tls_loop_make_due(struct tls_wire *tls);
/* It has begun to shake hands, and is done with that. */
void tls_loop_begin_shaking(struct tls_wire *tls);
void tls_loop_end_shaking(struct tls_wire *tls);
/* It is closed. */
void tls_loop_forget(struct tls_wire *tls);

#endif
