/*
 * execution.h - EXEC's reply, with the answers of this server in their places among the upstream's.
 *
 * The upstream's array is read element by element. Whoever carries it out asks for the next step, does what
 * it says, and gives the answer, until there is none:
 *
 *     execution_begin(&e, &transaction, reply);
 *     while ((step = execution_next(&e, &element)) != NULL) { ...; execution_answer(&e, answer); }
 *     e.out is the reply
 *
 * An answer may take its time. A reply that is no array, because it was aborted or something watched changed,
 * has no steps.
 *
 * Threads: plain values. Ownership: execution_clear() frees what it holds.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_EXECUTION_H
#define SERVER_UPSTREAM_CLIENTS_EXECUTION_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"
#include "server/upstream/clients/transaction.h"

struct execution {
    struct buffer reply; /* the upstream's */
    size_t at;           /* behind what was read of it */
    size_t element;      /* the next */
    size_t count;
    struct transaction_step *steps; /* those left */
    struct buffer out;
};

/* Takes the transaction's steps. `execution` is all zero, `reply` one whole reply. */
void execution_begin(struct execution *execution, struct transaction *transaction, struct slice reply);
/* The next step, good until it is answered; `element`, good as long, is what the upstream replied to it:
 * empty when it does not know of it. NULL: the reply is whole. */
const struct transaction_step *execution_next(struct execution *execution, struct slice *element);
/* One whole reply. */
void execution_answer(struct execution *execution, struct slice answer);
void execution_clear(struct execution *execution);

#endif
