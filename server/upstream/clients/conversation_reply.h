/*
 * conversation_reply.h - the other half of conversation.h: what comes back over a client's own connection.
 *
 * Threads: the client's loop.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_CONVERSATION_REPLY_H
#define SERVER_UPSTREAM_CLIENTS_CONVERSATION_REPLY_H

#include "server/upstream/channel/upstream.h"

struct dedicated;
struct patron;

/* Of an errand with its role in the client's transaction: the request's done(). */
void conversation_replied(struct upstream_request *request, enum upstream_outcome outcome,
                          struct slice reply);
/* A frame that answers nothing. */
void conversation_push(struct dedicated *dedicated, struct slice frame);
/* The client goes while the answer of a queued command is waited for. */
void conversation_forget_execution(struct patron *patron);

#endif
