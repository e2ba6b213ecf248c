#include "server/upstream/clients/patrons.h"

#include "proto/base/alloc.h"
#include "server/net/connection.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/tier_state.h"

static void deliver(struct patron *patron)
{
    struct connection *connection = patron->connection;
    if (patron->replies.len > 0) patron_hand_over(patron);
    patron = connection->session.patron;
    if (patron != NULL && patron_may_go_on(patron)) connection_resume(connection, WAIT_UPSTREAM);
    if (patron == NULL || patron->outstanding > 0 || patron->replies.len > 0) return;
    if (connection->session.waits & WAIT_CLOSED) return;
    /* A client that is to be closed waits for no link: what is held of it is not going to run. */
    if (patron->held && !connection->session.closing) return;
    if (connection->session.waits & WAIT_UPSTREAM) connection_resume(connection, WAIT_UPSTREAM);
    connection_after_owed(connection);
}

void patrons_deliver(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->dirty != NULL) {
        struct patron *patron = own->dirty;
        own->dirty = patron->next_dirty;
        patron->dirty = false;
        deliver(patron);
    }
}

static void resume_held(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    atomic_store(&own->anyone_held, false);
    while (own->held != NULL) {
        struct patron *patron = own->held;
        own->held = patron->next_held;
        patron->held = false;
        if (patron->outstanding == 0) connection_resume(patron->connection, WAIT_UPSTREAM);
    }
}

static void open_wake(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    resume_held(loop);
}

void patrons_wake(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++) {
        _Atomic bool *held = &tier->loops[i].anyone_held;
        /* Mostly nobody is held, and then the line is only read. */
        if (!atomic_load(held) || !atomic_exchange(held, false)) continue;
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = open_wake;
        mailbox_post(&tier->server->loops[i].mailbox, letter);
    }
}
