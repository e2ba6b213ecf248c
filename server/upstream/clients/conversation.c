#include "server/upstream/clients/conversation.h"

#include <stdio.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/executor.h"
#include "server/net/connection.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/channel/command_writer.h"
#include "server/upstream/clients/blocking.h"
#include "server/upstream/clients/conversation_reply.h"
#include "server/upstream/clients/dedicated.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/clients/departure.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/dialect.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/journey.h"
#include "server/upstream/errands/publicity.h"
#include "server/upstream/roster/roster.h"
#include "server/upstream/tier_errors.h"
#include "server/upstream/tier_state.h"

static enum tier_verdict hold(struct call *call)
{
    connection_wait(session_connection(call->session), WAIT_UPSTREAM);
    return TIER_HELD;
}

static struct patron *patron_of_call(const struct call *call)
{
    return patron_of(session_connection(call->session));
}

enum tier_verdict conversation_refuse(struct call *call, enum command_kind kind, struct slice error)
{
    struct transaction *transaction = &patron_of_call(call)->transaction;
    transaction_failed(transaction, transaction_role_of(transaction, kind));
    reply_error(call->reply, error);
    return TIER_SENT;
}

static enum tier_verdict refuse_here(struct call *call, enum command_kind kind)
{
    char text[160];
    if (patron_is_owed(patron_of_call(call))) return hold(call);
    int shown = (int)(call->argv[0].len < 64 ? call->argv[0].len : 64);
    int len = snprintf(text, sizeof(text), TIER_ERR_NOT_HERE_FMT, shown, call->argv[0].data);
    return conversation_refuse(call, kind, slice_of(text, (size_t)len));
}

/* The upstream may hold something for the client that it believes to be over. */
static void end_alone(struct patron *patron)
{
    if (patron->transaction.watching) dedicated_drop(patron);
    transaction_end(&patron->transaction);
}

/* RESET or QUIT as it should be: with an argument too many RESET is an error, and nothing ends. */
static bool leaves(const struct call *call, const struct command_info *command)
{
    if (command == NULL || !(command->row->tier & TIER_LOCAL) || !command_accepts(command, call->argc))
        return false;
    return command->row->kind == KIND_LEAVE;
}

static enum tier_verdict leave(struct call *call, struct patron *patron)
{
    if (patron_is_owed(patron)) return hold(call);
    dedicated_drop(patron);
    transaction_end(&patron->transaction);
    return TIER_RUN;
}

enum tier_verdict conversation_route_refused(struct call *call, const struct command_info *command,
                                             enum command_kind kind)
{
    struct patron *patron = patron_of_call(call);
    if (patron_is_owed(patron)) return hold(call);
    if (leaves(call, command)) return leave(call, patron);
    switch (transaction_turn(&patron->transaction, kind)) {
    case TURN_ABORT:
        end_alone(patron);
        reply_error(call->reply, SLICE(ERR_EXEC_ABORT));
        break;
    case TURN_OK:
        end_alone(patron);
        reply_ok(call->reply);
        break;
    default: reply_error(call->reply, SLICE(TIER_ERR_NO_TRANSACTION)); break;
    }
    return TIER_SENT;
}

void conversation_reset(struct patron *patron, const struct call *call, const struct command_info *command)
{
    if (leaves(call, command)) transaction_end(&patron->transaction);
}

static enum tier_verdict pass(struct dedicated *d, struct call *call, const struct command_info *command,
                              enum command_kind kind, struct transaction_step *step)
{
    struct transaction *transaction = &d->patron->transaction;
    struct slice discard = SLICE("DISCARD");
    struct call actual = *call;
    if (transaction_role_of(transaction, kind) == ROLE_ABORT) actual.argv = &discard, actual.argc = 1;
    struct errand *errand = journey_begin(&actual, command, TIER_PASS);
    bool on = transaction_is_on(transaction);
    errand->kind = kind;
    errand->step = step;
    errand->request.done = conversation_replied;
    errand->role = transaction_sent(transaction, kind);
    /* A SELECT put before it would become part of the transaction, or be refused by the script. */
    if (on || kind == KIND_KILL) errand->request.db = UPSTREAM_ANY_DB;
    if (kind == KIND_BLOCK && !on) {
        errand_uncount(errand);
        blocking_send(d, errand);
    } else {
        channel_send(d->channel, &errand->request);
    }
    return TIER_SENT;
}

/* SELECT of a database that both sides have: any other is an error, ours. */
static bool is_select(const struct call *call, const struct command_info *command, int *db)
{
    int64_t number;
    if (command->row->kind != KIND_SELECT || call->argc != 2 || !number_parse_i64(call->argv[1], &number))
        return false;
    *db = (int)number;
    return number >= 0 && number < atomic_load(&call->server->tier->link.databases);
}

/* HELLO with another protocol than the connection speaks. */
static bool is_switch(const struct dedicated *d, const struct call *call, const struct command_info *command,
                      int *protocol)
{
    int64_t number;
    if (command->row->kind != KIND_HELLO || call->argc < 2 || !number_parse_i64(call->argv[1], &number))
        return false;
    *protocol = (int)number;
    return (number == 2 || number == 3) && number != d->protocol;
}

/* Its AUTH and its names are of this server. */
static enum tier_verdict send_hello(struct dedicated *d, const struct call *call,
                                    const struct command_info *command, int protocol)
{
    struct call bare = *call;
    bare.argc = 2;
    return pass(d, &bare, command, KIND_PLAIN,
                transaction_step_create(STEP_HELLO, protocol, call->argv, call->argc));
}

/* Those that change what replies there are would break the array that they are in. */
static bool may_queue(struct call *call, const struct command_info *command)
{
    return !(command->flags & CMD_NO_MULTI) && command->row->kind != KIND_REPLIES && call->argc > 0;
}

static enum tier_verdict queue_here(struct dedicated *d, struct call *call,
                                    const struct command_info *command)
{
    int number;
    struct transaction *transaction = &d->patron->transaction;
    if (is_select(call, command, &number))
        return pass(d, call, command, KIND_PLAIN,
                    transaction_step_create(STEP_SELECT, number, call->argv, call->argc));
    if (is_switch(d, call, command, &number)) return send_hello(d, call, command, number);
    if (patron_is_owed(d->patron)) return hold(call);
    const struct command_info *resolved = executor_resolve(call, command);
    if (resolved == NULL) {
        transaction_doom(transaction);
        return TIER_SENT;
    }
    if (!may_queue(call, resolved)) return conversation_refuse(call, KIND_PLAIN, SLICE(ERR_NOT_IN_MULTI));
    transaction_queue(transaction, transaction_step_create(STEP_HERE, 0, call->argv, call->argc));
    call->session->last_command = resolved;
    reply_status(call->reply, SLICE("QUEUED"));
    return TIER_SENT;
}

static enum tier_verdict run_here(struct dedicated *d, struct call *call, const struct command_info *command)
{
    int number;
    if (!is_switch(d, call, command, &number)) return patron_is_owed(d->patron) ? hold(call) : TIER_RUN;
    d->switching = true;
    return send_hello(d, call, command, number);
}

bool conversation_wants(const struct patron *patron, enum command_kind kind)
{
    if (patron != NULL && patron->dedicated != NULL) return true;
    switch (kind) {
    case KIND_PLAIN:
    case KIND_FORBIDDEN:
    case KIND_CLUSTER:
    case KIND_EXEC: /* without a MULTI, or a WATCH, any connection will do */
    case KIND_DISCARD:
    case KIND_UNWATCH: return false;
    default: return true;
    }
}

/* What is sent behind a MULTI that is not sent yet could be executed without it. */
static bool must_wait(const struct dedicated *d, enum transaction_turn turn)
{
    const struct patron *patron = d->patron;
    bool asked = patron->transaction.state == TRANSACTION_ASKED;
    return turn == TURN_WAIT || d->waiting || d->switching || patron->execution != NULL ||
           (asked && channel_is_selecting(d->channel));
}

static enum tier_verdict route_commands(struct dedicated *d, struct call *call,
                                        const struct command_info *command, enum command_kind kind)
{
    const struct transaction *transaction = &d->patron->transaction;
    bool here = command != NULL && (command->row->tier & TIER_LOCAL);
    enum transaction_turn turn = transaction_turn(transaction, kind);
    if (must_wait(d, turn)) return hold(call);
    if (turn == TURN_REFUSE) {
        if (patron_is_owed(d->patron)) return hold(call);
        return conversation_refuse(call, kind, SLICE(TIER_ERR_NO_TRANSACTION));
    }
    if (here)
        return transaction_is_on(transaction) ? queue_here(d, call, command) : run_here(d, call, command);
    if (errand_kind_is_subscription(kind)) return refuse_here(call, kind);
    return pass(d, call, command, kind, NULL);
}

/* One about subscriptions, or a PING: what a subscriber's connection takes that has no reply to wait for. */
static enum tier_verdict ask(struct dedicated *d, struct call *call, const struct command_info *command,
                             enum command_kind kind)
{
    bool named = errand_kind_is_subscription(kind);
    subscriptions_ask(&d->subscriptions, kind, named ? call->argc - 1 : 0, session_is_silent(call->session));
    d->patron->asks++;
    struct buffer bytes = { 0 };
    struct dialect dialect;
    const struct slice *words = dialect_begin(&dialect, call, command);
    command_write(&bytes, words, (size_t)call->argc);
    publicity_sent(call, words, command);
    dialect_end(&dialect);
    d->unsent = channel_is_ready(d->channel) ? 0 : d->unsent + 1;
    channel_write(d->channel, buffer_slice(&bytes));
    buffer_clear(&bytes);
    return TIER_SENT;
}

static void refuse_as_subscribed(struct call *call, enum command_kind kind, struct slice name)
{
    reply_errorf(call->reply, TIER_ERR_SUBSCRIBED_FMT,
                 kind == KIND_EXEC ? "EXECABORT Transaction discarded because of:" : "ERR",
                 (int)(name.len < 128 ? name.len : 128), name.data);
}

/* As Redis, which looks first whether it is a command at all, and whether it has its arguments. */
static enum tier_verdict refuse_to_subscriber(struct call *call, const struct command_info *command,
                                              enum command_kind kind)
{
    if (patron_is_owed(patron_of_call(call))) return hold(call);
    if (command != NULL) {
        const struct command_info *resolved = executor_resolve(call, command);
        if (resolved != NULL) refuse_as_subscribed(call, kind, slice_of_cstr(resolved->full_name));
        return TIER_SENT;
    }
    const struct roster *roster = rosters_latest(&call->server->tier->rosters);
    const struct roster_row *row = roster_find_call(roster, call->argv, call->argc);
    if (roster != NULL && row == NULL)
        refuse_unknown_command(call);
    else if (row != NULL && !roster_accepts(row, call->argc))
        reply_errorf(call->reply, ERR_ARITY_FMT, row->name);
    else
        refuse_as_subscribed(call, kind, row != NULL ? slice_of_cstr(row->name) : call->argv[0]);
    return TIER_SENT;
}

static bool is_ping(const struct call *call, const struct command_info *command)
{
    return command != NULL && command->row->kind == KIND_PING && command_accepts(command, call->argc);
}

/* What follows depends on what that comes to which is under way. */
static bool subscriber_must_wait(const struct dedicated *d)
{
    return d->switching || d->waiting || d->patron->execution != NULL ||
           subscriptions_are_full(&d->subscriptions);
}

/* In RESP2 a subscriber may say only what changes its subscriptions, or PING, and is sent a stream of frames
 * that answer nothing in particular. In RESP3 other commands are answered in their order, and those about
 * subscriptions by pushes. Whether it is a subscriber is known when all that it asked for is answered: until
 * then nothing else is sent, or answered here, ahead of those answers. */
static enum tier_verdict route_subscriber(struct dedicated *d, struct call *call,
                                          const struct command_info *command, enum command_kind kind)
{
    bool queued = transaction_is_on(&d->patron->transaction);
    if (!queued && subscriber_must_wait(d)) return hold(call);
    if (!queued && errand_kind_is_subscription(kind)) return ask(d, call, command, kind);
    bool two = d->protocol == 2;
    if (two && is_ping(call, command) && subscriptions_stay(&d->subscriptions))
        return ask(d, call, command, KIND_PLAIN);
    if (d->patron->asks > 0) return hold(call);
    return two ? refuse_to_subscriber(call, command, kind) : route_commands(d, call, command, kind);
}

static enum tier_verdict start(struct call *call, const struct command_info *command, enum command_kind kind)
{
    struct patron *patron = patron_of_call(call);
    if (patron_is_owed(patron)) return hold(call);
    if (transaction_turn(&patron->transaction, kind) == TURN_REFUSE)
        return conversation_refuse(call, kind, SLICE(TIER_ERR_NO_TRANSACTION));
    struct dedicated *d = dedicated_take(call->loop, patron, call->session->protocol, conversation_push);
    if (d == NULL) return conversation_refuse(call, kind, SLICE(TIER_ERR_NO_CONNECTION));
    if (!errand_kind_is_subscription(kind)) return route_commands(d, call, command, kind);
    d->subscribed = true;
    d->subscriptions = (struct subscriptions){ 0 };
    channel_set_raw(d->channel, true);
    return route_subscriber(d, call, command, kind);
}

enum tier_verdict conversation_route(struct call *call, const struct command_info *command,
                                     enum command_kind kind)
{
    struct patron *patron = patron_of_call(call);
    struct dedicated *d = patron->dedicated;
    if (d == NULL) return start(call, command, kind);
    if (leaves(call, command)) return leave(call, patron);
    return d->subscribed ? route_subscriber(d, call, command, kind) : route_commands(d, call, command, kind);
}

bool conversation_unblock(struct patron *patron, bool with_error)
{
    struct dedicated *d = patron != NULL ? patron->dedicated : NULL;
    if (d == NULL || !d->blocked || d->upstream_id == 0) return false;
    departure_announce(d->loop, d->upstream_id, with_error ? "ERROR" : "TIMEOUT");
    return true;
}

void conversation_leave(struct patron *patron)
{
    struct dedicated *d = patron->dedicated;
    if (d != NULL && d->blocked) departure_announce(d->loop, d->upstream_id, "TIMEOUT");
    dedicated_drop(patron);
    conversation_forget_execution(patron);
    transaction_end(&patron->transaction);
}

struct conversation_state conversation_state(const struct patron *patron)
{
    struct conversation_state state = { 0 };
    if (patron == NULL) return state;
    const struct dedicated *d = patron->dedicated;
    state.in_multi = transaction_is_on(&patron->transaction);
    state.queued = patron->transaction.queued + patron->transaction.here;
    state.blocked = d != NULL && d->blocked;
    if (d != NULL && d->subscribed)
        memcpy(state.subscribed, d->subscriptions.counts, sizeof(state.subscribed));
    return state;
}
