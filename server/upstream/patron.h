/*
 * patron.h - a client of a server with an upstream, and what it is owed.
 *
 * Commands of one client must be answered in their order. While replies of it are on their way from the
 * upstream, a further command may join them on the same way and nothing else may run: it is held, unread,
 * until all have come. What has come is collected and given to the connection once per turn.
 *
 * A patron outlives its connection until nothing is on its way for it any more.
 *
 * Threads: the connection's loop. Ownership: made on a client's first command that goes upstream; frees
 * itself.
 */
#ifndef SERVER_UPSTREAM_PATRON_H
#define SERVER_UPSTREAM_PATRON_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/base/buffer.h"

struct connection;
struct dedicated;

enum patron_way { WAY_NONE, WAY_LANE, WAY_SIDE };

struct patron {
    struct connection *connection; /* NULL: gone */
    struct patron *next_dirty;
    struct patron *next_held;
    struct dedicated *dedicated; /* its own connection to the upstream, while it has one */
    enum patron_way way;         /* of what is outstanding */
    size_t outstanding;
    size_t behind_barrier; /* of them, replies that have come but must not be released yet */
    bool dirty;
    bool held; /* in the loop's list: waits for the link, or for room */
    struct buffer replies;
};

struct patron *patron_of(struct connection *connection);

static inline bool patron_is_owed(const struct patron *patron)
{
    return patron != NULL && patron->outstanding > 0;
}

/* Reply bytes for it; nothing for one that is gone. */
void patron_append(struct patron *patron, const char *bytes, size_t len);
/* One reply less to come; may free it. */
void patron_settle(struct patron *patron);
/* It has something to be looked at at the end of the turn. */
void patron_mark(struct patron *patron);
/* Its connection closes. */
void patron_leave(struct patron *patron);
/* Hold its next command until the link is up or there is room. */
void patron_hold(struct patron *patron);

#endif
