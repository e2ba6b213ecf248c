#include "server/script/interlude.h"

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/events/blocking/blocking.h"
#include "server/exec/acl/user.h"
#include "server/exec/executor_detour.h"
#include "server/exec/session/sessions.h"
#include "server/exec/session/suspension.h"
#include "server/script/engine.h"
#include "server/script/fiber.h"
#include "server/script/play.h"
#include "server/script/stage_name.h"

#define SLICE_NS INT64_C(10000000)

static struct engine *engine_at(const struct loop *loop)
{
    return atomic_load_explicit(&loop->engine, memory_order_relaxed);
}

/* Of what this loop has to do, that which is the script's. */
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

/* What the client may do now, the script may do from here on; when it has gone, what it last could. */
static void act_as(struct interlude *interlude, const struct session *client)
{
    user_drop(&interlude->user);
    interlude->user = client->user != NULL ? user_hold(client->user) : NULL;
    interlude->gates = client->gates & GATE_RESTRICTED;
}

/* Before the frames of the call as it came are left. */
static void take_over_call(struct engine *engine)
{
    struct interlude *interlude = &engine->interlude;
    struct play *play = &engine->current;
    interlude->call = *play->call;
    interlude->reply = (struct reply){ .out = &interlude->late, .protocol = play->call->reply->protocol };
    interlude->late.len = 0;
    interlude->call.reply = &interlude->reply;
    interlude->call.argv = NULL;
    interlude->call.argc = 0;
    interlude->client = play->call->session->id;
    act_as(interlude, play->call->session);
    play->call = &interlude->call;
    play->start = 0;
}

void interlude_consider(struct engine *engine)
{
    struct interlude *interlude = &engine->interlude;
    struct play *play = &engine->current;
    if (!play->busy || play->call->inside || interlude->fiber == NULL) return;
    uint64_t spent = ticks_now() - interlude->slice_began;
    bool first = play->call != &interlude->call;
    if (!first && (int64_t)ticks_to_ns(spent, engine->loop->server->ns_per_tick) < SLICE_NS) return;
    if (first) take_over_call(engine);
    fiber_yield(interlude->fiber);
}

/* The access is the script's from now on. */
static void suspend(struct engine *engine, struct call *call)
{
    struct interlude *interlude = &engine->interlude;
    interlude->resting = true;
    call->access.shards = 0;
    call->access.token = call->access.kept = false;
    call->left_keys = true;
    put_aside(engine->loop, interlude);
    suspension_start(call, WAIT_SUSPENDED);
    loop_set_busy(engine->loop, true);
}

bool interlude_begin(struct engine *engine, void (*perform)(void *engine))
{
    struct interlude *interlude = &engine->interlude;
    struct call *call = engine->current.call;
    if (interlude->fiber == NULL) interlude->fiber = fiber_create();
    if (call->inside || interlude->fiber == NULL) {
        perform(engine);
        return true;
    }
    if (fiber_start(interlude->fiber, perform, engine)) return true;
    suspend(engine, call);
    return false;
}

bool interlude_is_on(const struct loop *loop)
{
    const struct engine *engine = engine_at(loop);
    return engine != NULL && engine->interlude.resting;
}

/* Its client may have gone. */
static void find_client(struct engine *engine)
{
    struct interlude *interlude = &engine->interlude;
    struct session *session = sessions_find(engine->loop->sessions, interlude->client);
    if (session == NULL) {
        session = &interlude->nobody;
        *session = (struct session){ .ops = &stage_name_ops,
                                     .loop = engine->loop,
                                     .id = interlude->client,
                                     .protocol = 2,
                                     .user = interlude->user,
                                     .gates = interlude->gates,
                                     .account = NULL };
        engine->session.account = NULL;
    } else {
        act_as(interlude, session);
    }
    interlude->call.session = session;
}

static void answer(struct session *session, struct reply *reply, void *context)
{
    const struct interlude *interlude = context;
    size_t start = reply->out->len;
    (void)session;
    buffer_append(reply->out, interlude->late.data, interlude->late.len);
    reply->errors = interlude->reply.errors;
    reply->error_at = start + interlude->reply.error_at;
}

static void finish(struct engine *engine)
{
    struct interlude *interlude = &engine->interlude;
    struct loop *loop = engine->loop;
    interlude->resting = false;
    play_end(engine);
    detour_close_access(&interlude->call);
    loop_post(loop);
    suspension_end(loop, interlude->client, answer, interlude);
    loop_post(loop);
    user_drop(&interlude->user);
}

void interlude_go_on(struct loop *loop)
{
    struct engine *engine = engine_at(loop);
    struct interlude *interlude = &engine->interlude;
    find_client(engine);
    take_up(loop, interlude);
    interlude->slice_began = ticks_now();
    if (fiber_resume(interlude->fiber))
        finish(engine);
    else
        put_aside(loop, interlude);
}

void interlude_end(struct loop *loop)
{
    while (interlude_is_on(loop)) {
        engine_at(loop)->current.killed = true;
        interlude_go_on(loop);
    }
}

void interlude_clear(struct engine *engine)
{
    fiber_destroy(&engine->interlude.fiber);
    buffer_clear(&engine->interlude.late);
    user_drop(&engine->interlude.user);
}
