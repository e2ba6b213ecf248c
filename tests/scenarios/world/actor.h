/*
 * actor.h - one simulated client: a connection that sends bursts of commands without waiting in between, and
 * the requests whose replies have not come.
 *
 * When the connection is lost, what was in flight has an unknown fate, and the actor connects again.
 *
 * Threads: one owner.
 */
#ifndef TESTS_SCENARIOS_WORLD_ACTOR_H
#define TESTS_SCENARIOS_WORLD_ACTOR_H

#include "proto/base/random.h"
#include "proto/reply_reader.h"
#include "tests/scenarios/operations/operation.h"
#include "tests/scenarios/plan.h"

struct actor_options {
    const struct plan *plan;
    struct referee *referee;
    int poller; /* the epoll descriptor that its socket is watched by; the actor is the event's owner */
    int place, number;
    const int *port;        /* of its place, which may move */
    unsigned depth, writes; /* in a thousand */
    bool barrier;           /* it only sends what proves how far its place has come */
    bool listener;          /* it only subscribes */
};

struct actor {
    struct actor_options options;
    struct random random;
    int fd; /* -1: not connected */
    int db;
    unsigned greetings_left; /* replies to HELLO and SELECT */
    struct buffer in, out;
    size_t sent;
    struct reply_reader reader;
    struct request *requests; /* in the order of their replies */
    size_t first, count;
    unsigned prelude_seen;
    bool transacted; /* on this connection: with its like upstream, which may be lost, it may be closed */
    int64_t retry_ms, barrier_ms, heard_ms;
    uint64_t barriers;
    struct moment barrier_sent;
};

void actor_init(struct actor *actor, const struct actor_options *options);
void actor_clear(struct actor *actor);

/* Something can be read or written. */
void actor_ready(struct actor *actor, uint32_t events);
/* Do what is due: connect, or, unless `quiet`, send a burst. */
void actor_step(struct actor *actor, bool quiet);
/* A request has waited for `patience_ms`. */
bool actor_is_stuck(const struct actor *actor, int64_t patience_ms);
bool actor_is_idle(const struct actor *actor);

#endif
