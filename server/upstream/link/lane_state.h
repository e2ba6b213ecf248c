/*
 * lane_state.h - what the lane is, for the files that make it: lane.c, its life, and lane_opening.c, what is
 * asked before it is up.
 *
 * Threads: as in lane.h.
 */
#ifndef SERVER_UPSTREAM_LINK_LANE_STATE_H
#define SERVER_UPSTREAM_LINK_LANE_STATE_H

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "server/config/upstream_url.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/channel/identity.h"
#include "server/upstream/channel/inquiry.h"
#include "server/upstream/copies/swaps.h"
#include "server/upstream/link/lane.h"

#define LANE_PAUSE_MIN_MS 20

struct tracking_probe;

enum lane_state { LANE_DOWN, LANE_OPENING, LANE_UP };

struct lane {
    struct upstream upstream;
    struct lane_options options;
    struct upstream_events events;
    struct channel *channel; /* NULL: between attempts */
    enum lane_state state;
    int protocol;                    /* spoken */
    enum upstream_tracking tracking; /* of the present attempt */
    struct tracking_probe *probe;
    struct buffer probe_key; /* empty: none is tried */
    bool probe_heard;
    uv_timer_t retry;
    bool stopped;
    bool hopeless; /* the attempt led to ourselves */
    int64_t created_ms;
    bool had_master;     /* a replica will not do any more */
    bool warned_replica; /* of one from the start */
    bool asking_role;
    bool tells_no_role; /* this connection */
    bool busy;
    int64_t pause_ms;
    struct random random;
    int64_t inquired_ms;
    bool beating; /* a sign of life is on its way */
    struct swaps swaps;
    struct identity identity;
    int64_t client_id; /* of this connection, there; -1: it tells none, or nothing is tracked */
    unsigned databases;
    char no_database[128]; /* what it says of one that it has not */
};

#define ASK(lane, answer, ...)                                                                               \
    do {                                                                                                     \
        const struct slice words[] = { __VA_ARGS__ };                                                        \
        inquiry_send((lane)->channel, words, sizeof(words) / sizeof(*words), answer, lane);                  \
    } while (0)

/* The link may be lost by it, and the channel with it. */
void lane_send_off(struct lane *lane);
void lane_give_up(struct lane *lane, const char *why);
/* Signs of life, and what tracking cannot tell. */
void lane_beat(void *context);
void lane_inquire(struct lane *lane);
/* The reply to ROLE. The link may be lost by it. */
void lane_on_role(struct lane *lane, struct slice reply, int64_t asked_ms);

/* The channel is ready: agree on the rest, and come up. */
void lane_open_up(void *context);

#endif
