#include "server/upstream/clients/conversation_reply.h"

#include <string.h>

#include "proto/base/alloc.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/executor.h"
#include "server/net/connection.h"
#include "server/upstream/channel/channel.h"
#include "server/upstream/clients/blocking.h"
#include "server/upstream/clients/dedicated.h"
#include "server/upstream/clients/dedicated_state.h"
#include "server/upstream/clients/execution.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/errands/barrier.h"
#include "server/upstream/errands/errand.h"
#include "server/upstream/errands/journey.h"
#include "server/upstream/tier_state.h"

/* One of them, behind a barrier. */
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

static void send_parcel(struct dedicated *d, struct slice frame)
{
    struct patron *patron = d->patron;
    struct parcel *parcel = ALLOC_NEW(struct parcel);
    parcel->patron = patron;
    parcel->waiter.home = d->loop;
    parcel->waiter.pass = pass_parcel;
    buffer_append(&parcel->bytes, frame.data, frame.len);
    patron->parcels++;
    patron_keep_behind(patron, frame.len);
    barrier_wait(d->loop->server->tier, &parcel->waiter);
}

/* Nothing can be taken back for sure of subscriptions, so the connection goes, unless it holds something
 * else. */
static void end_subscriptions(struct dedicated *d)
{
    const struct transaction *transaction = &d->patron->transaction;
    if (channel_outstanding(d->channel) > 0) return;
    if (!transaction_is_on(transaction) && !transaction->watching) {
        dedicated_drop(d->patron);
        return;
    }
    d->subscribed = false;
    channel_set_raw(d->channel, false);
}

void conversation_push(struct dedicated *dedicated, struct slice frame)
{
    struct patron *patron = dedicated->patron;
    enum subscription_frame is =
        dedicated->subscribed ? subscriptions_note(&dedicated->subscriptions, frame) : FRAME_OTHER;
    if (is != FRAME_UNWANTED) send_parcel(dedicated, frame);
    if (is == FRAME_OTHER) return;
    patron->asks--;
    patron_mark(patron);
    if (subscriptions_are_over(&dedicated->subscriptions)) end_subscriptions(dedicated);
}

/* An EXEC whose reply is being put together. */
struct exec {
    struct execution execution;
    struct errand *errand;
};

static void note_select(struct patron *patron, int db)
{
    struct connection *connection = patron->connection;
    connection->session.db = (unsigned)db;
    if (patron->dedicated != NULL)
        channel_set_db(patron->dedicated->channel,
                       tier_upstream_db(connection->loop->server->tier, (unsigned)db));
}

static void note_hello(struct patron *patron, int protocol)
{
    if (patron->dedicated == NULL) return;
    patron->dedicated->protocol = protocol;
    channel_set_protocol(patron->dedicated->channel, protocol);
}

/* Run it here, its answer behind what is in the loop's buffer; false: it will come. */
static bool run(struct patron *patron, const struct transaction_step *step)
{
    struct connection *connection = patron->connection;
    struct session *session = &connection->session;
    struct loop *loop = connection->loop;
    loop_read_clock(loop);
    loop->ticks = ticks_now();
    struct call call = executor_call(session, &loop->reply, step->argv, step->argc);
    session->executing = true;
    executor_run(&call, command_table_find(loop->server->commands, step->argv[0]));
    session->executing = false;
    return !session->suspended;
}

static void finish(struct patron *patron)
{
    struct exec *exec = patron->execution;
    struct errand *errand = exec->errand;
    patron->execution = NULL;
    patron->connection->session.take_answer = NULL;
    if (patron->dedicated != NULL) dedicated_settle(patron->dedicated);
    journey_end_behind_barrier(errand, UPSTREAM_REPLIED, buffer_slice(&exec->execution.out));
    execution_clear(&exec->execution);
    alloc_free(exec);
}

/* Until there is no more to do, or something has to be waited for: then false. */
static bool carry_on(struct patron *patron)
{
    struct execution *execution = &patron->execution->execution;
    struct buffer *out = &patron->connection->loop->out;
    const struct transaction_step *step;
    struct slice element;
    while ((step = execution_next(execution, &element)) != NULL) {
        bool refused = element.len > 0 && element.data[0] == '-';
        if (refused || step->sort == STEP_SELECT) {
            if (!refused) note_select(patron, step->number);
            execution_answer(execution, element);
            continue;
        }
        size_t start = out->len;
        if (step->sort == STEP_HELLO) note_hello(patron, step->number);
        if (!run(patron, step)) return false;
        execution_answer(execution, slice_of(out->data + start, out->len - start));
        loop_take_back(patron->connection->loop, start);
    }
    finish(patron);
    return true;
}

static void take_answer(struct session *session, size_t start)
{
    struct connection *connection = session_connection(session);
    struct patron *patron = connection->session.patron;
    struct buffer *out = &connection->loop->out;
    struct buffer copy = { 0 };
    buffer_append(&copy, out->data + start, out->len - start);
    loop_take_back(connection->loop, start);
    execution_answer(&patron->execution->execution, buffer_slice(&copy));
    buffer_clear(&copy);
    if (carry_on(patron)) connection_resume(connection, WAIT_SUSPENDED | WAIT_SURVEY);
}

static void execute(struct errand *errand, struct slice reply)
{
    struct patron *patron = errand->patron;
    struct exec *exec = ALLOC_NEW(struct exec);
    exec->errand = errand;
    errand->request.memory = NULL; /* of a reply that is not the client's as it stands */
    execution_begin(&exec->execution, &patron->transaction, reply);
    transaction_replied(&patron->transaction, errand->role, NULL, reply, 0);
    patron->execution = exec;
    patron->connection->session.take_answer = take_answer;
    carry_on(patron);
}

void conversation_forget_execution(struct patron *patron)
{
    struct exec *exec = patron->execution;
    if (exec == NULL) return;
    patron->execution = NULL;
    execution_clear(&exec->execution);
    journey_end(exec->errand, UPSTREAM_REPLIED, SLICE("*0\r\n"), exec->errand->protocol);
    alloc_free(exec);
}

/* HELLO outside of a transaction: the upstream speaks the new protocol from here on, and so do we. */
static void say_hello(struct errand *errand)
{
    struct patron *patron = errand->patron;
    struct buffer *out = &patron->connection->loop->out;
    size_t start = out->len;
    struct buffer answer = { 0 };
    note_hello(patron, errand->step->number);
    run(patron, errand->step);
    buffer_append(&answer, out->data + start, out->len - start);
    loop_take_back(patron->connection->loop, start);
    transaction_steps_destroy(errand->step);
    journey_end_behind_barrier(errand, UPSTREAM_REPLIED, buffer_slice(&answer));
    buffer_clear(&answer);
}

static bool only_reads(const struct errand *errand)
{
    const struct command_info *command = errand->command;
    if (command != NULL && command->subcommand_count > 0 && errand->argc > 1)
        command = command_find_subcommand(command, errand->argv[1]);
    return command != NULL && command->flags & CMD_READONLY;
}

/* What CACHE GET tells a winner, and no other command that waits and only reads. */
static bool is_win(const struct errand *errand, struct slice reply)
{
    return only_reads(errand) && errand->kind == KIND_BLOCK && reply.len > 11 && reply.data[0] == '*' &&
           memcmp(reply.data + 2, "\r\n$3\r\nwin", 9) == 0;
}

/* The connection stays its client's while that computes: when it goes, the upstream is to know. */
static void note_lease(struct dedicated *d, const struct errand *errand, struct slice reply)
{
    if (is_win(errand, reply)) d->leases++;
    if (errand->kind == KIND_UNLEASE && d->leases > 0) d->leases--;
}

static void take_reply(struct dedicated *d, struct errand *errand, struct slice reply)
{
    struct patron *patron = errand->patron;
    struct transaction *transaction = &patron->transaction;
    if (errand->role == ROLE_EXEC && reply.data[0] == '*' && transaction->steps != NULL) {
        execute(errand, reply);
        return;
    }
    if (errand->role == ROLE_NONE && errand->step != NULL) {
        d->switching = false;
        if (reply.data[0] != '-') {
            say_hello(errand);
            return;
        }
    }
    transaction_replied(transaction, errand->role, errand->step, reply, errand->charged);
    if (errand->role == ROLE_ABORT) reply = SLICE("-" ERR_EXEC_ABORT "\r\n");
    if (errand->kind == KIND_BLOCK && d->waiting) blocking_replied(d);
    note_lease(d, errand, reply);
    dedicated_settle(d);
    journey_end_behind_barrier(errand, UPSTREAM_REPLIED, reply);
}

/* Without its connection a client has no transaction any more, and what it had is told elsewhere. */
void conversation_replied(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    struct errand *errand = (struct errand *)request;
    struct dedicated *d = errand->patron->dedicated;
    if (d != NULL && outcome == UPSTREAM_REPLIED && errand->patron->connection != NULL) {
        take_reply(d, errand, reply);
        return;
    }
    if (d != NULL) transaction_failed(&errand->patron->transaction, errand->role);
    transaction_steps_destroy(errand->step);
    journey_end_behind_barrier(errand, outcome, reply);
}
