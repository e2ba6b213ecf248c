/*
 * upstream.h - whoever holds the truth: an ordered stream of requests and replies, and news about keys.
 *
 * The tier sees an upstream only through these functions. The real one is a connection to a Redis (lane.h);
 * tests bring a scripted one. What the tier relies on, and every implementation must keep:
 *
 *   - requests are executed in the order of send(), and done() is called in that order;
 *   - an invalidation that the upstream sent before a reply is told before that reply's done(), one that it
 *     sent after it, after;
 *   - done() is called exactly once for every request, also when the link is lost;
 *   - ending() comes before the first of the outstanding requests is told that the link was lost: whoever
 * learns of a loss finds that nothing is answered from local copies any more;
 *   - up() comes before the first request is accepted, down() after the last outstanding one was told so.
 *
 * Threads: all of it on the loop that owns the upstream, loop 0. Ownership: a request belongs to the upstream
 * from send() to done().
 */
#ifndef SERVER_UPSTREAM_CHANNEL_UPSTREAM_H
#define SERVER_UPSTREAM_CHANNEL_UPSTREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/base/slice.h"

struct buffer;
struct identity;

enum upstream_outcome {
    UPSTREAM_REPLIED, /* `reply` is one whole reply; also the error by which the upstream lets nobody in */
    UPSTREAM_UNSENT,  /* the upstream has not seen a byte of it */
    UPSTREAM_UNKNOWN, /* the link was lost after it was sent: it may or may not have been executed */
};

#define UPSTREAM_ANY_DB (-1)

struct upstream_request {
    struct upstream_request *next; /* the upstream's, while the request is its own */
    struct slice bytes;            /* the command; must live until done() */
    int db;                        /* the upstream's database, or UPSTREAM_ANY_DB */
    uint64_t ends_at;              /* the upstream's: its place in the stream */
    int64_t sent_ms;               /* set by send(), monotonic */
    struct buffer *memory;         /* the upstream's: what a long reply stands in, with nothing else */
    /* `reply` is good for the time of the call; so is `memory`, unless it is NULL: whoever wants to keep the
     * reply takes what is in it, and leaves it empty. */
    void (*done)(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply);
};

/* What is learned of changes that others make, best first. */
enum upstream_tracking {
    UPSTREAM_TRACKS_ALL,  /* of every key with one of the prefixes: own writes may be kept as well */
    UPSTREAM_TRACKS_READ, /* of keys that were read: own writes end that */
    UPSTREAM_TRACKS_NONE, /* nothing: copies live for a fixed time */
};

struct upstream_events {
    /* A server has said who it is: there is no link yet, and there may be none. May be NULL. */
    void (*greeted)(void *context);
    void (*up)(void *context, enum upstream_tracking tracking);
    void (*ending)(void *context);
    void (*down)(void *context, const char *why);
    /* An attempt to connect has failed while there was no link. */
    void (*failed)(void *context, const char *why);
    void (*invalidated)(void *context, struct slice key); /* in whichever database */
    void (*invalidated_all)(void *context);
    /* There is a link, but a script runs on it, or no longer, and all else is refused. */
    void (*busy)(void *context, bool busy);
    /* There will never be a link: it leads to this server itself. */
    void (*hopeless)(void *context, const char *why);
    /* Until `until_ms` (monotonic, as uv_now()) what is known may be served: the upstream gave a sign of life
     * in time. */
    void (*alive)(void *context, int64_t until_ms);
    void *context;
};

/* What another connection to it has seen. */
enum upstream_doubt {
    DOUBT_ROLE,   /* an error that only a replica gives */
    DOUBT_SERVER, /* it reached another server: the address has moved */
};

struct upstream {
    void (*start)(struct upstream *upstream, const struct upstream_events *events);
    void (*send)(struct upstream *upstream, struct upstream_request *request);
    /* Give to the kernel what was sent this turn. */
    void (*flush)(struct upstream *upstream);
    int (*protocol)(const struct upstream *upstream); /* that its replies are in */
    /* For how long it has owed a reply of which nothing has come; 0: it owes none. */
    int64_t (*silent_ms)(const struct upstream *upstream);
    const char *(*version)(const struct upstream *upstream); /* of the server, "" while unknown */
    const struct identity *(*identity)(const struct upstream *upstream);
    /* Make sure, or make the link anew. */
    void (*doubt)(struct upstream *upstream, enum upstream_doubt doubt);
    unsigned (*databases)(const struct upstream *upstream); /* that may be selected, of those we have */
    /* Its error for any other; "" where it has all. */
    const char *(*no_database)(const struct upstream *upstream);
    /* Lose the link now; no event follows. Memory is freed when the loop has closed its handles. */
    void (*stop)(struct upstream **upstream);
};

#endif
