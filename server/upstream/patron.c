#include "server/upstream/patron.h"

#include "proto/base/alloc.h"
#include "server/loop.h"
#include "server/net/connection.h"
#include "server/upstream/dedicated.h"
#include "server/upstream/repeats.h"
#include "server/upstream/tier.h"

/* Replies that have come for one client are handed over before the end of the turn when they are more. */
#define HAND_OVER_BYTES (256u << 10)

struct patron *patron_of(struct connection *connection)
{
    if (connection->patron != NULL) return connection->patron;
    struct patron *patron = ALLOC_NEW(struct patron);
    patron->connection = connection;
    connection->patron = patron;
    return patron;
}

bool patron_is_waiting(const struct patron *patron)
{
    return patron != NULL && patron->dedicated != NULL && dedicated_is_waiting(patron->dedicated);
}

bool patron_is_subscribed(const struct patron *patron)
{
    return patron != NULL && patron->dedicated != NULL && dedicated_is_subscribed(patron->dedicated);
}

void patron_mark(struct patron *patron)
{
    if (patron->dirty || patron->connection == NULL) return;
    struct tier_loop *loop = tier_of(patron->connection->loop);
    patron->dirty = true;
    patron->next_dirty = loop->dirty;
    loop->dirty = patron;
}

void patron_append(struct patron *patron, const char *bytes, size_t len)
{
    if (patron->connection == NULL) return;
    buffer_append(&patron->replies, bytes, len);
    patron_mark(patron);
    if (patron->replies.len < HAND_OVER_BYTES) return;
    struct buffer replies = patron->replies;
    patron->replies = (struct buffer){ 0 };
    connection_send(patron->connection, buffer_slice(&replies));
    buffer_clear(&replies);
}

static void free_patron(struct patron *patron)
{
    buffer_clear(&patron->replies);
    alloc_free(patron);
}

static void look_again(struct patron *patron)
{
    if (patron->connection != NULL)
        patron_mark(patron);
    else if (patron->outstanding == 0 && patron->parcels == 0)
        free_patron(patron);
}

void patron_settle(struct patron *patron)
{
    patron->outstanding--;
    if (patron->outstanding == 0) patron->way = WAY_NONE;
    look_again(patron);
}

void patron_settle_parcel(struct patron *patron)
{
    patron->parcels--;
    look_again(patron);
}

static void remove_from(struct patron **list, const struct patron *patron, bool dirty)
{
    for (struct patron **at = list; *at != NULL; at = dirty ? &(*at)->next_dirty : &(*at)->next_held) {
        if (*at != patron) continue;
        *at = dirty ? patron->next_dirty : patron->next_held;
        return;
    }
}

void patron_leave(struct patron *patron)
{
    struct tier_loop *loop = tier_of(patron->connection->loop);
    if (patron->dirty) remove_from(&loop->dirty, patron, true);
    if (patron->held) remove_from(&loop->held, patron, false);
    patron->connection->patron = NULL;
    patron->connection = NULL;
    patron->outstanding++; /* so that it outlives what comes of leaving */
    repeats_drop(patron);
    dedicated_leave(patron);
    patron_settle(patron);
}

void patron_hold(struct patron *patron)
{
    struct tier_loop *loop = tier_of(patron->connection->loop);
    connection_wait(patron->connection, WAIT_UPSTREAM);
    if (patron->held) return;
    patron->held = true;
    patron->next_held = loop->held;
    loop->held = patron;
    atomic_store(&loop->anyone_held, true);
}
