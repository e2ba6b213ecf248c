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
    if (patron->held != NULL && !connection->session.closing) return;
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

static void resume_all(struct patron_line *line)
{
    atomic_store(&line->any, false);
    while (line->first != NULL) {
        struct patron *patron = line->first;
        line->first = patron->next_held;
        patron->held = NULL;
        if (patron->outstanding == 0) connection_resume(patron->connection, WAIT_UPSTREAM);
    }
}

static void open_wake(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    resume_all(&tier_of(loop)->held);
}

static void open_wake_expecting(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    resume_all(&tier_of(loop)->expecting);
}

/* Mostly nobody is held, and then the line is only read. */
static void wake(struct loop *loop, struct patron_line *line, void (*open)(struct loop *, struct letter *))
{
    if (!atomic_load(&line->any) || !atomic_exchange(&line->any, false)) return;
    struct letter *letter = ALLOC_NEW(struct letter);
    letter->open = open;
    mailbox_post(&loop->mailbox, letter);
}

void patrons_wake(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++)
        wake(&tier->server->loops[i], &tier->loops[i].held, open_wake);
}

void patrons_wake_expecting(struct tier *tier)
{
    for (unsigned i = 0; i < tier->server->loop_count; i++)
        wake(&tier->server->loops[i], &tier->loops[i].expecting, open_wake_expecting);
}
