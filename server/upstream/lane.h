/*
 * lane.h - the upstream that is a Redis: one tracked connection, kept up.
 *
 * Reads, writes and the news of changes share this connection, so that their order is the upstream's. It is
 * opened with HELLO 3 and CLIENT TRACKING, in the best mode that is wanted and the upstream can do; where it
 * speaks RESP2 only there is no tracking. A PING, several to a heartbeat, tells that the upstream lives. When
 * no reply comes for upstream-timeout the link counts as lost. After a loss attempts to connect follow, in
 * pauses that double up to upstream-reconnect and are drawn at random from the upper half.
 *
 * Beside the heartbeat it is asked, once a second, what tracking cannot tell: whether this connection is
 * still tracked, and whether somebody used SWAPDB, which invalidates nothing.
 *
 * Threads: the loop it was made for. Time: monotonic.
 */
#ifndef SERVER_UPSTREAM_LANE_H
#define SERVER_UPSTREAM_LANE_H

#include <uv.h>

#include "server/upstream/upstream.h"

struct settings;
struct upstream_url;

struct lane_options {
    uv_loop_t *uv;
    const struct upstream_url *url; /* borrowed, outlives it */
    struct settings *settings;      /* borrowed */
};

struct upstream *lane_create(const struct lane_options *options);

#endif
