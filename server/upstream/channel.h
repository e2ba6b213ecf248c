/*
 * channel.h - one connection to a Redis: requests go out together, replies come back in their order.
 *
 * The handshake (HELLO or AUTH) is sent first and requests may follow at once; what is sent in a turn leaves
 * in one write at channel_flush(). A request that names a database has a SELECT put before it when the
 * connection is in another. Frames are taken strictly in the order in which they come: a push goes to push(),
 * anything else answers the oldest request.
 *
 * A channel fails once and for good: the peer closed, an error of the kernel, bytes that are no RESP, a
 * handshake refused. Then every request is told what is known of it, lost() is called, and the channel frees
 * itself.
 *
 * Threads: the loop it was opened on. Ownership: channel_open() to lost() or channel_close().
 */
#ifndef SERVER_UPSTREAM_CHANNEL_H
#define SERVER_UPSTREAM_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "server/upstream/upstream.h"

struct channel;
struct upstream_url;

struct channel_options {
    uv_loop_t *uv;
    const struct upstream_url *url; /* borrowed, outlives it */
    int protocol;
    void (*ready)(void *context); /* the handshake was accepted; may be NULL */
    void (*push)(void *context, struct slice frame);
    void (*ending)(void *context); /* before the requests are told, when it fails; may be NULL */
    void (*lost)(void *context, const char *why);
    void *context;
};

/* Never NULL; failure is told later, by lost(). */
struct channel *channel_open(const struct channel_options *options);
/* Without lost(); outstanding requests are told. Clears the pointer. */
void channel_close(struct channel **channel);

void channel_send(struct channel *channel, struct upstream_request *request);
/* The rest of its life, or until told otherwise, every frame goes to push(): a subscriber in RESP2. */
void channel_set_raw(struct channel *channel, bool raw);
/* Bytes that have no reply of their own, in raw mode. */
void channel_write(struct channel *channel, struct slice bytes);
void channel_flush(struct channel *channel);

/* The database it is in once all that was sent is executed; its protocol. */
int channel_db(const struct channel *channel);
int channel_protocol(const struct channel *channel);
/* SELECT was passed through it as somebody's own command. */
void channel_set_db(struct channel *channel, int db);
/* Requests not yet answered, and when the oldest was sent (monotonic ms; meaningless without any). */
size_t channel_outstanding(const struct channel *channel);
int64_t channel_oldest_ms(const struct channel *channel);
/* Bytes that wait to be taken by the kernel. */
size_t channel_unsent(const struct channel *channel);

#endif
