/*
 * trackers.h - the clients that have ever said CLIENT TRACKING ON, how each wants to be told, and where.
 *
 * A client that tracks has a number, for as long as it is connected: what a table of tracked keys remembers
 * of it. A number that outlives its client in such a table leads nowhere, and is given to another client only
 * after some hundred thousand others; that one is then told of a key that it has not read, which does no
 * harm.
 *
 * Threads: any, under the lock, which is a leaf: read by all at once, written by one. A tracker's own fields
 * may also be read without it by the loop of its session, which is the only one that writes them, but for
 * TRACKER_BROKEN. With one loop nothing is locked.
 */
#ifndef SERVER_EVENTS_TRACKING_TRACKERS_H
#define SERVER_EVENTS_TRACKING_TRACKERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/slice.h"
#include "server/events/tracking/wanted.h"

enum tracker_mode {
    TRACKER_ON = 1 << 0,
    TRACKER_BCAST = 1 << 1,  /* is told of all keys with its prefixes, read or not */
    TRACKER_OPTIN = 1 << 2,  /* remembers reads only behind CLIENT CACHING YES */
    TRACKER_OPTOUT = 1 << 3, /* all but behind CLIENT CACHING NO */
    TRACKER_NOLOOP = 1 << 4, /* is not told of what it does itself */
    TRACKER_BROKEN = 1 << 5, /* the client that is to be told in its stead has gone */
};

struct command_info;

struct tracker {
    uint32_t number;
    unsigned loop;    /* index of the session's */
    uint64_t session; /* its id */
    _Atomic unsigned modes;
    uint64_t redirect;      /* the session that is told instead; 0: none */
    unsigned redirect_loop; /* of that */
    bool redirect_gone;     /* it has left */
    struct slice *prefixes; /* its own copies, in rising order */
    size_t prefix_count;
    /* Of the session's loop alone. CLIENT CACHING was said, of the next command that is no CLIENT command. */
    bool caching;
    const struct command_info *client_command;
    uint64_t *tags; /* TRACKER_TAG_BITS, one for each tag of what it has read: tracking_tags.c; NULL: none */
};

#define TRACKER_TAG_BITS 8192

struct trackers;

struct trackers *trackers_create(bool locking);
/* All have left. */
void trackers_destroy(struct trackers **trackers);

/* A session says CLIENT TRACKING for the first time. The tracker stays where it is until it leaves. */
struct tracker *trackers_enter(struct trackers *trackers, uint64_t session, unsigned loop);
/* The session ends. */
void trackers_leave(struct trackers *trackers, struct tracker **tracker);

struct tracker_wish {
    unsigned modes; /* TRACKER_BCAST, OPTIN, OPTOUT, NOLOOP: they replace those that were */
    uint64_t redirect;
    unsigned redirect_loop;
    const struct slice *prefixes; /* added to those that it has; in rising order, each once; copied */
    size_t prefix_count;
};
void trackers_turn_on(struct trackers *trackers, struct tracker *tracker, const struct tracker_wish *wish);
void trackers_turn_off(struct trackers *trackers, struct tracker *tracker);

/* A session ends, any: whoever redirects to it cannot be told any more. */
void trackers_part_with(struct trackers *trackers, uint64_t session);

/* Who tracks at present, and the prefixes of all. One load each. */
size_t trackers_on(const struct trackers *trackers);
size_t trackers_prefixes(const struct trackers *trackers);
/* Is anybody to be told of this key whether it was read or not? */
bool trackers_want(struct trackers *trackers, struct slice key);

/* Between these two the rest may be looked at. */
void trackers_lock_to_read(struct trackers *trackers);
void trackers_unlock(struct trackers *trackers);
/* NULL: it has left. */
struct tracker *trackers_find(const struct trackers *trackers, uint32_t number);
/* The next, the first behind NULL; NULL: no more. */
struct tracker *trackers_next(const struct trackers *trackers, const struct tracker *tracker);
const struct wanted *trackers_wanted(const struct trackers *trackers);

void trackers_check(struct trackers *trackers);

#endif
