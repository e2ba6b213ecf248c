#include "server/core/stop.h"

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/mailbox.h"
#include "server/core/server.h"
#include "server/observe/log.h"

static void stop_loop(struct loop *loop, struct letter *letter)
{
    alloc_free(letter);
    loop->server->stop.stopping(loop);
    loop_stop(loop);
}

void stop_ask(struct server *server, int exit_code)
{
    if (atomic_exchange(&server->stop.asked, true)) return;
    log_write(LOG_LEVEL_WARNING, "User requested shutdown...");
    server->stop.exit_code = exit_code;
    for (unsigned i = 0; i < server->loop_count; i++) {
        struct letter *letter = ALLOC_NEW(struct letter);
        letter->open = stop_loop;
        mailbox_post(&server->loops[i].mailbox, letter);
    }
}

int stop_exit_code(const struct server *server)
{
    return server->stop.exit_code;
}
