/*
 * lane.h - the upstream that is a Redis: one tracked connection, kept up.
 *
 * Reads, writes and the news of changes share this connection, so that their order is the upstream's. It is
 * a channel (channel.h) with CLIENT TRACKING, in the best mode that is wanted and the upstream can do; where
 * it speaks RESP2 only there is no tracking. Several times to a heartbeat it is asked for the connection's
 * number, which tells that the upstream lives, and for its role. After a loss attempts to connect follow, in
 * pauses that double up to upstream-reconnect and are drawn at random from the upper half.
 *
 * Beside the heartbeat it is asked, once a second, what tracking cannot tell: whether this connection is
 * still tracked, and whether somebody used SWAPDB, which invalidates nothing.
 *
 * A replica is an upstream like any other when it is one from the start: whoever configured it wants to
 * read. Once a master has answered, a replica is what the master has become, or what stands in its place by
 * mistake: the link is given up, and made anew when a master answers at the address.
 *
 * Threads: the loop it was made for. Time: monotonic.
 */
#ifndef SERVER_UPSTREAM_LINK_LANE_H
#define SERVER_UPSTREAM_LINK_LANE_H

#include <uv.h>

#include "server/upstream/channel/upstream.h"

struct settings;
struct upstream_url;

struct lane_options {
    uv_loop_t *uv;
    const struct upstream_url *url; /* borrowed, outlives it */
    struct settings *settings;      /* borrowed */
    const char *own_run_id;         /* of this server: borrowed; NULL: none */
};

struct upstream *lane_create(const struct lane_options *options);

#endif
