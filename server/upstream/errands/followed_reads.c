#include "server/upstream/errands/followed_reads.h"

#include <string.h>

#include "server/events/tracking/trackers.h"
#include "server/events/tracking/tracking.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/memory/client_account.h"
#include "server/net/connection.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/roster/reach.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_state.h"
#include "storage/keyspace/keyspace.h"

typedef void key_visit(void *context, struct session *session, struct key key);

static void visit_known(const struct errand *errand, struct session *session, key_visit *visit, void *context)
{
    uint32_t flags = errand->command->flags;
    if (!(flags & CMD_READONLY) || flags & CMD_PUBSUB) return;
    struct key_walk walk = key_walk(errand->command->row, errand->argv, errand->argc);
    while (key_next(&walk))
        visit(context, session, keyspace_key(errand->home->server->keyspace, errand->argv[walk.arg]));
}

/* One that only the upstream knows. */
static void visit_foreign(const struct errand *errand, struct session *session, key_visit *visit,
                          void *context)
{
    const struct roster *roster = rosters_latest(&errand->home->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, errand->argv, errand->argc);
    struct reach reach = reach_of(errand);
    if (row == NULL || !row->reads || reach.kind != REACH_KEYS) return;
    for (int i = reach.first; i <= reach.last; i += reach.step)
        visit(context, session, keyspace_key(errand->home->server->keyspace, errand->argv[i]));
}

static void each_read_key(const struct errand *errand, struct session *session, key_visit *visit,
                          void *context)
{
    if (errand->command != NULL)
        visit_known(errand, session, visit, context);
    else
        visit_foreign(errand, session, visit, context);
}

static void begin_key(void *context, struct session *session, struct key key)
{
    *(bool *)context = true;
    tracking_begin_read(session, key);
}

void followed_reads_begin(struct errand *errand, struct session *session)
{
    if (tracking_wants_reads(session)) each_read_key(errand, session, begin_key, &errand->followed);
}

static void end_key(void *told, struct session *session, struct key key)
{
    tracking_end_read(session, key, told);
}

/* What is queued is read when EXEC is, and looked at behind its reply. Until then the names of the keys are
 * kept, each behind its length. */
static void keep_key(void *context, struct session *session, struct key key)
{
    struct patron *patron = context;
    size_t before = patron->read_in_transaction.len;
    buffer_append(&patron->read_in_transaction, &key.name.len, sizeof key.name.len);
    buffer_append(&patron->read_in_transaction, key.name.data, key.name.len);
    client_account_add(session->account, ACCOUNT_REQUESTS, patron->read_in_transaction.len - before);
}

static void end_kept(struct patron *patron, struct session *session, struct buffer *told)
{
    struct slice left = buffer_slice(&patron->read_in_transaction);
    while (left.len > 0) {
        size_t len;
        memcpy(&len, left.data, sizeof len);
        struct slice name = slice_of(left.data + sizeof len, len);
        tracking_end_read(session, keyspace_key(session->loop->server->keyspace, name), told);
        left = slice_of(name.data + len, left.len - sizeof len - len);
    }
    client_account_take(session->account, ACCOUNT_REQUESTS, patron->read_in_transaction.len);
    buffer_clear(&patron->read_in_transaction);
}

static bool ends_transaction(const struct errand *errand)
{
    return errand->kind == KIND_EXEC || errand->kind == KIND_DISCARD || errand->kind == KIND_MULTI;
}

void followed_reads_end(struct errand *errand, struct slice reply)
{
    struct patron *patron = errand->patron;
    struct session *session = &patron->connection->session;
    struct buffer told = { 0 };
    if (errand->followed && slice_equal(reply, SLICE("+QUEUED\r\n")))
        each_read_key(errand, session, keep_key, patron);
    else if (errand->followed)
        each_read_key(errand, session, end_key, &told);
    if (patron->read_in_transaction.len > 0 && ends_transaction(errand)) end_kept(patron, session, &told);
    if (errand->kind == KIND_EXEC || errand->kind == KIND_DISCARD) session->tracker->caching = false;
    if (told.len > 0) patron_append(patron, told.data, told.len);
    buffer_clear(&told);
}
