/*
 * channel.h - one connection to an upstream, from its first words to its end: the same life for the lane, for
 * the sides and for a client's own.
 *
 * It is dialled, greets (greeting.h), and is compared with who is expected; only then does anything of its
 * owner's go out, which may be given to it at once. Requests go out together, replies come back in their
 * order: what is sent in a turn leaves in one write at channel_flush(). A request that names a database has a
 * SELECT put before it when the connection is in another; it waits for the reply when this connection has not
 * been in that database yet, so that nothing runs in a wrong one. Frames are taken strictly in the order in
 * which they come: a push goes to push(), anything else answers the oldest request.
 *
 * It has a pulse. While requests are unanswered and no part of a reply arrives for upstream-timeout, it is
 * lost; how long one reply takes does not matter as long as some of it comes. Once a second it is asked who
 * it is, as a sign of life and because something between may have put another server in its place, or beat()
 * asks.
 *
 * A channel fails once and for good. Then every request is told what is known of it, lost() is called, and
 * the channel frees itself.
 *
 * Threads: the loop it was opened on. Ownership: channel_open() to lost() or channel_close().
 */
#ifndef SERVER_UPSTREAM_CHANNEL_CHANNEL_H
#define SERVER_UPSTREAM_CHANNEL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "server/upstream/channel/upstream.h"

struct channel;
struct identity;
struct settings;
struct upstream_url;

enum channel_end {
    CHANNEL_UNREACHED, /* nothing of its owner's was ever sent; requests are told UPSTREAM_UNSENT */
    CHANNEL_REFUSED,   /* the same, by an error of the upstream's, which every request is answered with */
    CHANNEL_BROKEN,    /* it was in use */
};

enum channel_pulse {
    PULSE_ASK,    /* it may be asked whether it lives */
    PULSE_LISTEN, /* it may not, but what is asked by others is answered soon: a transaction */
    PULSE_WAIT,   /* it may be silent for ever: a command that blocks */
};

/* What its owner and the owner's neighbours think of it; any may be NULL. */
struct channel_guard {
    /* Before its first use and once a second: NULL, or why this server is not the one. */
    const char *(*refuse)(void *guard, const struct identity *identity);
    void (*demoted)(void *guard); /* a reply has come that a master never gives */
    bool (*is_busy)(void *guard); /* silence is to be expected: it runs a script, as is known otherwise */
    void *guard;
};

struct channel_options {
    uv_loop_t *uv;
    const struct upstream_url *url; /* borrowed, outlives it */
    struct settings *settings;      /* borrowed */
    int protocol;                   /* wanted: an upstream that does not speak RESP3 is spoken RESP2 with */
    void (*ready)(void *context);   /* may be NULL */
    void (*push)(void *context, struct slice frame);
    enum channel_pulse (*pulse)(void *context); /* NULL: PULSE_ASK */
    void (*beat)(void *context);   /* several times to a heartbeat, instead of asking; may be NULL */
    void (*ending)(void *context); /* before the requests are told, when it fails; may be NULL */
    /* `why` is of the upstream's words for CHANNEL_REFUSED: its error, without dash and line end. */
    void (*lost)(void *context, enum channel_end end, const char *why);
    void *context;
    struct channel_guard guard;
};

/* Never NULL; failure is told later, by lost(). */
struct channel *channel_open(const struct channel_options *options);
/* Without lost(); outstanding requests are told. Also while it fails, from what a request is told: the owner
 * may go then. Clears the pointer. */
void channel_close(struct channel **channel);

/* The request's bytes must live until it is done. */
void channel_send(struct channel *channel, struct upstream_request *request);
/* The rest of its life, or until told otherwise, every frame goes to push(): a subscriber in RESP2. */
void channel_set_raw(struct channel *channel, bool raw);
/* Bytes that have no reply of their own, in raw mode. */
void channel_write(struct channel *channel, struct slice bytes);
void channel_flush(struct channel *channel);

/* The greeting was accepted: what was given to it is on its way. */
bool channel_is_ready(const struct channel *channel);
/* Who is there; good once it is ready, for as long as it lives. */
const struct identity *channel_identity(const struct channel *channel);
/* Its protocol, which is sure once it is ready. */
int channel_protocol(const struct channel *channel);
/* What is given to it now may not be sent behind what was given before, should that be refused: a SELECT that
 * it waits for decides. */
bool channel_is_selecting(const struct channel *channel);
/* SELECT, or HELLO, was passed through it as somebody's own command. */
void channel_set_db(struct channel *channel, int db);
void channel_set_protocol(struct channel *channel, int protocol);
/* Requests not yet answered, without what it asks itself. */
size_t channel_outstanding(const struct channel *channel);
/* For how long it has owed a reply of which nothing has come; 0 when it owes none, or is not ready. */
int64_t channel_silent_ms(const struct channel *channel);
/* Bytes that wait to be taken by the kernel. */
size_t channel_unsent(const struct channel *channel);

#endif
