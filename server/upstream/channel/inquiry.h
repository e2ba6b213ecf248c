/*
 * inquiry.h - what the lane asks its upstream for itself.
 *
 * Threads: the lane's loop. Ownership: it frees itself, with or without a reply.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_INQUIRY_H
#define SERVER_UPSTREAM_CHANNEL_INQUIRY_H

#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct channel;
struct lane;

/* Nothing is called when the link is lost before the reply has come. `asked_ms` is monotonic. */
typedef void (*inquiry_answer)(struct lane *lane, struct slice reply, int64_t asked_ms);

/* The words are copied. */
void inquiry_send(struct channel *channel, const struct slice *words, size_t count, inquiry_answer answer,
                  struct lane *lane);

#endif
