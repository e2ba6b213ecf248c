#include "server/upstream/errands/publicity.h"

#include <stdatomic.h>

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/aftermath.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/lateness.h"
#include "server/exec/session/census.h"
#include "server/exec/session/monitors.h"
#include "server/net/connection.h"
#include "server/observe/secrets.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_state.h"

static const struct roster_row *row_of(const struct server *server, const struct slice *words, int argc)
{
    return roster_find_call(rosters_latest(&server->tier->rosters), words, argc);
}

static bool may_be_told(const struct call *call, const struct slice *words,
                        const struct command_info *command)
{
    const struct roster_row *row = row_of(call->server, words, call->argc);
    if (row != NULL) return !row->unmonitored;
    bool unknown = rosters_latest(&call->server->tier->rosters) != NULL;
    return command != NULL || !unknown;
}

/* Subcommands that are passed on are the upstream's to name. */
static void note_last(const struct call *call, const struct slice *words, const struct command_info *command)
{
    struct session *session = call->session;
    session->commands++;
    session->last_command = command;
    if (command != NULL && command->subcommand_count == 0) return;
    const struct roster_row *row = row_of(call->server, words, call->argc);
    session->last_passed = row != NULL ? row->name : NULL;
    if (row != NULL) session->last_command = NULL;
}

void publicity_sent(struct call *call, const struct slice *words, const struct command_info *command)
{
    note_last(call, words, command);
    if (census_get(&call->server->census->monitors) == 0) return;
    if (!may_be_told(call, words, command)) return;
    struct public_words said = { .argv = call->argv,
                                 .argc = call->argc,
                                 .secrets = secrets_of(words[0], words, call->argc) };
    monitors_feed(call->session, call->session->db, &said);
    aftermath_run(call->loop);
}

void publicity_took(const struct errand *errand, uint64_t ns)
{
    const struct server *server = errand->home->server;
    if (!lateness_is_of_interest(server->settings, ns)) return;
    if (errand->kind == KIND_BLOCK || errand->kind == KIND_KILL) return;
    if (errand->patron->connection == NULL) return;
    const struct roster_row *row =
        roster_find_call(rosters_latest(&server->tier->rosters), errand->argv, errand->argc);
    bool unlogged = row != NULL && row->unlogged, fast = row != NULL && row->fast;
    if (errand->command != NULL) {
        unlogged = errand->command->row->flags & CMD_SKIP_SLOWLOG;
        fast = errand->command->row->flags & CMD_FAST;
    }
    struct public_words words = { .argv = errand->argv,
                                  .argc = errand->argc,
                                  .secrets = secrets_of(errand->argv[0], errand->argv, errand->argc) };
    lateness_report(&(struct late_command){ .session = &errand->patron->connection->session,
                                            .words = &words,
                                            .ns = ns,
                                            .is_logged = !unlogged,
                                            .event = lateness_event(fast) });
}
