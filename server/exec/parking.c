#include "server/exec/parking.h"

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "storage/keyspace/hold.h"

void parking_note(struct loop *loop)
{
    hold_wait(loop->server->keyspace, loop->index);
}

static void ask_again(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    loop->unparking = true;
    if (!sessions_resume(loop->sessions, WAIT_PARKED)) parking_asked(loop); /* they have left */
}

void parking_wake(struct server *server, uint64_t loops)
{
    for (; loops != 0; loops &= loops - 1) {
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = ask_again;
        mailbox_post(&server->loops[__builtin_ctzll(loops)].mailbox, letter);
    }
}

void parking_asked(struct loop *loop)
{
    loop->unparking = false;
    parking_wake(loop->server, hold_asked(loop->server->keyspace, loop->index));
}
