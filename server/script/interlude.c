#include "server/script/interlude.h"

#include <stdint.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "proto/base/contract.h"
#include "proto/reply.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/call.h"
#include "server/exec/command/table.h"
#include "server/exec/executor.h"
#include "server/exec/executor_detour.h"
#include "server/exec/session/session.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/suspension.h"
#include "server/script/engine.h"
#include "server/script/fiber.h"
#include "server/script/play.h"

#define SLICE_NS INT64_C(10000000)

/* Memory of replies that is kept for the next. */
#define LATE_KEPT ((size_t)64 << 10)

struct interlude {
    struct fiber *fiber; /* NULL: there was no memory for its stack, and nothing rests */
    bool running;        /* something is, on the fiber */
    bool resting;        /* or would be, and rests */
    struct interlude_work work;
    struct engine *engine; /* whose script lets it rest */
    uint64_t slice_began;  /* ticks */
    struct call call;      /* of work for which nobody keeps one, from its first rest on */
    struct slice *argv;    /* of that, copied */
    struct reply reply;
    struct buffer late;          /* what that replies then */
    uint64_t counted;            /* ticks, up to which it is counted */
    uint64_t client;             /* the number of its session */
    struct aftermath *aftermath; /* what is put aside */
    bool unserved;
};

static struct interlude *interlude_of(struct loop *loop)
{
    if (__builtin_expect(loop->interlude == NULL, 0)) {
        loop->interlude = ALLOC_NEW(struct interlude);
        loop->interlude->fiber = fiber_create();
    }
    return loop->interlude;
}

/* Of what this loop has to do, that which is the work's. */
static void put_aside(struct loop *loop, struct interlude *interlude)
{
    interlude->aftermath = loop->aftermath;
    interlude->unserved = loop->unserved;
    loop->aftermath = NULL;
    loop->unserved = loop->unfinished = false;
    blocking_put_aside(loop);
}

static void take_up(struct loop *loop, struct interlude *interlude)
{
    loop->aftermath = interlude->aftermath;
    loop->unserved = interlude->unserved;
    loop->unfinished = loop->unserved || loop->aftermath != NULL;
    interlude->aftermath = NULL;
    blocking_take_up(loop);
}

/* For the slow log: where they stand now others will be read. */
static void copy_arguments(struct interlude *interlude)
{
    struct call *call = &interlude->call;
    size_t head = (size_t)call->argc * sizeof(struct slice), len = 0;
    for (int i = 0; i < call->argc; i++) len += call->argv[i].len;
    interlude->argv = alloc_bytes(head + len);
    char *text = (char *)interlude->argv + head;
    for (int i = 0; i < call->argc; i++) {
        struct slice argument = call->argv[i];
        if (argument.len > 0) memcpy(text, argument.data, argument.len);
        interlude->argv[i] = slice_of(text, argument.len);
        text += argument.len;
    }
    call->argv = interlude->argv;
}

/* Before the frames of the call as it came are left. */
static void keep_call(struct interlude *interlude, struct play *play)
{
    REQUIRE(play->call == interlude->work.call);
    interlude->call = *play->call;
    interlude->reply = (struct reply){ .out = &interlude->late, .protocol = play->call->reply->protocol };
    interlude->late.len = 0;
    interlude->call.reply = &interlude->reply;
    copy_arguments(interlude);
    interlude->work.kept = &interlude->call;
    play->call = &interlude->call;
    play->start = 0;
}

static bool is_time(const struct interlude *interlude, const struct server *server)
{
    if (!interlude->resting) return true;
    uint64_t spent = ticks_now() - interlude->slice_began;
    return (int64_t)ticks_to_ns(spent, server->ns_per_tick) >= SLICE_NS;
}

void interlude_consider(struct engine *engine)
{
    struct interlude *interlude = engine->loop->interlude;
    if (!engine->current.busy || interlude == NULL || !interlude->running) return;
    if (!is_time(interlude, engine->loop->server)) return;
    if (interlude->work.kept == NULL) keep_call(interlude, &engine->current);
    interlude->engine = engine;
    fiber_yield(interlude->fiber);
}

/* The access is the work's from now on. */
static void suspend(struct interlude *interlude)
{
    struct call *call = interlude->work.call;
    struct session *session = call->session;
    interlude->resting = true;
    interlude->client = session->id;
    call->access.shards = 0;
    call->access.token = call->access.kept = false;
    call->left_keys = true;
    put_aside(call->loop, interlude);
    suspension_start(call, WAIT_SUSPENDED);
    session_hold(session);
    interlude->counted = ticks_now();
    loop_set_busy(call->loop, true);
}

bool interlude_run(const struct interlude_work *work)
{
    struct interlude *interlude = interlude_of(work->call->loop);
    if (interlude->running || interlude->fiber == NULL) {
        work->run(work->context);
        return true;
    }
    interlude->work = *work;
    interlude->running = true;
    if (fiber_start(interlude->fiber, work->run, work->context)) {
        interlude->running = false;
        return true;
    }
    suspend(interlude);
    return false;
}

bool interlude_is_on(const struct loop *loop)
{
    return loop->interlude != NULL && loop->interlude->resting;
}

static void answer(struct session *session, struct reply *reply, void *context)
{
    const struct interlude *interlude = context;
    size_t start = reply->out->len;
    (void)session;
    buffer_append(reply->out, interlude->late.data, interlude->late.len);
    reply->errors = interlude->reply.errors;
    reply->counted = interlude->reply.counted;
    reply->error_at = start + interlude->reply.error_at;
}

/* What the executor did not know when the call was suspended. EXEC tells of its commands itself. */
static void account(struct loop *loop, struct interlude *interlude)
{
    struct call *call = interlude->work.kept;
    uint64_t ns_per_tick = loop->server->ns_per_tick, now = ticks_now();
    uint64_t more = ticks_to_ns(now - interlude->counted, ns_per_tick);
    counters_command_longer(&loop->counters, call->command->id, more);
    if (interlude->work.answer != NULL) return;
    loop_read_clock(loop);
    executor_tell_late(call, ticks_to_ns(now - interlude->engine->current.began, ns_per_tick));
    alloc_free(interlude->argv);
    interlude->argv = NULL;
}

static void answer_client(struct loop *loop, struct interlude *interlude)
{
    if (interlude->work.answer != NULL)
        interlude->work.answer(interlude->work.context);
    else
        suspension_end(loop, interlude->client, answer, interlude);
}

/* It may be closed because of what it is answered. */
static void let_client_go(struct loop *loop, uint64_t client)
{
    struct session *session = sessions_find(loop->sessions, client);
    if (session != NULL) session_let_go(session);
}

static void finish(struct loop *loop, struct interlude *interlude)
{
    interlude->resting = interlude->running = false;
    if (interlude->work.end != NULL) interlude->work.end(interlude->work.context);
    detour_close_access(interlude->work.kept);
    loop_post(loop);
    interlude->work.kept->session->held = false;
    account(loop, interlude);
    answer_client(loop, interlude);
    loop_post(loop);
    let_client_go(loop, interlude->client);
    if (interlude->late.cap > LATE_KEPT) buffer_clear(&interlude->late);
}

void interlude_go_on(struct loop *loop)
{
    struct interlude *interlude = loop->interlude;
    struct session *client = interlude->work.kept->session;
    take_up(loop, interlude);
    interlude->slice_began = ticks_now();
    if (client->executing) loop->executing = client; /* what it is told goes between the replies of EXEC */
    bool ended = fiber_resume(interlude->fiber);
    loop->executing = NULL;
    if (ended)
        finish(loop, interlude);
    else
        put_aside(loop, interlude);
}

void interlude_end(struct loop *loop)
{
    while (interlude_is_on(loop)) {
        loop->interlude->engine->current.killed = true;
        interlude_go_on(loop);
    }
}

void interlude_clear(struct loop *loop)
{
    struct interlude *left = loop->interlude;
    loop->interlude = NULL;
    if (left == NULL) return;
    fiber_destroy(&left->fiber);
    buffer_clear(&left->late);
    alloc_free(left);
}
