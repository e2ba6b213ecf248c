/*
 * followed_reads.h - what is read upstream by a client that tracks here, and is to be told of changes.
 *
 * It is remembered before it is asked for, on whichever connection, and looked at again behind its reply: it
 * may have changed in between, and been told too early. Who is told, and when, is followers.h's business.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_ERRANDS_FOLLOWED_READS_H
#define SERVER_UPSTREAM_ERRANDS_FOLLOWED_READS_H

#include "proto/base/slice.h"

struct errand;
struct session;

/* The errand is about to be sent for this session. */
void followed_reads_begin(struct errand *errand, struct session *session);
/* Its reply was given to its patron, whose connection is there. */
void followed_reads_end(struct errand *errand, struct slice reply);

#endif
