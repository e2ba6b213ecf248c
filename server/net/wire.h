/*
 * wire.h - bytes in and out, between this process and one peer: the one way, for clients and for upstreams.
 *
 *     owner       a connection (connection.h), a channel to an upstream (upstream/channel/channel.h)
 *       |         says where bytes are to land, hears that they have come, gives passages to be written
 *     wire        the queue of what the kernel has not taken; whom to tell; its end
 *       |
 *     layer       how bytes get through: plain_wire.c, the socket itself, or tls/, which encrypts them
 *
 * (A stream is a type of value in Redis, so this is none.)
 *
 * In: while it is read, room() is asked before each read, and received() told of what has landed there.
 * Nothing more comes once it has been told ended(), where the peer sends no more but may still read (half of
 * the connection is closed), or failed(), where nothing goes through any more. Neither closes it.
 *
 * Out: wire_try() gives the layer what it takes at once, which is all of it nearly always, and costs no copy.
 * What is left is queued, in order, in memory that is copied or handed over, or pinned where it stands, and
 * sent() tells when it has gone. While anything is queued nothing is tried, so no byte overtakes another.
 *
 * Back pressure is the owner's: wire_unsent() says how much waits. A connection stops running its client's
 * requests at OUTPUT_HIGH; a channel collects what is sent meanwhile and gives it in one piece, so that it is
 * known of each request whether any of it has left.
 *
 * What the two do not share stays theirs, since it is not the same thing: input lands in the loop's buffer
 * and runs where it stands (connection), or is collected frame by frame and given away with its memory
 * (channel); replies are limited by account and class, requests by nothing but their number.
 *
 * A layer is a table of functions and sees every byte. TLS (tls/tls_wire.h) sets `ops` before the wire is
 * read for the first time. What a try has not taken must be the next that is queued, unless the wire is
 * closed: it may have been encrypted by then.
 *
 * Threads: the loop it was opened on. Ownership: in its owner's memory, from wire_open() to closed().
 */
#ifndef SERVER_NET_WIRE_H
#define SERVER_NET_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <uv.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "storage/entry/long_text.h"

struct tls_wire;
struct wire;

/* What its owner hears. All but opened() and closed() end with wire_close(); sent() comes after it too. */
struct wire_events {
    /* Where the next bytes are to land; no bytes long: there is no room, and failed() follows. */
    void (*room)(struct wire *wire, uv_buf_t *room);
    void (*received)(struct wire *wire, char *bytes, size_t len);
    void (*ended)(struct wire *wire);
    void (*failed)(struct wire *wire, int why); /* libuv's code */
    /* Hands are shaken: who the peer is may be asked (tls/tls_wire.h). Never told of one that is not
     * encrypted; before it has received anything. May be NULL; it is not closed from here. */
    void (*opened)(struct wire *wire);
    /* So much that was queued is held no longer: the kernel has taken it (`status` is 0), or it is lost. */
    void (*sent)(struct wire *wire, size_t text_len, size_t value_len, int status);
    void (*closed)(struct wire *wire); /* its memory may go */
};

/* How bytes get through. */
struct wire_ops {
    void (*start)(struct wire *wire); /* asking for room, and telling what comes */
    void (*stop)(struct wire *wire);
    /* How many bytes are taken at once; UV_EAGAIN for none, any other code: it has failed. */
    int (*try_write)(struct wire *wire, const uv_buf_t *pieces, unsigned count);
    /* Take all; the pieces live until `written` is called, which is not before this returns. */
    int (*write)(struct wire *wire, uv_write_t *request, const uv_buf_t *pieces, unsigned count,
                 uv_write_cb written);
    /* Bytes of what was queued, as the layer counts them, that the kernel has not taken. Unlike `unsent` they
     * become fewer while a long piece is on its way. */
    size_t (*waiting)(const struct wire *wire);
    /* Fewer bytes than so many need not be told of, until it is said otherwise: a hint. */
    void (*await)(struct wire *wire, int least);
    void (*close)(struct wire *wire, uv_close_cb closed);
};

struct wire {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    const struct wire_ops *ops;
    const struct wire_events *events; /* the owner's */
    struct tls_wire *tls;             /* NULL: it is not encrypted */
    size_t unsent;                    /* bytes that are queued */
    int fd;                           /* -1: not connected yet */
    int awaited;
    bool unix_socket;
    bool reading;
    bool closing;
};

/* The socket itself. */
extern const struct wire_ops plain_wire;

/* Over a socket that is to be connected by way of its handle. `events` outlives it. */
void wire_init(struct wire *wire, uv_loop_t *uv, bool unix_socket, const struct wire_events *events);
/* Over a connected one, which it takes. Otherwise libuv's code: the socket is still the caller's, and the
 * wire is to be closed. */
int wire_open(struct wire *wire, uv_loop_t *uv, int fd, bool unix_socket, const struct wire_events *events);
/* The handle has been connected. */
void wire_connected(struct wire *wire);
/* What is queued is lost. Once. */
void wire_close(struct wire *wire);

/* Read it, or do not. */
void wire_read(struct wire *wire, bool wanted);
/* Fewer bytes than so many need not be told of. */
void wire_await(struct wire *wire, int least);
/* Does the peer send no more? For one that is not read. */
bool wire_has_ended(const struct wire *wire);

/* Text after which a value that is sent from where it stands may follow, and text behind that. */
struct wire_passage {
    struct slice before;
    struct slice value;
    struct slice behind;
    struct pin pin; /* of the value; place is NULL: there is none */
};

static inline size_t wire_unsent(const struct wire *wire)
{
    return wire->unsent;
}

/* 0: the kernel has taken all that was queued. Otherwise so many bytes are on this side still, those that the
 * kernel holds for the peer included; where it is encrypted, thereabouts. For who asks whether anything
 * moves: the kernel takes more only when much of what it holds has gone. It walks over what is queued. */
size_t wire_waiting(const struct wire *wire);

/* How many bytes have gone: none while others wait. Below 0: libuv's code, it has failed. */
static inline ssize_t wire_try(struct wire *wire, const uv_buf_t *pieces, unsigned count)
{
    if (__builtin_expect(wire->unsent > 0, 0)) return 0;
    int written = wire->ops->try_write(wire, pieces, count);
    return written == UV_EAGAIN ? 0 : written;
}

/* The same of a passage; what has gone is taken off it. */
ssize_t wire_try_passage(struct wire *wire, struct wire_passage *passage);
/* Queue what is left of a passage, its texts copied. Takes the pin. Below 0: libuv's code, it has failed. */
int wire_queue(struct wire *wire, const struct wire_passage *left);
/* Queue what is left of a buffer, of which `done` bytes have gone; empties it. What is long is not copied,
 * but taken with the buffer's memory. */
int wire_queue_rest(struct wire *wire, struct buffer *text, size_t done);

#endif
