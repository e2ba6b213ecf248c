/*
 * greeting.h - the first words on a connection to an upstream, before anybody's command.
 *
 * HELLO says which protocol is wanted and who we are. Where the upstream does not know it, or not that
 * protocol, AUTH says who we are, or a PING asks whether it matters, and RESP2 is spoken on. Then the server
 * is asked which one it is. Each step waits for the reply to the one before, so nothing else is on its way
 * when one is refused. Errors that are about the moment refuse nobody: they are the reply to whatever is
 * asked next.
 *
 * Threads: one owner. It does no I/O: what is to be said is appended to a buffer.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_GREETING_H
#define SERVER_UPSTREAM_CHANNEL_GREETING_H

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/upstream/channel/identity.h"

struct upstream_url;

enum greeting_step { GREETING_HELLO, GREETING_AUTH, GREETING_PING, GREETING_WHO };

struct greeting {
    const struct upstream_url *url; /* borrowed */
    int protocol;                   /* wanted; in the end, spoken */
    enum greeting_step step;
    struct identity identity;
};

enum greeting_state {
    GREETING_GOES_ON,
    GREETING_ACCEPTED,
    GREETING_REFUSED, /* the reply is an error that says why */
};

/* Appends the first words. */
void greeting_begin(struct greeting *greeting, const struct upstream_url *url, int protocol,
                    struct buffer *out);
/* The reply to the last words has come. Appends the next ones while it goes on. */
enum greeting_state greeting_hear(struct greeting *greeting, struct slice reply, struct buffer *out);

#endif
