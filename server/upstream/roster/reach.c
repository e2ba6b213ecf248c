#include "server/upstream/roster/reach.h"

#include <stddef.h>

#include "proto/base/holder.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/upstream/copies/forget.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_state.h"
#include "storage/keyspace/keyspace.h"

static struct reach keys_from(int first, int last, int step)
{
    return (struct reach){ .kind = REACH_KEYS, .first = first, .last = last, .step = step };
}

static const struct reach all = { .kind = REACH_ALL };

/* As our own row has it, of a read whose keys stand side by side. */
static struct reach of_known(const struct errand *errand)
{
    struct key_walk walk = key_walk(errand->command->row, errand->argv, errand->argc);
    struct reach reach = { .kind = REACH_KEYS, .step = 1 };
    while (key_next(&walk)) {
        if (reach.first == 0) reach.first = walk.arg;
        if (walk.arg != reach.first && walk.arg != reach.last + 1) return all;
        reach.last = walk.arg;
    }
    return reach.first == 0 || walk.broken || walk.derived ? all : reach;
}

/* Commands that change nothing and whose keys are in no fixed place. */
static struct reach of_mover(const struct errand *errand)
{
    return errand->command != NULL ? of_known(errand) : all;
}

static struct reach of_row(const struct errand *errand, const struct roster_row *row)
{
    if (row->moves_keys) return row->reads ? of_mover(errand) : all;
    if (row->first_key < 1) return row->writes ? all : (struct reach){ .kind = REACH_NONE };
    int last = row->last_key < 0 ? errand->argc + row->last_key : row->last_key;
    bool there = row->first_key < errand->argc && last < errand->argc;
    return there ? keys_from(row->first_key, last, row->step) : all;
}

struct reach reach_of(const struct errand *errand)
{
    const struct roster *roster = rosters_latest(&errand->home->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
    struct reach reach = row == NULL || errand->kind == KIND_EXEC ? all : of_row(errand, row);
    reach.writes = reach.kind != REACH_NONE && !errand_is_read(errand);
    return reach;
}

void reach_forget_now(const struct errand *errand)
{
    struct tier *tier = errand->home->server->tier;
    struct reach reach = reach_of(errand);
    if (reach.kind == REACH_ALL) forget_and_tell_all(tier);
    for (int i = reach.first; reach.kind == REACH_KEYS && i <= reach.last; i += reach.step)
        forget_key(tier, keyspace_key(tier->server->keyspace, errand->argv[i]));
}

static void open_forget(struct loop *loop, struct letter *letter)
{
    (void)loop;
    reach_forget_now(HOLDER_OF(letter, struct errand, letter));
}

void reach_forget(struct errand *errand)
{
    struct tier *tier = errand->home->server->tier;
    if (errand->home->index == 0) {
        reach_forget_now(errand);
        return;
    }
    errand->letter.open = open_forget;
    mailbox_post(&tier->server->loops[0].mailbox, &errand->letter);
}
