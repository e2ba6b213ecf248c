/*
 * crowd.h - the clients of a script at one server, and somebody who watches them.
 *
 * After each step everybody is heard: whoever can answer is sent something that nobody else says, and what
 * came before its answer is what the step made the server tell. That is a PING with a number; inside MULTI,
 * where that would be queued, a WATCH, which is refused there and does no harm. Who waits cannot be asked.
 * The watcher sees in CLIENT LIST who that is, and who is gone: the roll.
 *
 * All come over the unix socket: ports would be used up by so many.
 */
#ifndef TESTS_DIFFERENTIAL_CROWD_CROWD_H
#define TESTS_DIFFERENTIAL_CROWD_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "tests/differential/crowd/script.h"
#include "tests/support/client/client.h"

struct instance;

/* What CLIENT LIST says of a client, or may not say where the server is another one. */
struct standing {
    bool here;
    bool waits;        /* blocked or paused */
    bool queues;       /* in MULTI */
    struct buffer row; /* the fields that two servers must agree on */
};

struct member {
    struct client client;
    bool open;
    int64_t id;
    struct buffer heard; /* whole replies and pushes since the last step */
    size_t owed;         /* commands sent since it was last heard */
    bool asked;          /* and not heard since */
    bool silent;         /* it was asked and has not answered in time */
    struct standing standing;
    bool was_reset; /* whether it may be evicted is no longer known: Redis 7.0 forgets nothing of that */
};

struct crowd {
    struct instance *instance;
    struct client watcher;
    struct member members[SCRIPT_CLIENTS_MAX];
    size_t len;
    int patience_ms; /* with a member that is asked */
    bool lost;       /* the watcher is not answered: the server is gone */
};

/* Everything of an earlier crowd forgotten, a watcher, and room for `len` clients, who come with
 * crowd_replace(). False: the server does not answer. */
bool crowd_open(struct crowd *crowd, struct instance *instance, size_t len, int patience_ms);
void crowd_close(struct crowd *crowd);

/* Let IDs pass until the next client has `id`, which is ahead. The next one's. */
void crowd_skip_to(struct crowd *crowd, int64_t id);
int64_t crowd_next_id(struct crowd *crowd);

/* Send the commands [first, last) of one client in one write; `@2` becomes an ID. Or it hangs up. */
void crowd_say(struct crowd *crowd, const struct step *steps, size_t first, size_t last);

/* Let a server of one thread see all that was sent before, and do all that follows from it. */
void crowd_let_pass(struct crowd *crowd);
/* Look who is there. */
void crowd_call_roll(struct crowd *crowd);

/* Ask a member that can answer; its answer has `token` in it, a text of its own. */
void crowd_ask(struct crowd *crowd, size_t index, const char *token);
/* Hear whom crowd_ask() has asked, to the answer. */
void crowd_hear(struct crowd *crowd, size_t index, const char *token);
/* Hear one that waits: what has come, or comes within `ms` until it is `enough` bytes. */
void crowd_overhear(struct crowd *crowd, size_t index, size_t enough, int ms);
/* Hear one that is gone, to the end of its connection. */
void crowd_hear_out(struct crowd *crowd, size_t index);

/* A new client in this place. */
void crowd_replace(struct crowd *crowd, size_t member);

#endif
