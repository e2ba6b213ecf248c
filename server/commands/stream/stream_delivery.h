/*
 * stream_delivery.h - entries of a stream as XREAD and XREADGROUP reply them, to somebody or for a group.
 *
 * Threads: as handlers.
 */
#ifndef SERVER_COMMANDS_STREAM_STREAM_DELIVERY_H
#define SERVER_COMMANDS_STREAM_STREAM_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/reply.h"
#include "storage/types/stream.h"

struct call;

/* A stream and what of it is read for whom. */
struct stream_source {
    struct call *call;
    int key; /* argument */
    const struct value *stream;
    size_t count;                     /* entries at most; 0: all */
    struct stream_group *group;       /* NULL: for nobody */
    struct stream_consumer *consumer; /* of it */
    bool no_ack;
};

/* The key, and what is behind `from`. For a group that is delivered, and pending unless `no_ack`. */
void stream_reply_behind(const struct stream_source *source, struct stream_id from);
/* The key, and what the consumer has pending behind `from`, which is delivered once more. */
void stream_reply_history(const struct stream_source *source, struct stream_id from);

/* Several streams of which only those are told that have something. */
struct stream_replies {
    struct reply_mark mark;
    size_t count;
};
/* Before each. */
void stream_replies_add(struct call *call, struct stream_replies *replies);
/* After the last. False: there was none, and nothing was replied. */
bool stream_replies_close(struct call *call, struct stream_replies *replies);
/* There will be one. */
void stream_reply_only(struct call *call);

/* Whether a stream that may be absent has an entry behind `id`. */
bool stream_has_behind(const struct value *stream, struct stream_id id);

#endif
