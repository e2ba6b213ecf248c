/*
 * peer.h - the other end of connections to an upstream, in this process, which says and cuts what it is told.
 *
 * Its calls let the loop under test run until what they wait for has happened, 10 seconds of the system's
 * time at most, a sanitizer's being longer (tests/support/pace.h). The time of the loop is moved: what is to
 * happen after a while does so when peer_advance() says that it has passed, however slow the machine is.
 *
 * Threads: one.
 */
#ifndef TESTS_UNIT_SERVER_UPSTREAM_PEER_H
#define TESTS_UNIT_SERVER_UPSTREAM_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include <uv.h>

#include "server/config/upstream_url.h"

#define PEER_CONNECTIONS 4

struct peer {
    uv_loop_t uv; /* of what is tested */
    struct upstream_url url;
    int listener;
    int connections[PEER_CONNECTIONS];
};

void peer_open(struct peer *peer);
/* Everything on the loop must be about to close. */
void peer_close(struct peer *peer);

/* One turn of the loop; true once too much time has passed since, as pace_now_ms() has it. */
bool peer_has_waited(struct peer *peer, int64_t since_ms);
/* So much time passes on the loop at once, and what is due by then happens. */
void peer_advance(struct peer *peer, int64_t ms);

/* Take the next connection as this one. */
void peer_accept(struct peer *peer, int which);
/* Reads until a command with this word has come. */
void peer_wait_for(struct peer *peer, int which, const char *word);
/* Nothing has come since. */
void peer_expect_quiet(struct peer *peer, int which);
void peer_say(struct peer *peer, int which, const char *bytes);
void peer_hang_up(struct peer *peer, int which);
void peer_reset(struct peer *peer, int which);
/* HELLO is accepted, and INFO tells this run_id. */
void peer_greet(struct peer *peer, int which, const char *run_id);

#endif
