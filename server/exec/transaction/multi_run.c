#include "server/exec/transaction/multi_run.h"

#include "proto/base/holder.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/take_back.h"
#include "server/core/ticks.h"
#include "server/exec/acl/denial.h"
#include "server/exec/aftermath.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_acl.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/executor.h"
#include "server/exec/session/census.h"
#include "server/exec/session/monitors.h"
#include "server/exec/session/suspension.h"
#include "server/exec/transaction/multi.h"
#include "server/memory/client_account.h"
#include "server/observe/secrets.h"
#include "storage/keyspace/access.h"

static struct call call_of(struct session *session, struct reply *reply, struct queued *queued)
{
    struct call call = executor_call(session, reply, queued->argv, queued->argc);
    call.command = queued->command;
    call.first_hash = queued->first_hash;
    return call;
}

/* Rights may have changed since it was queued. */
static bool is_denied(struct call *call)
{
    if (!(call->session->gates & GATE_RESTRICTED)) return false;
    struct acl_finding finding = denial_of(call, call->command, ACL_IN_MULTI);
    if (finding.denial == ACL_GRANTED) return false;
    reply_errorf(call->reply, ERR_RULES_CHANGED_FMT, denial_reason(&finding));
    return true;
}

/* A script may have opened more. */
static void run_inside(struct call *exec, struct reply *reply, struct queued *queued)
{
    struct call call = call_of(exec->session, reply, queued);
    if (is_denied(&call)) return;
    call.access = exec->access;
    call.short_of_memory = exec->short_of_memory;
    queued->ns = executor_run_inside(&call);
    exec->access = call.access;
}

/* Who is to leave, since its user has gone, is told no more, as by Redis. */
static void run_or_silence(struct call *exec, struct reply *reply, struct queued *queued)
{
    size_t start = reply->out->len;
    bool leaves = exec->session->closing;
    run_inside(exec, reply, queued);
    if (leaves) take_back(reply, start);
}

/* Between what scripts say: each where it has run. Others are told when the access is closed. */
static void tell_monitors(struct call *exec, struct queued *queued)
{
    struct call call = call_of(exec->session, exec->reply, queued);
    if (census_get(&exec->server->census->monitors) == 0) return;
    if (queued->command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN)) return;
    struct public_words words = call_public_words(&call);
    monitors_feed(exec->session, exec->session->db, &words);
}

static bool is_apart(const struct queued *queued)
{
    return queued->command->flags & CMD_APART;
}

/* Those apart have nothing between their start and their end yet. */
static void run_queued(struct call *exec, struct reply *reply, struct multi *multi)
{
    exec->session->executing = true;
    for (struct queued *queued = multi->first; queued != NULL; queued = queued->next) {
        if (!is_apart(queued)) run_or_silence(exec, reply, queued);
        if (multi->flags & CMD_EXTENDS && !is_apart(queued)) tell_monitors(exec, queued);
        queued->db = exec->session->db;
        queued->protocol = exec->session->protocol;
        queued->replies = exec->session->replies;
        queued->end = reply->out->len;
    }
    exec->session->executing = false;
}

static void tell(const struct multi *multi, struct queued *queued)
{
    struct session *session = multi->session;
    struct call call = call_of(session, &session->loop->reply, queued);
    if (multi->flags & CMD_EXTENDS)
        executor_tell_late(&call, queued->ns);
    else
        executor_tell(&call, queued->db, queued->ns);
}

static struct multi *multi_of(struct aftermath *aftermath)
{
    return HOLDER_OF(aftermath, struct multi, aftermath);
}

/* The access is closed: nothing of it was apart. */
static void end_run(struct loop *loop, struct aftermath *aftermath)
{
    struct multi *multi = multi_of(aftermath);
    multi->session->running = NULL;
    for (struct queued *queued = multi->first; queued != NULL; queued = queued->next) tell(multi, queued);
    multi_release(loop, multi);
}

/* As its client was when it was its turn. False: it will be answered. */
static bool run_apart(struct multi *multi, struct queued *queued)
{
    struct session *session = multi->session;
    struct reply reply = { .out = &multi->whole };
    session->protocol = queued->protocol;
    session_set_replies(session, queued->replies);
    struct call call = call_of(session, &reply, queued);
    call.db = queued->db;
    if (is_denied(&call)) return true;
    session->executing = true;
    enum executed executed = executor_run(&call, command_table_find(call.server->commands, queued->argv[0]));
    session->executing = false;
    session->last_command = multi->exec;
    if (executed == EXECUTED_PARKED) reply_error(&reply, SLICE(ERR_BUSY));
    return !session->suspended;
}

/* Of a buffer that was full in between the ends do not rise any more. */
static void append_inside(struct multi *multi, const struct queued *queued)
{
    if (queued->end <= multi->passed) return;
    buffer_append(&multi->whole, multi->inside.data + multi->passed, queued->end - multi->passed);
    multi->passed = queued->end;
}

/* What the client is owed when the last answer has come. */
static void charge(const struct multi *multi)
{
    size_t left = multi->inside.len > multi->passed ? multi->inside.len - multi->passed : 0;
    client_account_set(multi->session->account, ACCOUNT_REPLIES, multi->whole.len + left);
}

/* False: the next answer will come. Who has closed itself is told no more, as by Redis. */
static bool go_on(struct multi *multi)
{
    while (multi->next != NULL && !multi->session->closing) {
        struct queued *queued = multi->next;
        multi->next = queued->next;
        append_inside(multi, queued);
        if (!is_apart(queued)) {
            tell(multi, queued);
        } else if (!run_apart(multi, queued)) {
            charge(multi);
            return false;
        }
    }
    return true;
}

/* It is again as what ran inside the access has left it. */
static void reply_whole(struct multi *multi)
{
    struct session *session = multi->session;
    session->take_answer = NULL;
    session->running = NULL;
    session->last_command = multi->exec;
    session->protocol = multi->protocol;
    session_set_replies(session, multi->replies);
    struct buffer *out = &session->loop->out;
    buffer_append(out, multi->whole.data, multi->whole.len);
    if (buffer_is_full(&multi->inside) || buffer_is_full(&multi->whole)) buffer_fill(out);
    client_account_set(session->account, ACCOUNT_REPLIES, 0);
    multi_release(session->loop, multi);
}

/* What the executor could not do yet when EXEC was suspended. */
static void settle(struct session *session)
{
    struct call call = executor_call(session, &session->loop->reply, NULL, 0);
    struct slice name = SLICE("EXEC");
    call.argv = &name;
    call.argc = 1;
    call.command = session->last_command;
    call.executes = true;
    executor_settle(&call);
    executor_tell(&call, session->db, 0);
}

static void take_answer(struct session *session, size_t start)
{
    struct multi *multi = session->running;
    struct loop *loop = session->loop;
    buffer_append(&multi->whole, loop->out.data + start, loop->out.len - start);
    loop_take_back(loop, start);
    loop_read_clock(loop);
    loop->ticks = ticks_now();
    if (!go_on(multi)) return;
    reply_whole(multi);
    settle(session);
    session_flush(session);
    session_resume(session, WAIT_SUSPENDED | WAIT_SURVEY);
}

/* The access is closed. */
static void begin_apart(struct loop *loop, struct aftermath *aftermath)
{
    struct multi *multi = multi_of(aftermath);
    (void)loop;
    multi->session->take_answer = take_answer;
    multi->next = multi->first;
    if (go_on(multi)) reply_whole(multi);
}

/* CLIENT REPLY OFF silences the array's own line as any other reply. */
static void begin_reply(const struct call *call, struct reply *reply, size_t count)
{
    if (!session_is_silent(call->session)) reply_array(reply, count);
}

static void begin_parts(struct call *call, struct multi *multi)
{
    multi->reply = (struct reply){ .out = &multi->inside, .protocol = call->session->protocol };
    multi->inside.limit = multi->whole.limit = call->reply->out->limit;
    begin_reply(call, &multi->reply, multi->count);
    multi->out = &multi->inside;
}

/* All that ran inside the access has run. */
static void end_inside(struct multi *multi)
{
    multi->out = &multi->whole;
    multi->protocol = multi->session->protocol;
    multi->replies = multi->session->replies;
}

static void run_in_parts(struct call *call, struct multi *multi)
{
    begin_parts(call, multi);
    run_queued(call, &multi->reply, multi);
    end_inside(multi);
    multi->aftermath.run = begin_apart;
    aftermath_leave(call->loop, &multi->aftermath);
}

static void run_kept(void *context)
{
    struct multi *multi = context;
    run_queued(&multi->kept, &multi->reply, multi);
    end_inside(multi);
}

static void answer_nothing(struct session *session, struct reply *reply, void *context)
{
    (void)session;
    (void)reply;
    (void)context;
}

/* The rest of it is done as behind an answer that was waited for. */
static void answer_rested(void *context)
{
    struct multi *multi = context;
    struct session *session = multi->session;
    session->take_answer = take_answer;
    multi->next = multi->first;
    suspension_end(session->loop, session->id, answer_nothing, NULL);
}

static void run_resting(struct call *call, struct multi *multi, multi_let_rest *let_rest)
{
    begin_parts(call, multi);
    multi->kept = *call;
    multi->kept.reply = &multi->reply;
    struct multi_rest rest = {
        .call = call, .kept = &multi->kept, .run = run_kept, .answer = answer_rested, .context = multi
    };
    if (!let_rest(&rest)) return;
    call->access = multi->kept.access;
    multi->aftermath.run = begin_apart;
    aftermath_leave(call->loop, &multi->aftermath);
}

static void run_whole(struct call *call, struct multi *multi)
{
    begin_reply(call, call->reply, multi->count);
    run_queued(call, call->reply, multi);
    multi->aftermath.run = end_run;
    aftermath_leave(call->loop, &multi->aftermath);
}

void multi_run(struct call *call, multi_let_rest *let_rest)
{
    struct multi *multi = multi_take(call->session);
    multi->session = call->session;
    multi->exec = call->command;
    call->session->running = multi;
    call->executes = true;
    if (multi->flags & CMD_EXTENDS)
        run_resting(call, multi, let_rest);
    else if (multi->flags & CMD_APART)
        run_in_parts(call, multi);
    else
        run_whole(call, multi);
}
