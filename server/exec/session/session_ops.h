/*
 * session_ops.h - what a session needs of its transport.
 *
 * Who calls them does so through session.h. A connection implements them for its own session
 * (net/connection_session.c); a test, a script or a request over HTTP does for one without a socket.
 *
 * Threads: all are called on the session's loop.
 */
#ifndef SERVER_EXEC_SESSION_SESSION_OPS_H
#define SERVER_EXEC_SESSION_SESSION_OPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/core/address.h"

struct session;

/* Why a session executes nothing at present: bits of `waits`. */
enum session_wait {
    WAIT_SUSPENDED = 1 << 0, /* by its command: a blocked client, to INFO and CLIENT LIST */
    WAIT_PAUSED = 1 << 1,    /* CLIENT PAUSE, or memory is far above its limit */
    WAIT_OUTPUT = 1 << 2,    /* it must read its replies first */
    WAIT_CLOSED = 1 << 3,    /* closing: nothing will run any more */
    WAIT_SURVEY = 1 << 4,    /* the other loops are about to answer */
    WAIT_PARKED = 1 << 6,    /* shards are kept for long: parking.h */
    WAIT_UPSTREAM = 1 << 5,  /* replies of the upstream come first, or there is no way to it */
    WAIT_KEYS = 1 << 7,      /* for one of some keys: events/blocking/blocking.h, which counts those who do */
    WAIT_SHEET = 1 << 8,     /* what it has published is to be sent to clients of this loop first: sheet.h */
    WAIT_ANSWER = 1 << 10,   /* what it has sent upstream is to be told in another form: net/speech.h */
    WAIT_READERS = 1 << 9,   /* and to those of other loops: events/pubsub/pubsub.h */
};

/* A block of memory that was received into. */
struct received {
    char *memory;
    size_t size;
};

/* What CLIENT LIST tells of a client's connection. All zero but for `fd`, -1, where there is none. */
struct session_transport {
    int fd;
    bool is_read;
    bool is_closing;   /* when its replies are written */
    bool has_messages; /* it is sent messages of channels: its class of output limits */
    size_t input;      /* received, and not run yet */
    size_t input_room; /* behind that */
    size_t pushed;     /* not offered to the kernel yet */
    size_t unread;     /* that, and what the kernel was offered and has not taken */
    char local[ADDRESS_TEXT_MAX];
};

struct session_ops {
    /* Bytes that answer no request, see session_push(). */
    void (*push)(struct session *session, struct slice bytes);
    /* The same of a piece of the loop's sheet, which others may be sent as well: see sheet.h. */
    void (*push_piece)(struct session *session, uint32_t piece);
    /* Keep its further requests back; let those run that were, when no reason is left. */
    void (*wait)(struct session *session, enum session_wait why);
    void (*resume)(struct session *session, unsigned why);
    /* Bytes of the loop's output buffer are its replies: send them. Outside of an access. */
    void (*flush)(struct session *session);
    /* Where it comes from, as CLIENT LIST tells it: "127.0.0.1:6379", "[::1]:6379", "/path:0". */
    void (*peer)(const struct session *session, char *text, size_t size);
    void (*transport)(const struct session *session, struct session_transport *transport);
    /* Does it come from this machine? */
    bool (*is_local)(const struct session *session);
    /* Close at once; what is unsent is dropped. */
    void (*close)(struct session *session);
    /* The memory that `text`, an argument of the request that ends at `end`, was received in, if it holds
     * nothing behind that request. give: it is the caller's from now on. NULL: there is never any. */
    bool (*find_input)(const struct session *session, struct slice text, size_t end,
                       struct received *received);
    void (*give_input)(struct session *session);
};

#endif
