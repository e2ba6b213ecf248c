/*
 * stream_id.h - what an entry of a stream is called, and the order that entries are in.
 *
 * Threads: plain functions.
 */
#ifndef STORAGE_TYPES_STREAMS_STREAM_ID_H
#define STORAGE_TYPES_STREAMS_STREAM_ID_H

#include <stdbool.h>
#include <stdint.h>

struct stream_id {
    uint64_t ms, seq;
};

#define STREAM_ID_MIN ((struct stream_id){ 0, 0 })
#define STREAM_ID_MAX ((struct stream_id){ UINT64_MAX, UINT64_MAX })

/* Below 0, 0 or above, as `a` is before, at or behind `b`. */
static inline int stream_id_compare(struct stream_id a, struct stream_id b)
{
    if (a.ms != b.ms) return a.ms < b.ms ? -1 : 1;
    return a.seq == b.seq ? 0 : a.seq < b.seq ? -1 : 1;
}

/* The one behind or before it. False, and `*id` as it was: there is none. */
static inline bool stream_id_next(struct stream_id *id)
{
    if (stream_id_compare(*id, STREAM_ID_MAX) == 0) return false;
    if (++id->seq == 0) id->ms++;
    return true;
}

static inline bool stream_id_back(struct stream_id *id)
{
    if (stream_id_compare(*id, STREAM_ID_MIN) == 0) return false;
    if (id->seq-- == 0) id->ms--;
    return true;
}

#endif
