/*
 * loop.h - one thread with a libuv loop, and all it owns.
 *
 * A turn of a loop reads what came for its connections into one big buffer and runs the requests of a few of
 * them at a time as one batch (batch.h), which writes each connection's replies. A connection belongs to one
 * loop for life.
 *
 * Threads: everything belongs to the loop's thread but for the mailbox, the counters (read by anyone) and
 * `connection_count`.
 */
#ifndef SERVER_CORE_LOOP_H
#define SERVER_CORE_LOOP_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

#include "proto/base/buffer.h"
#include "proto/reply.h"
#include "server/commands/collection/collection_limits.h"
#include "server/core/drowse.h"
#include "server/core/mailbox.h"
#include "server/exec/batch.h"
#include "server/memory/client_account.h"
#include "server/observe/counters.h"

struct changes;
struct connection;
struct server;
struct session;
struct sessions;

#define LOOP_INPUT_BYTES (1u << 20)
/* Replies of one connection are handed to the kernel at the latest when they reach this. */
#define FLUSH_BYTES (256u << 10)

struct loop {
    struct server *server;
    unsigned index;
    uv_loop_t uv;
    uv_thread_t thread;
    struct mailbox mailbox;

    uv_check_t after_poll; /* runs the batch */
    uv_idle_t busy;        /* active while there is work besides I/O: keeps the poll from sleeping */
    uv_timer_t cron;       /* ten times a second, once when it drowses */
    uv_timer_t
        drain; /* ends the loop once its clients have read what they are owed, or have taken too long */
    uv_timer_t pause; /* ends CLIENT PAUSE */

    struct connection *connections;
    _Atomic uint32_t connection_count; /* the acceptor counts up, this loop down */
    struct connection **ready;         /* connections with input to run this turn; NULL: closed since */
    size_t ready_len;
    size_t ready_cap;
    struct sessions *sessions; /* all of this loop, by id */
    struct session *executing; /* whose replies `out` holds; NULL: nobody's */
    struct connection *pushed; /* those that have bytes to be sent with the end of the turn */

    char *input; /* LOOP_INPUT_BYTES, handed to reads piece by piece */
    size_t input_used;
    struct batch batch;
    struct buffer out;          /* replies of the connection being executed */
    struct buffer behind;       /* pushed to it by a command whose own replies are not wanted */
    struct reply reply;         /* writes to `out` */
    struct reply_values values; /* large ones that belong into it, each with a pin of its entry's text */
    size_t flush_at;    /* replies are handed over, or found to be too many, at the latest at so many bytes */
    bool limits_output; /* in this batch */

    int64_t now_ms;        /* Unix time, read once per batch */
    uint64_t ticks;        /* when the last command of the batch ended: see observe/ticks.h */
    bool sweeping;         /* more keys are due than the last slice of the sweep could remove */
    bool serves_copies;    /* in this batch: what is known of an upstream's keys may be told, tier_look() */
    bool relieving;        /* the keyspace is above its budget, and nobody evicts enough */
    bool holding;          /* clients wait until memory is below its limit */
    unsigned compact_turn; /* the shard whose entries are moved together next */
    size_t written_bytes;  /* since resident memory was last looked at */
    bool stopping;         /* its clients are only waited for */
    bool ended;
    struct drowse drowse;
    int64_t second_ms;               /* when the cron last did what is done once a second */
    struct collection_limits limits; /* for collection_limits() */
    struct counters counters;
    struct account_sums accounts; /* of its clients */

    struct changes *changes;         /* the server's: events/changes.h */
    void (*post)(struct loop *loop); /* sends the letters of what was done here */
    bool unposted;                   /* there are some */
    bool unparking;                  /* what was parked is asked again in this turn: exec/parking.h */
};

/* libuv's code. The loop does not run yet. */
int loop_init(struct loop *loop, struct server *server, unsigned index);
/* Run until loop_stop(). Called on the loop's own thread. */
void loop_run(struct loop *loop);
/* There is something to do at the end of this turn: do not wait for the kernel before. */
void loop_hurry(struct loop *loop);
/* Run no further command, let the kernel take the replies that are queued, for a second at the most, then
 * close connections and handles; loop_run() then returns. On the loop's thread. */
void loop_stop(struct loop *loop);
/* A connection has been taken off the list. */
void loop_connection_left(struct loop *loop);
void loop_clear(struct loop *loop);

/* The loop that the calling thread runs; NULL: none. */
struct loop *loop_of_thread(void);

/* Send the letters of what was done since the last time. Outside of an access, and before any reply of it
 * leaves: whoever has seen a write acknowledged and then asks another loop finds them there. */
static inline void loop_post(struct loop *loop)
{
    if (__builtin_expect(loop->unposted, 0)) loop->post(loop);
}

/* Read the clock now: at the start of a turn and after waiting. */
void loop_read_clock(struct loop *loop);
/* `connection` has input to parse. */
void loop_make_ready(struct loop *loop, struct connection *connection);
/* Some was read. When enough connections are ready, their requests run at once. */
void loop_serve(struct loop *loop);
/* `connection`, which is closing, has not. Its memory may be gone before the next turn looks at it. */
void loop_forget_ready(struct loop *loop, struct connection *connection);
/* Drop what was replied behind `start` bytes of `out`. */
void loop_take_back(struct loop *loop, size_t start);
/* Let everyone who waits for CLIENT PAUSE go on, or wait for its (new) end. */
void loop_pause_changed(struct loop *loop);
/* Whoever is held back by dispatch() tries again in the next turn. */
void loop_ask_again(struct loop *loop);
/* The same for those who are parked (exec/parking.h). */
void loop_unpark(struct loop *loop);

#endif
