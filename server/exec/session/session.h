/*
 * session.h - what the server remembers of one client.
 *
 * Who it is, which database and protocol it chose, how it wants its replies, and why it waits. It knows no
 * socket: what it needs of its transport stands in `ops`, which a connection implements for its own session
 * (net/connection_session.c), and a test, a script or a request over HTTP for one without a socket.
 *
 * Threads: the loop that the session belongs to. Other loops send letters to its id (sessions.h), or ask
 * through survey.h. Whoever refers to a session beyond the call at hand keeps its id, never a pointer.
 * Ownership: embedded in its transport; the texts are its own.
 */
#ifndef SERVER_EXEC_SESSION_SESSION_H
#define SERVER_EXEC_SESSION_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/chains.h"
#include "proto/base/slice.h"
#include "server/exec/session/session_gate.h"
#include "server/exec/session/session_ops.h"

struct client_account;
struct command_info;
struct call;
struct delay;
struct loop;
struct multi;
struct patron;
struct session;
struct tracker;
struct waiter;
struct subscriber;
struct user;
struct watches;

/* CLIENT REPLY: SKIP_NEXT becomes SKIPPING for the one command that follows. */
enum reply_mode { REPLIES_ON, REPLIES_OFF, REPLIES_SKIP_NEXT, REPLIES_SKIPPING };

/* What is under way for a suspended session and is to be dropped when that goes; embedded in it. */
struct session_work {
    void (*drop)(struct session_work *work);
};

struct session {
    struct chain by_id; /* sessions.h */
    const struct session_ops *ops;
    struct loop *loop;
    struct client_account *account; /* of all that is held for it; borrowed */
    uint64_t id;                    /* rises with every session, never used twice */
    unsigned waits;                 /* of enum session_wait */
    uint64_t wait_number;           /* rises with every wait of a loop's sessions */
    struct patron *patron;          /* what it has with the upstream; NULL: nothing yet */
    struct delay *delay;            /* what it is suspended for, when that is the passing of time */
    struct session_work *work;      /* or that is under way elsewhere; mostly NULL */
    bool unix_socket;               /* it came over one */
    const struct envoy *envoy;      /* of its user: auth/envoys.h; mostly NULL */
    struct user *user;              /* as whom it acts, held: acl/users.h; NULL: nobody asks */
    unsigned db;
    int protocol;                  /* 2 or 3 */
    uint32_t gates;                /* of enum session_gate */
    struct subscriber *subscriber; /* events/pubsub/pubsub.h; NULL: it has subscribed to nothing */
    bool executing;             /* commands queued in a transaction: none may wait, or make a monitor of it */
    bool in_script, reads_only; /* it is the one of scripts; and of one that must not write */
    bool no_evict, no_touch;    /* CLIENT NO-EVICT, CLIENT NO-TOUCH */
    bool follows_redirects;     /* as it says with CLIENT CAPA; it is never redirected */
    bool closing;            /* no further command runs; the connection closes when its replies are written */
    struct multi *multi;     /* its transaction; NULL: it has none */
    struct multi *running;   /* one that is being executed, and is not replied to yet; mostly NULL */
    struct watches *watches; /* events/watch/watch.h; NULL: it watches nothing */
    enum reply_mode replies;
    bool suspended;       /* its command was not answered yet: suspension.h */
    bool held, left;      /* it stays since what acts on its behalf needs it; it was to be closed meanwhile */
    bool answer_unwanted; /* of a suspended session: CLIENT REPLY silences what it waits for */
    /* Takes what a suspended command is answered, the loop's output from `start` on, as part of a larger
     * reply, and lets the session go on when that is whole: last of all, since one that has nothing to do any
     * more closes. NULL: it is sent, and the session goes on. */
    void (*take_answer)(struct session *session, size_t start);
    char *name; /* these three: NULL when not set */
    char *library_name;
    char *library_version;
    const struct command_info *last_command; /* NULL before the first, and when that was the upstream's */
    const char *last_passed;                 /* what the upstream calls that; NULL: it did not say */
    struct tracker *tracker; /* events/tracking.h; NULL: it has never asked to be told of changes */
    void (*on_read)(struct call *call); /* called inside the access of what it executes; mostly NULL */
    /* Behind each of its commands, or EXEC, that leaves something to post, and with GATE_END; or NULL. */
    void (*on_end)(struct call *call);
    struct waiter *waiter; /* while it waits for keys: events/blocking/blocking.h */
    uint64_t lease_shards; /* a bit for each in which it may hold leases: events/lease/leasing.h */
    size_t argument_bytes; /* of the command that it is in, while that waits or tells of itself; else 0 */
    int64_t created_ms;
    int64_t active_ms; /* when it last sent something */
    uint64_t net_in;
    uint64_t net_out;
    uint64_t commands;
};

/* All that is not given here is the caller's to set: ops, loop and account. */
void session_init(struct session *session, uint64_t id, bool authenticated, int64_t now_ms);
void session_clear(struct session *session);
/* As RESET: back to how a new client starts, id and age kept. */
void session_reset(struct session *session, bool authenticated);

/* In RESP2 a subscriber cannot tell a reply from a message: it may say little. */
static inline bool session_mixes_messages(const struct session *session)
{
    return session->subscriber != NULL && session->protocol == 2;
}

static inline bool session_is_authenticated(const struct session *session)
{
    return !(session->gates & GATE_STRANGER);
}

/* CLIENT REPLY. */
void session_set_replies(struct session *session, enum reply_mode replies);

static inline bool session_is_monitor(const struct session *session)
{
    return session->gates & GATE_MONITOR;
}

/* CLIENT REPLY: is what the command at hand is answered not to be sent? */
static inline bool session_is_silent(const struct session *session)
{
    return session->replies == REPLIES_OFF || session->replies == REPLIES_SKIPPING;
}

/* Send bytes that answer no request: a message, an invalidation, a line of MONITOR, an answer that comes
 * late. They go behind all that was replied to it so far: when a command of its is being executed, behind
 * what that has replied so far (inside of EXEC's array, too), and otherwise with the end of the loop's turn,
 * or ahead of its next reply, whichever is first. CLIENT REPLY does not silence them. They are copied, and
 * held against the output limit of its class; one that is over it is closed, but never within this call, so a
 * caller may walk over its subscribers. May be called inside an access. */
static inline void session_push(struct session *session, struct slice bytes)
{
    session->ops->push(session, bytes);
}

/* The same bytes to one of many: a piece of the loop's sheet (sheet.h). */
static inline void session_push_piece(struct session *session, uint32_t piece)
{
    session->ops->push_piece(session, piece);
}

static inline void session_wait(struct session *session, enum session_wait why)
{
    session->ops->wait(session, why);
}

/* Lift one reason, or several. */
static inline void session_resume(struct session *session, unsigned why)
{
    session->ops->resume(session, why);
}

static inline void session_flush(struct session *session)
{
    session->ops->flush(session);
}

static inline void session_peer(const struct session *session, char *text, size_t size)
{
    session->ops->peer(session, text, size);
}

static inline struct session_transport session_transport(const struct session *session)
{
    struct session_transport transport = { .fd = -1 };
    session->ops->transport(session, &transport);
    return transport;
}

static inline bool session_is_local(const struct session *session)
{
    return session->ops->is_local(session);
}

/* What acts on its behalf goes on for long: it stays until it is let go, and is closed then if need be. */
void session_hold(struct session *session);
void session_let_go(struct session *session);

/* It must not be the one whose command is being executed: that sets `closing`. */
static inline void session_close(struct session *session)
{
    session->ops->close(session);
}

static inline void session_drop_work(struct session *session)
{
    struct session_work *work = session->work;
    session->work = NULL;
    if (work != NULL) work->drop(work);
}

/* Replaces one of the texts; an empty slice unsets it. */
void session_set_text(char **text, struct slice value);

#endif
