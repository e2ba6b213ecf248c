/*
 * patron.h - a client of a server with an upstream, and what it is owed.
 *
 * Commands of one client must be answered in their order. While replies of it are on their way from the
 * upstream, a further command may join them on the same way and nothing else may run: it is held, unread,
 * until all have come. What has come is collected and given to the connection once per turn.
 *
 * How much comes back for a command is known when it has come, so a client that sends many at once is held as
 * soon as what is under way for it would, by what its latest replies were like, come to more than it may
 * leave unread. Two may be under way while nothing is known of its replies, and up to twice as many with each
 * that was short; a long one takes that back. All of it is on the client's account.
 *
 * A patron outlives its connection until nothing is on its way for it any more.
 *
 * Threads: the connection's loop. Ownership: made on a client's first command that goes upstream; frees
 * itself.
 */
#ifndef SERVER_UPSTREAM_CLIENTS_PATRON_H
#define SERVER_UPSTREAM_CLIENTS_PATRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/base/buffer.h"
#include "server/upstream/clients/transaction.h"

struct connection;
struct dedicated;
struct errand;
struct exec;
struct patron_line;
struct side;

enum patron_way { WAY_NONE, WAY_LANE, WAY_SIDE };

struct patron {
    struct connection *connection; /* NULL: gone */
    struct patron *next_dirty;
    struct patron *next_held;
    struct patron_line *held;    /* of its loop, that it stands in; NULL: none */
    struct dedicated *dedicated; /* its own connection to the upstream, while it has one */
    struct transaction transaction;
    struct exec *execution; /* of EXEC, while answers of this server are added to its reply */
    uint64_t departures;    /* of others, those it waits for; 0: none. This and the next two: departure.h */
    uint64_t look;          /* at the clients of other loops; 0: none */
    uint64_t let_go;        /* the turn in which it has waited enough, and one */
    enum patron_way way;    /* of what is outstanding */
    struct side *side;      /* of what it has under way on one */
    size_t on_side;         /* how many; 0: `side` means nothing */
    size_t outstanding;
    size_t behind;  /* replies and frames that have come and wait for a barrier */
    size_t parcels; /* frames that have come for it and wait for a barrier */
    size_t asks;    /* of a subscriber, about its subscriptions: not answered */
    bool dirty;
    struct buffer replies;
    struct buffer read_in_transaction; /* keys: followers.h */
    size_t behind_bytes;               /* of what is `behind` */
    size_t reply_bytes;  /* what one reply of it takes, going by the latest; no less than the most of late */
    size_t window;       /* how many may be under way, going by how many were short */
    bool deep;           /* it waits until less is under way */
    struct errand *lost; /* came home without a reply, or behind such a one: repeats.h */
    struct errand *lost_newest;
    size_t lost_count;
    int64_t lost_ms; /* monotonic, since when they wait for a link */
    struct patron *next_lost;
};

struct patron *patron_of(struct connection *connection);

/* Has it anything to come, from upstream or from the end of this turn? */
static inline bool patron_is_owed(const struct patron *patron)
{
    return patron != NULL &&
           (patron->outstanding > 0 || patron->parcels > 0 || patron->asks > 0 || patron->replies.len > 0);
}

/* May its next command be answered from here? */
static inline bool patron_is_free(const struct patron *patron)
{
    return patron == NULL ||
           (patron->dedicated == NULL && !transaction_is_on(&patron->transaction) && !patron_is_owed(patron));
}

/* Does what its commands mean depend on those before? */
static inline bool patron_is_engaged(const struct patron *patron)
{
    return patron != NULL && (patron->dedicated != NULL || transaction_is_on(&patron->transaction));
}

/* Would its upstream connection wait without end if it went unnoticed: blocked, or subscribed? */
bool patron_is_waiting(const struct patron *patron);

/* Does it have subscriptions? */
bool patron_is_subscribed(const struct patron *patron);

/* Is so much under way for it that its next command must wait? Then it does, until less is. */
bool patron_holds_back(struct patron *patron);
/* It was, and is not any more: let it go on. */
bool patron_may_go_on(struct patron *patron);
/* Give its connection what has come. May close it, and free the patron. */
void patron_hand_over(struct patron *patron);
/* So many bytes more, or fewer, have come for it and wait for a barrier. */
void patron_keep_behind(struct patron *patron, size_t bytes);
void patron_let_behind_go(struct patron *patron, size_t bytes);
/* A command of so many bytes is on its way for it; it has come back with a reply of so many. */
void patron_send(struct patron *patron, size_t bytes);
void patron_received(struct patron *patron, size_t bytes, size_t reply_bytes);

/* Reply bytes for it; nothing for one that is gone. */
void patron_append(struct patron *patron, const char *bytes, size_t len);
/* The same for a long one, with its memory, which it takes. */
void patron_take(struct patron *patron, struct buffer *reply);
/* One reply less to come; may free it. */
void patron_settle(struct patron *patron);
void patron_settle_parcel(struct patron *patron);
/* It has something to be looked at at the end of the turn. */
void patron_mark(struct patron *patron);
/* Its connection closes. It outlives what is seen to then, until patron_settle(). */
void patron_leave(struct patron *patron);
/* Hold its next command until the link is up or there is room. */
void patron_hold(struct patron *patron);
/* Hold it until a copy that is on its way has come, or will not. Whether it still is must be asked again
 * after this. */
void patron_expect(struct patron *patron);

#endif
