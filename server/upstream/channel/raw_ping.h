/*
 * raw_ping.h - a PING to be told from all else that comes, on a connection whose frames answer nobody in
 * particular: a subscriber's.
 *
 * It has an argument that nobody else uses, which the upstream repeats in the answer.
 *
 * Threads: one owner. All zero is ready.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_RAW_PING_H
#define SERVER_UPSTREAM_CHANNEL_RAW_PING_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct raw_ping {
    bool asked;       /* and not answered */
    bool useless;     /* the upstream knows no PING */
    int64_t asked_ms; /* monotonic */
    char mark[48];
};

/* Appends it, unless it is of no use. */
void raw_ping_say(struct raw_ping *ping, int64_t now_ms, struct buffer *out);
/* Is the frame its answer? Then it is for nobody else. */
bool raw_ping_take(struct raw_ping *ping, struct slice frame);

#endif
