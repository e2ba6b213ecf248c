/*
 * zset_reply.h - members with and without their scores, as all commands of sorted sets tell them.
 *
 * With scores RESP2 has one flat array, RESP3 an array of pairs.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_ZSET_ZSET_REPLY_H
#define SERVER_COMMANDS_ZSET_ZSET_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include "storage/types/blocks/atom.h"

struct call;

/* The head of an array of `count` members; that many zset_reply_member() follow. */
void zset_reply_open(struct call *call, size_t count, bool with_scores);
/* `score` is NULL: without. */
void zset_reply_member(struct call *call, const struct atom *member, const double *score);

#endif
