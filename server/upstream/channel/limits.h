/*
 * limits.h - what the upstream closes a connection for.
 *
 * An argument that is longer than it takes, or a reply that is larger than its client-output-buffer-limit,
 * would cost everybody who shares the connection theirs. So it is asked what it allows. Arguments that are
 * too long are refused before they are sent; where replies are limited, each client has a side connection for
 * itself while something of its is on its way, and only the offender's is closed. Where it does not tell,
 * Redis's defaults are supposed.
 *
 * Threads: written on loop 0, read by all.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_LIMITS_H
#define SERVER_UPSTREAM_CHANNEL_LIMITS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct call;
struct upstream;

struct upstream_limits {
    _Atomic int64_t argument_bytes;
    _Atomic int64_t input_bytes; /* that it collects of a connection */
    _Atomic int64_t reply_bytes; /* 0: any */
    _Atomic bool threaded;       /* it has threads for its connections, or does not tell: barrier.h */
};

void limits_init(struct upstream_limits *limits);
/* A new link: ask. Loop 0. */
void limits_ask(struct upstream_limits *limits, struct upstream *upstream);
/* Would the upstream close the connection for an argument of this call? */
bool limits_exceeded(const struct upstream_limits *limits, const struct call *call);

/* The smallest limit of class normal in the value of client-output-buffer-limit; 0: none. */
int64_t limits_read_output(struct slice value);

#endif
