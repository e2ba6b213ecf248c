/*
 * protocol.h - how a load speaks to a server: RESP (resp.h) or memcached's meta commands (memcached.h).
 *
 * What is sent is a template made once (workload.h), and what comes back is only counted (replies.h). A
 * protocol is therefore little: how a GET and a SET are written, and what a line of a reply means.
 *
 * Threads: constants.
 */
#ifndef BENCH_KIT_LOAD_PROTOCOL_H
#define BENCH_KIT_LOAD_PROTOCOL_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct replies;

struct protocol {
    const char *name;
    /* A request that is answered as soon as the server can answer any. */
    const char *ping;
    void (*write_get)(struct buffer *out, struct slice key);
    void (*write_set)(struct buffer *out, struct slice key, struct slice value);

    /* What a line of the reply, without its CR LF, makes of `replies`: it sets `body` where a string follows,
     * and calls replies_end() where the reply is complete. False: it is no such protocol. */
    bool (*take_line)(struct replies *replies, struct slice line);
    /* The string has passed. */
    void (*end_body)(struct replies *replies);
};

#endif
