/*
 * transaction.h - where a client's transaction stands, going by what the upstream has said.
 *
 *              MULTI sent           +OK                 EXEC, DISCARD sent
 *     NONE ----------------> ASKED ------> OPEN --------------------------> ENDING ----> NONE
 *       |                      | -error                                        reply
 *       | no connection, or    v
 *       | a WATCH was refused  |
 *       +------------------> REFUSED ---------------------------------------------> NONE
 *                                      EXEC (EXECABORT), DISCARD (OK), or another MULTI
 *
 * A client whose MULTI was refused sends the rest of its transaction all the same, so nothing of it may run.
 * What is refused here inside of a transaction dooms it: for its EXEC a DISCARD is sent, and the client is
 * told EXECABORT, as by a Redis that queued what it could not.
 *
 * Commands that this server answers itself are queued here, each with its place among those that the upstream
 * has queued (execution.h runs them). SELECT and HELLO are queued by both: what they change follows from
 * their element of EXEC's reply. What is queued, by either, is on the client's account until the transaction
 * ends.
 *
 * Threads: plain values.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_TRANSACTION_H
#define SERVER_UPSTREAM_CLIENTS_TRANSACTION_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/slice.h"
#include "server/upstream/errands/errand_kind.h"

struct client_account;

enum transaction_state {
    TRANSACTION_NONE,
    TRANSACTION_ASKED,
    TRANSACTION_OPEN,
    TRANSACTION_ENDING,
    TRANSACTION_REFUSED,
};

enum step_sort {
    STEP_HERE,   /* answered by this server, before the upstream's element `place` */
    STEP_SELECT, /* the upstream's element `place` says whether database `number` is chosen */
    STEP_HELLO,  /* the same of protocol `number`; answered by this server */
};

/* A queued command that means something here, with its words. */
struct transaction_step {
    struct transaction_step *next;
    enum step_sort sort;
    size_t place;
    int number;
    size_t bytes; /* of memory */
    int argc;
    struct slice *argv;
};

/* All zero: none. */
struct transaction {
    struct client_account *account; /* that what is queued is charged to; NULL: none, or it has left */
    enum transaction_state state;
    enum transaction_state before; /* it is ENDING */
    size_t watches;                /* WATCHes on their way */
    bool multi_trusted; /* the upstream has accepted one of this client, so that what follows the next need */
    bool watch_trusted; /* not wait for its reply */
    bool watching;      /* WATCH was sent, and nothing since then that ends it */
    bool unwatched;     /* a WATCH was refused: what follows must not be executed as if it had not been */
    bool doomed;        /* EXEC must not execute it */
    size_t queued;      /* by the upstream */
    size_t here;        /* steps that only this server has queued */
    struct transaction_step *steps; /* in order */
    struct transaction_step *last;
};

/* What is to be done with the next command. */
enum transaction_turn {
    TURN_SEND,   /* it goes up; transaction_sent() says as what */
    TURN_WAIT,   /* until what is on its way has come */
    TURN_REFUSE, /* an error, here */
    TURN_ABORT,  /* EXECABORT, here; transaction_end() */
    TURN_OK,     /* OK, here; transaction_end() */
    TURN_AGAIN,  /* transaction_end(), and then it goes up */
};

/* As what a command was sent, to be told with its reply. */
enum transaction_role {
    ROLE_NONE,
    ROLE_MULTI,
    ROLE_WATCH,
    ROLE_UNWATCH,
    ROLE_EXEC,
    ROLE_DISCARD,
    ROLE_ABORT,  /* a DISCARD for an EXEC that must not be */
    ROLE_QUEUED, /* as part of the transaction */
};

enum transaction_turn transaction_turn(const struct transaction *transaction, enum command_kind kind);

/* The command is on its way. */
enum transaction_role transaction_sent(struct transaction *transaction, enum command_kind kind);
/* Its reply has come. `step`, which may be NULL, is what it means here, and is taken; `bytes` is what a
 * queued command takes at the upstream. */
void transaction_replied(struct transaction *transaction, enum transaction_role role,
                         struct transaction_step *step, struct slice reply, size_t bytes);
/* It could not be sent, or was lost on a connection that let nobody in: the client was told an error. */
void transaction_failed(struct transaction *transaction, enum transaction_role role);
/* The role that a command would have if it could be sent. */
enum transaction_role transaction_role_of(const struct transaction *transaction, enum command_kind kind);

/* Between MULTI and EXEC, whether the upstream knows of it or not. */
static inline bool transaction_is_on(const struct transaction *transaction)
{
    return transaction->state != TRANSACTION_NONE;
}

/* A command was refused here. */
void transaction_doom(struct transaction *transaction);
/* Queue what is answered here, behind all that was queued so far: nothing is on its way. Takes the step. */
void transaction_queue(struct transaction *transaction, struct transaction_step *step);
/* RESET, or the end of one that the upstream does not know of. */
void transaction_end(struct transaction *transaction);

struct transaction_step *transaction_step_create(enum step_sort sort, int number, const struct slice *argv,
                                                 int argc);
/* It and all behind it; may be NULL. */
void transaction_steps_destroy(struct transaction_step *step);

#endif
