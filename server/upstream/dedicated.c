#include "server/upstream/dedicated.h"

#include <stddef.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/call.h"
#include "server/commands/table.h"
#include "server/config/settings.h"
#include "server/loop.h"
#include "server/net/connection.h"
#include "server/server.h"
#include "server/upstream/barrier.h"
#include "server/upstream/channel.h"
#include "server/upstream/command_writer.h"
#include "server/upstream/dialect.h"
#include "server/upstream/errand.h"
#include "server/upstream/link/companion.h"
#include "server/upstream/patron.h"
#include "server/upstream/subscriptions.h"
#include "server/upstream/tier_errors.h"

/* Idle connections that a loop keeps. */
#define IDLE_MAX 16

struct dedicated {
    struct channel *channel;
    struct loop *loop;
    struct patron *patron; /* NULL: idle */
    struct dedicated *next;
    struct dedicated *previous;
    int protocol;
    bool in_multi;
    bool watching;
    bool ending; /* EXEC or its like is on its way: what follows is not part of it */
    bool blocked;
    bool subscribed;
    size_t unsent; /* of a subscriber's commands, those that wait for the connection */
    struct subscriptions subscriptions;
    int64_t selected; /* by a SELECT inside MULTI; -1: none */
};

/* --- life ------------------------------------------------------------------------------------------------
 */

static void link_in(struct dedicated *d)
{
    struct tier_loop *own = tier_of(d->loop);
    d->next = own->dedicated;
    if (d->next != NULL) d->next->previous = d;
    own->dedicated = d;
}

/* INFO's blocked_clients. */
static void set_blocked(struct dedicated *d, bool blocked)
{
    if (blocked && !d->blocked) atomic_fetch_add(&d->loop->server->blocked_clients, 1);
    if (!blocked && d->blocked) atomic_fetch_sub(&d->loop->server->blocked_clients, 1);
    d->blocked = blocked;
}

/* Nobody uses it any more. */
static void part(struct dedicated *d)
{
    set_blocked(d, false);
    d->patron->dedicated = NULL;
    d->patron = NULL;
    atomic_fetch_sub(&d->loop->server->tier->dedicated_count, 1);
}

static void forget(struct dedicated *d)
{
    struct tier_loop *own = tier_of(d->loop);
    if (d->previous != NULL)
        d->previous->next = d->next;
    else
        own->dedicated = d->next;
    if (d->next != NULL) d->next->previous = d->previous;
    if (d->patron == NULL)
        own->idle--;
    else
        part(d);
    alloc_free(d);
}

/* The client cannot be told otherwise. What it was told before is still delivered. */
static void end_client(struct patron *patron)
{
    struct connection *connection = patron->connection;
    if (connection == NULL) return;
    connection->session.closing = true;
    connection_finish(connection);
    if (connection->patron == patron) patron_mark(patron);
}

/* Commands that are answered by no reply of their own, and were never sent. */
static void excuse_unsent(struct dedicated *d, enum channel_end end, const char *why)
{
    struct buffer error = { 0 };
    if (end == CHANNEL_REFUSED)
        buffer_printf(&error, "-%s\r\n", why);
    else
        buffer_printf(&error, "-" TIER_ERR_NO_LINK "\r\n");
    for (; d->unsent > 0; d->unsent--) patron_append(d->patron, error.data, error.len);
    buffer_clear(&error);
}

/* A client of which nothing was sent has lost nothing: it is told, and stays. */
static void on_lost(void *context, enum channel_end end, const char *why)
{
    struct dedicated *d = context;
    struct patron *patron = d->patron;
    companion_report(d->loop, end, why);
    if (patron != NULL && end != CHANNEL_BROKEN) excuse_unsent(d, end, why);
    forget(d);
    if (patron != NULL && end == CHANNEL_BROKEN) end_client(patron);
}

static enum channel_pulse pulse(void *context)
{
    const struct dedicated *d = context;
    if (d->blocked) return PULSE_WAIT;
    return d->in_multi || d->ending ? PULSE_LISTEN : PULSE_ASK;
}

static void close_now(struct dedicated *d)
{
    struct channel *channel = d->channel;
    forget(d);
    channel_close(&channel);
}

static void on_push(void *context, struct slice frame);

static struct dedicated *find_idle(struct tier_loop *own, int protocol)
{
    struct dedicated *d = own->idle > 0 ? own->dedicated : NULL;
    while (d != NULL && (d->patron != NULL || d->protocol != protocol)) d = d->next;
    return d;
}

static struct dedicated *open_new(struct loop *loop, int protocol)
{
    struct dedicated *d = ALLOC_NEW(struct dedicated);
    d->loop = loop;
    d->protocol = protocol;
    link_in(d);
    tier_of(loop)->idle++;
    struct channel_options options = companion_options(loop);
    options.protocol = protocol;
    options.push = on_push;
    options.pulse = pulse;
    options.lost = on_lost;
    options.context = d;
    d->channel = channel_open(&options);
    return d;
}

/* NULL: there are too many in use. */
static struct dedicated *take(struct loop *loop, struct patron *patron, int protocol)
{
    struct tier *tier = loop->server->tier;
    struct tier_loop *own = tier_of(loop);
    int64_t most = SETTING(loop->server->settings, upstream_pool_size);
    if (atomic_fetch_add(&tier->dedicated_count, 1) >= most) {
        atomic_fetch_sub(&tier->dedicated_count, 1);
        return NULL;
    }
    struct dedicated *d = find_idle(own, protocol);
    if (d == NULL) d = open_new(loop, protocol);
    own->idle--;
    d->patron = patron;
    d->selected = -1;
    patron->dedicated = d;
    return d;
}

static void give_back(struct dedicated *d)
{
    struct tier_loop *own = tier_of(d->loop);
    if (own->idle >= IDLE_MAX) {
        close_now(d);
        return;
    }
    part(d);
    own->idle++;
}

void dedicated_drop(struct patron *patron)
{
    if (patron != NULL && patron->dedicated != NULL) close_now(patron->dedicated);
}

bool dedicated_is_waiting(const struct dedicated *dedicated)
{
    return dedicated->blocked || dedicated->subscribed;
}

bool dedicated_is_subscribed(const struct dedicated *dedicated)
{
    return dedicated->subscribed;
}

void dedicated_leave(struct patron *patron)
{
    if (patron->dedicated != NULL) close_now(patron->dedicated);
}

void dedicated_flush(struct loop *loop)
{
    for (struct dedicated *d = tier_of(loop)->dedicated, *next; d != NULL; d = next) {
        next = d->next;
        if (channel_unsent(d->channel) > 0) channel_flush(d->channel);
    }
}

void dedicated_close_all(struct loop *loop)
{
    struct tier_loop *own = tier_of(loop);
    while (own->dedicated != NULL) {
        struct patron *patron = own->dedicated->patron;
        close_now(own->dedicated);
        if (patron != NULL) end_client(patron);
    }
}

/* --- what comes back -------------------------------------------------------------------------------------
 */

/* A frame that answers nothing, behind a barrier. */
struct parcel {
    struct barrier_waiter waiter;
    struct patron *patron;
    struct buffer bytes;
};

static void pass_parcel(struct barrier_waiter *waiter)
{
    struct parcel *parcel = (struct parcel *)waiter;
    patron_let_behind_go(parcel->patron, parcel->bytes.len);
    patron_append(parcel->patron, parcel->bytes.data, parcel->bytes.len);
    patron_settle_parcel(parcel->patron);
    buffer_clear(&parcel->bytes);
    alloc_free(parcel);
}

static void on_push(void *context, struct slice frame)
{
    struct dedicated *d = context;
    struct patron *patron = d->patron;
    if (patron == NULL) return;
    struct parcel *parcel = ALLOC_NEW(struct parcel);
    parcel->patron = patron;
    parcel->waiter.home = d->loop;
    parcel->waiter.pass = pass_parcel;
    buffer_append(&parcel->bytes, frame.data, frame.len);
    patron->parcels++;
    patron_keep_behind(patron, frame.len);
    barrier_wait(d->loop->server->tier, &parcel->waiter);
    if (!d->subscribed) return;
    bool drained = subscriptions_note(&d->subscriptions, frame);
    if (subscriptions_are_over(&d->subscriptions) && channel_outstanding(d->channel) == 0 && !d->in_multi &&
        !d->watching)
        close_now(d);
    if (drained) patron_mark(patron);
}

static void after_end(struct dedicated *d, struct slice reply)
{
    d->ending = false;
    /* Of the errors only EXECABORT ends a transaction: a DISCARD with an argument, say, leaves it open. */
    if (reply.data[0] == '-' && strncmp(reply.data, "-EXECABORT", strlen("-EXECABORT")) != 0) return;
    bool executed = reply.data[0] == '*' && reply.data[1] != '-';
    if (executed && d->selected >= 0) {
        d->patron->connection->session.db = (unsigned)d->selected;
        channel_set_db(d->channel, tier_upstream_db(d->loop->server->tier, (unsigned)d->selected));
    }
    d->in_multi = d->watching = false;
    d->selected = -1;
}

static void note_reply(struct dedicated *d, const struct errand *errand, struct slice reply)
{
    bool refused = reply.data[0] == '-';
    switch (errand->kind) {
    case KIND_MULTI: d->in_multi = d->in_multi || !refused; break;
    case KIND_WATCH: d->watching = d->watching || !refused; break;
    case KIND_UNWATCH:
        d->watching = false;
        d->ending = false;
        break;
    case KIND_END: after_end(d, reply); break;
    case KIND_BLOCK: set_blocked(d, false); break;
    default: break;
    }
    bool idle = !d->in_multi && !d->watching && !d->blocked && !d->subscribed;
    if (idle && channel_outstanding(d->channel) == 0) give_back(d);
}

static void dedicated_done(struct upstream_request *request, enum upstream_outcome outcome,
                           struct slice reply)
{
    struct errand *errand = (struct errand *)request;
    struct dedicated *d = errand->patron->dedicated;
    if (d != NULL && outcome == UPSTREAM_REPLIED) note_reply(d, errand, reply);
    errand_return_behind_barrier(errand, outcome, reply);
}

/* --- what goes there -------------------------------------------------------------------------------------
 */

bool dedicated_wants(const struct patron *patron, enum errand_kind kind)
{
    return (patron != NULL && patron->dedicated != NULL) || (kind != KIND_PLAIN && kind != KIND_FORBIDDEN);
}

static enum tier_verdict refuse(struct call *call)
{
    reply_errorf(call->reply, TIER_ERR_NOT_HERE_FMT, (int)(call->argv[0].len < 64 ? call->argv[0].len : 64),
                 call->argv[0].data);
    return TIER_SENT;
}

static enum tier_verdict hold(struct call *call)
{
    connection_wait(session_connection(call->session), WAIT_UPSTREAM);
    return TIER_HELD;
}

static enum tier_verdict send_errand(struct dedicated *d, struct call *call,
                                     const struct command_info *command, enum errand_kind kind)
{
    struct errand *errand = errand_create(call, command, TIER_PASS);
    errand->kind = kind;
    if (kind == KIND_BLOCK) errand_uncount(errand);
    errand->request.done = dedicated_done;
    /* A SELECT put before it would become part of the transaction, or be refused by the script. */
    if (d->in_multi || errand_kind_is_kill(dialect_name(call, command), call->argv, call->argc))
        errand->request.db = UPSTREAM_ANY_DB;
    channel_send(d->channel, &errand->request);
    return TIER_SENT;
}

/* Commands that change a connection under its client would change ours under us. */
static bool is_about_connection(const struct call *call, const struct command_info *command)
{
    static const char *const names[] = { "client", "hello", "auth", "config", "monitor", "shutdown" };
    if (command == NULL || command->row->tier != TIER_LOCAL) return false;
    (void)call;
    for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
        if (strcmp(command->row->name, names[i]) == 0) return true;
    return false;
}

static void note_select(struct dedicated *d, const struct call *call)
{
    int64_t db;
    if (call->argc == 2 && call_arg_is(call, 0, "select") && number_parse_i64(call->argv[1], &db) && db >= 0)
        d->selected = db;
}

static enum tier_verdict route_transaction(struct dedicated *d, struct call *call,
                                           const struct command_info *command, enum errand_kind kind)
{
    bool local = command != NULL && command->row->tier == TIER_LOCAL;
    if (d->ending || d->blocked) return hold(call);
    if (d->in_multi) {
        if (errand_kind_is_subscription(kind) || is_about_connection(call, command)) return refuse(call);
        note_select(d, call);
    } else if (local) {
        return patron_is_owed(d->patron) ? hold(call) : TIER_RUN;
    } else if (errand_kind_is_subscription(kind)) {
        return refuse(call);
    }
    if (kind == KIND_MULTI && !d->in_multi) {
        enum tier_verdict verdict = send_errand(d, call, command, kind);
        d->in_multi = true; /* before the reply: what follows must have no SELECT put before it */
        return verdict;
    }
    if (kind == KIND_END || (kind == KIND_UNWATCH && !d->in_multi)) d->ending = true;
    if (kind == KIND_WATCH) d->watching = true;
    if (kind == KIND_BLOCK && !d->in_multi) set_blocked(d, true);
    return send_errand(d, call, command, kind);
}

/* In RESP2 a subscriber's connection is a stream of frames that answer nothing in particular; in RESP3 other
 * commands are answered in their order, and only those about subscriptions are not. */
static enum tier_verdict route_subscriber(struct dedicated *d, struct call *call,
                                          const struct command_info *command, enum errand_kind kind)
{
    if (subscriptions_are_draining(&d->subscriptions)) return hold(call);
    bool local = command != NULL && command->row->tier == TIER_LOCAL;
    if (!errand_kind_is_subscription(kind) && d->protocol == 3) {
        if (local && !d->in_multi) return patron_is_owed(d->patron) ? hold(call) : TIER_RUN;
        return route_transaction(d, call, command, kind);
    }
    subscriptions_ask(&d->subscriptions, kind, call->argc - 1);
    struct buffer bytes = { 0 };
    struct dialect dialect;
    command_write(&bytes, dialect_begin(&dialect, call, command), (size_t)call->argc);
    dialect_end(&dialect);
    d->unsent = channel_is_ready(d->channel) ? 0 : d->unsent + 1;
    channel_write(d->channel, buffer_slice(&bytes));
    buffer_clear(&bytes);
    return TIER_SENT;
}

static enum tier_verdict start(struct call *call, const struct command_info *command, enum errand_kind kind)
{
    struct patron *patron = patron_of(session_connection(call->session));
    if (patron_is_owed(patron)) return hold(call);
    struct dedicated *d = take(call->loop, patron, call->session->protocol);
    if (d == NULL) {
        reply_error(call->reply, SLICE(TIER_ERR_NO_CONNECTION));
        return TIER_SENT;
    }
    if (!errand_kind_is_subscription(kind)) return route_transaction(d, call, command, kind);
    d->subscribed = true;
    d->subscriptions = (struct subscriptions){ 0 };
    channel_set_raw(d->channel, true);
    return route_subscriber(d, call, command, kind);
}

/* RESET or QUIT as it should be: with an argument too many RESET is an error, and nothing ends. */
static bool leaves(const struct call *call, const struct command_info *command)
{
    if (command == NULL || command->row->tier != TIER_LOCAL || !command_accepts(command, call->argc))
        return false;
    return strcmp(command->row->name, "reset") == 0 || strcmp(command->row->name, "quit") == 0;
}

enum tier_verdict dedicated_route(struct call *call, const struct command_info *command,
                                  enum errand_kind kind)
{
    struct patron *patron = session_connection(call->session)->patron;
    struct dedicated *d = patron != NULL ? patron->dedicated : NULL;
    if (d != NULL && leaves(call, command)) {
        if (patron_is_owed(patron)) return hold(call);
        dedicated_drop(patron);
        return TIER_RUN;
    }
    if (d == NULL) return start(call, command, kind);
    return d->subscribed ? route_subscriber(d, call, command, kind)
                         : route_transaction(d, call, command, kind);
}
