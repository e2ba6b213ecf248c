/*
 * settlement.h - the end of an errand: its reply is handed to its client, and its command counted.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_SETTLEMENT_H
#define SERVER_UPSTREAM_ERRANDS_SETTLEMENT_H

#include "proto/base/slice.h"
#include "server/upstream/channel/upstream.h"

struct errand;

/* Frees the errand. `from` is the protocol of the reply, which is made up here where none has come. May close
 * the client's connection, and free its patron. */
void settlement_make(struct errand *errand, enum upstream_outcome outcome, struct slice reply, int from);

#endif
