#include "server/exec/dispatch.h"

#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/command/table.h"
#include "server/exec/executor.h"
#include "server/exec/gates/gates.h"
#include "server/exec/gates/pause.h"
#include "server/exec/request.h"
#include "server/exec/session/session.h"
#include "server/exec/stage.h"

/* Of what is not ours nothing is known but what the upstream says. */
static bool is_paused(const struct call *call)
{
    const struct pause *pause = call->server->pause;
    if (call->command != NULL) return gates_are_paused(call, call->command->flags);
    if (!pause_is_on(pause, call->now_ms)) return false;
    return !pause_is_of_writes(pause) || call->server->stage->pauses_writes_of(call);
}

/* Nothing of the client's is with the upstream, on whose answer this one might depend. */
static inline bool is_free(const struct call *call)
{
    const struct patron *patron = call->session->patron;
    return patron == NULL || call->server->stage->is_free(patron);
}

/* The short way of what a near cache is mostly asked for; the stage comes to the same. */
static inline bool reads_copies(const struct call *call, const struct command_info *command)
{
    if (!call->loop->serves_copies || command == NULL || !command->reads_copies) return false;
    return command_accepts(command, call->argc) && (call->session->gates & GATE_BARS) == 0 && is_free(call);
}

/* With an upstream most other commands are not executed here. */
static __attribute__((noinline)) enum tier_verdict route(struct call *call,
                                                         const struct command_info *command)
{
    call->command = command;
    if (__builtin_expect(is_paused(call), 0)) {
        call_note_arguments(call);
        return TIER_PAUSED;
    }
    return call->server->stage->route(call, command);
}

static const enum dispatched dispatched_when[] = {
    [EXECUTED] = DISPATCH_DONE, [EXECUTED_WAIT] = DISPATCH_PAUSED, [EXECUTED_PARKED] = DISPATCH_PARKED
};
static const enum dispatched dispatched_as[] = {
    [TIER_SENT] = DISPATCH_DONE, [TIER_HELD] = DISPATCH_HELD, [TIER_PAUSED] = DISPATCH_PAUSED
};

/* What was sent may have been refused instead. */
static enum dispatched end_routed(struct call *call, enum tier_verdict verdict)
{
    if (verdict == TIER_SENT) executor_settle(call);
    return dispatched_as[verdict];
}

static struct call call_of(struct loop *loop, const struct request *request, const struct slice *argv)
{
    struct call call = executor_call(request->session, &loop->reply, argv, (int)request->argc);
    call.first_hash = request->hash;
    call.input_end = request->end;
    request->session->active_ms = loop->now_ms;
    return call;
}

__attribute__((noinline)) enum dispatched dispatch_to_tier(struct loop *loop, const struct request *request,
                                                           const struct slice *argv)
{
    struct call call = call_of(loop, request, argv);
    enum tier_verdict verdict = TIER_RUN;
    if (reads_copies(&call, request->command))
        call.cached = true;
    else
        verdict = route(&call, request->command);
    if (verdict != TIER_RUN) return end_routed(&call, verdict);
    enum executed executed = executor_run(&call, request->command);
    if (executed == EXECUTED_MISSED) return end_routed(&call, call.server->stage->miss(&call));
    if (executed != EXECUTED) return dispatched_when[executed];
    bool from_copies = call.cached || (call.guard != NULL && !call.offline);
    if (from_copies) call.server->stage->hit(&call);
    return DISPATCH_DONE;
}

enum dispatched dispatch(struct loop *loop, const struct request *request, const struct slice *argv)
{
    if (__builtin_expect(loop->server->tier != NULL, 0)) return dispatch_to_tier(loop, request, argv);
    return dispatched_when[executor_run_request(request, argv)];
}
