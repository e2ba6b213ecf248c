/*
 * channel_state.h - what a channel is, for the files that make it: channel.c, channel_words.c,
 * channel_pulse.c.
 *
 * Threads: as in channel.h.
 */
#ifndef SERVER_UPSTREAM_CHANNEL_CHANNEL_STATE_H
#define SERVER_UPSTREAM_CHANNEL_CHANNEL_STATE_H

#include "proto/base/buffer.h"
#include "proto/reply_reader.h"
#include "server/net/wire.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/channel/dial.h"
#include "server/upstream/channel/greeting.h"
#include "server/upstream/channel/raw_ping.h"

enum channel_stage { STAGE_DIALLING, STAGE_GREETING, STAGE_READY, STAGE_CLOSING };

/* Requests in the order in which they came. */
struct queue {
    struct upstream_request *oldest;
    struct upstream_request *newest;
};

struct channel {
    struct wire wire;
    struct dial dial;
    uv_timer_t timer;
    unsigned open; /* of these three, what libuv still has */
    struct channel_options options;
    enum channel_stage stage;
    bool disowned; /* closed by its owner, who may be gone */
    struct greeting greeting;
    bool raw;
    int db;
    uint64_t known_dbs; /* bits of those below KNOWN_DBS that could be selected */
    bool selecting;     /* a SELECT is on its way that may be refused: what follows is held */
    bool astray;        /* one was refused unexpectedly: what followed it must not have run */
    struct queue sent;  /* or to be sent, in this order */
    struct queue held;  /* behind `selecting` */
    size_t outstanding; /* of both, without own words */
    struct buffer out;  /* written this turn, before it was ready, or while the wire has some to send still */
    uint64_t accepted;  /* bytes ever put into `out` */
    uint64_t handed;    /* of them, given to the wire */
    struct buffer in;
    struct reply_reader reader;
    int64_t heard_ms;   /* when anything last came, or it was opened */
    int64_t replied_ms; /* when some of a reply last came, pushes apart */
    int64_t asked_ms;   /* when it was last asked who it is */
    bool asking;        /* and has not answered */
    bool suspected;     /* silent for too long, unless something waits to be read */
    struct raw_ping ping;
};

static inline void queue_push(struct queue *queue, struct upstream_request *request)
{
    request->next = NULL;
    if (queue->newest != NULL)
        queue->newest->next = request;
    else
        queue->oldest = request;
    queue->newest = request;
}

static inline struct upstream_request *queue_take(struct queue *queue)
{
    struct upstream_request *request = queue->oldest;
    queue->oldest = request->next;
    if (queue->oldest == NULL) queue->newest = NULL;
    return request;
}

static inline int64_t channel_now_ms(const struct channel *channel)
{
    return (int64_t)uv_now(channel->options.uv);
}

/* channel.c: the end of it; a request's own end; bytes to go out, without and with a reply to come; what the
 * guard has against the server that was found, or NULL. */
void channel_lose(struct channel *channel, const char *why);
void channel_tell(struct channel *channel, struct upstream_request *request, enum upstream_outcome outcome,
                  struct slice reply);
void channel_put(struct channel *channel, struct slice bytes);
void channel_enqueue(struct channel *channel, struct upstream_request *request);
const char *channel_refusal(struct channel *channel);

/* channel_words.c: what it says itself. Not counted as outstanding; `hear` is called with a reply only. */
struct own_request {
    struct upstream_request request;
    struct channel *channel;
    struct buffer bytes;
    void (*hear)(struct channel *channel, const struct own_request *own, struct slice reply);
    int db; /* of a SELECT, and the one before it */
    int former_db;
    bool waited_for; /* it may be refused, and nothing was sent behind it */
};
struct own_request *channel_say(struct channel *channel, const struct slice *words, size_t count,
                                void (*hear)(struct channel *channel, const struct own_request *own,
                                             struct slice reply));
bool channel_is_own(const struct upstream_request *request);
/* Its bit in known_dbs, or 0. */
uint64_t channel_db_bit(int db);

/* channel_pulse.c */
void channel_beat_later(struct channel *channel, int64_t ms);

#endif
