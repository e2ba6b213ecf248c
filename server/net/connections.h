/*
 * connections.h - all connections of one loop: who has input, who is owed bytes, who waits for a pause to
 * end.
 *
 * Threads: the loop's, but for `count`.
 */
#ifndef SERVER_NET_CONNECTIONS_H
#define SERVER_NET_CONNECTIONS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uv.h>

struct connection;
struct loop;

/* What a turn reads lands here, and is run where it stands. */
#define CONNECTIONS_INPUT_BYTES (1u << 20)

struct connections {
    struct connection *first;
    _Atomic uint32_t count;    /* the acceptor counts up, this loop down */
    struct connection **ready; /* those with input to run this turn; NULL: closed since */
    size_t ready_len;
    size_t ready_cap;
    struct connection *pushed; /* those that have bytes to be sent with the end of the turn */
    char *input;               /* CONNECTIONS_INPUT_BYTES, handed to reads piece by piece */
    size_t input_used;
    uv_timer_t pause; /* ends CLIENT PAUSE */
};

struct connections *connections_create(struct loop *loop);
/* When its handles are closed. */
void connections_destroy(struct connections **connections);

/* On its list from now on, and off it. */
void connections_add(struct connection *connection);
void connections_remove(struct connection *connection);

/* `connection` has input to parse. */
void connections_make_ready(struct connection *connection);
/* It is closing. Its memory may be gone before the next turn looks at it. */
void connections_forget_ready(struct connection *connection);
/* Some was read. When enough connections are ready, their requests run at once. */
void connections_serve(struct loop *loop);
/* Send what was pushed. False: nothing was. */
bool connections_flush_pushed(struct loop *loop);

/* Let everyone who waits for CLIENT PAUSE go on, or wait for its (new) end. */
void connections_pause_changed(struct loop *loop);
/* Whoever is held back, by a pause or for want of memory, tries again in the next turn. */
void connections_ask_again(struct loop *loop);

/* Run no further command of theirs, and close each when it has read what it is owed. False: there are none.
 */
bool connections_finish(struct loop *loop);
void connections_close(struct loop *loop);

#endif
