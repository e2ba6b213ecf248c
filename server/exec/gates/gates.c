#include "server/exec/gates/gates.h"

#include <stdio.h>

#include "server/core/loop.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/denial.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_transaction.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/transaction/multi.h"

static bool begins(struct slice text, struct slice with)
{
    return text.len >= with.len && slice_equal(slice_of(text.data, with.len), with);
}

static void abort_transaction(struct call *call, struct slice error)
{
    if (begins(error, SLICE("ERR "))) error = slice_of(error.data + 4, error.len - 4);
    multi_end(call->session);
    reply_errorf(call->reply, ERR_EXEC_ABORT_FMT, (int)error.len, error.data);
}

void gates_refuse(struct call *call, const struct command_info *command, struct slice error)
{
    counter_add(&call->loop->counters.by_command[command->id].rejected, 1);
    multi_doom(call->session);
    if (command->flags & CMD_EXECUTES)
        abort_transaction(call, error);
    else
        reply_error(call->reply, error);
}

static enum gate refuse(struct call *call, struct slice error)
{
    gates_refuse(call, call->command, error);
    return GATE_REFUSED;
}

bool gates_are_paused(const struct call *call, uint32_t flags)
{
    const struct pause *pause = call->server->pause;
    if (pause_refuses(pause) || !pause_is_on(pause, call->now_ms)) return false;
    return !pause_is_of_writes(pause) || (flags & (CMD_WRITE | CMD_MAY_REPLICATE));
}

static bool is_queued(const struct call *call)
{
    return call->session->gates & GATE_MULTI && !(call->command->flags & CMD_UNQUEUED);
}

/* Of an EXEC, those of all that it executes. */
static uint32_t flags_of(const struct call *call)
{
    const struct multi *multi = call->session->multi;
    bool executes = call->command->flags & CMD_EXECUTES && multi != NULL;
    return executes ? call->command->flags | multi->flags : call->command->flags;
}

/* A transaction goes on for nothing with nothing: what is queued keeps its name as well. */
static struct memory_need need_of(const struct call *call)
{
    struct memory_need need = memory_need_of(call->argv, call->argc, call->first_hash);
    if (call->session->gates & GATE_MULTI) need.bytes += call->argv[0].len;
    if (call->command->flags & CMD_EXECUTES && call->session->multi != NULL)
        need.bytes += call->session->multi->text_bytes;
    return need;
}

/* A transaction may grow without end while it is queued, so while memory is full all that can be done with
 * one is to end it. */
static enum gate look_at_memory(struct call *call, uint32_t flags)
{
    bool grows = flags & CMD_GROWS;
    bool goes_on = call->session->gates & GATE_MULTI && !(flags & CMD_ENDS_MULTI);
    bool may_grow = grows || flags & CMD_EXTENDS;
    if ((!may_grow && !goes_on) || memory_limit_is_idle(call->server)) return GATE_OPEN;
    struct memory_need need = need_of(call);
    if (grows && memory_limit_holds(call->loop, &need)) return GATE_WAIT;
    if (memory_limit_admits(call->loop, &need)) return GATE_OPEN;
    call->short_of_memory = true;
    if (!grows && !goes_on) return GATE_OPEN;
    return refuse(call, SLICE(ERR_OUT_OF_MEMORY));
}

/* What a session that is more than a client may not say. */
static enum gate look_at_role(struct call *call, uint32_t flags)
{
    const struct session *session = call->session;
    if (session_mixes_messages(session) && !(call->command->flags & CMD_SUBSCRIBER)) {
        char text[160];
        int len = snprintf(text, sizeof(text), ERR_SUBSCRIBER_FMT, call->command->full_name);
        return refuse(call, slice_of(text, (size_t)len));
    }
    if (session_is_monitor(session) && flags & (CMD_WRITE | CMD_READONLY | CMD_MAY_REPLICATE))
        return refuse(call, SLICE(ERR_MONITOR_KEYS));
    return GATE_OPEN;
}

/* Its user may do only so much. False: this is not part of it, as was replied. */
static bool is_entitled(struct call *call)
{
    char text[160];
    if (!(call->session->gates & GATE_RESTRICTED)) return true;
    enum acl_context context = call->session->gates & GATE_MULTI ? ACL_IN_MULTI : ACL_TOP_LEVEL;
    struct acl_finding finding = denial_of(call, call->command, context);
    if (finding.denial == ACL_GRANTED) return true;
    gates_refuse(call, call->command, denial_text(&finding, call->command, text, sizeof(text)));
    return false;
}

static enum gate queue(struct call *call)
{
    multi_queue(call);
    reply_status(call->reply, SLICE("QUEUED"));
    return GATE_QUEUED;
}

static inline bool is_granted(const struct call *call)
{
    return acl_grants(call->session->user, call->command, call->argv, call->argc);
}

/* Nothing stands before it but what its user may do. */
static bool is_restricted_only(const struct call *call)
{
    const struct server *server = call->server;
    bool grows = call->command->flags & (CMD_GROWS | CMD_EXTENDS);
    return (call->session->gates & GATE_BARS) == GATE_RESTRICTED && !call->session->executing &&
           !pause_is_on(server->pause, call->now_ms) && (!grows || memory_limit_is_idle(server));
}

static enum gate refuse_busy(struct call *call)
{
    return refuse(call, refusal_busy(pause_is_of_function(call->server->pause)));
}

/* While writes are paused nothing is evicted, and memory not looked at. */
static __attribute__((noinline)) enum gate look_at_all(struct call *call)
{
    const struct session *session = call->session;
    uint32_t flags = flags_of(call);
    /* It was asked when this was queued, and EXEC has been since. */
    if (session->executing) return GATE_OPEN;
    if (!session_is_authenticated(session) && !(flags & CMD_NO_AUTH)) return refuse(call, SLICE(ERR_NO_AUTH));
    if (session->gates & GATE_MULTI && call->command->flags & CMD_NO_MULTI)
        return refuse(call, SLICE(ERR_NOT_IN_MULTI));
    if (!is_entitled(call)) return GATE_REFUSED;
    if (pause_is_busy(call->server->pause) && !(call->command->flags & CMD_ALLOW_BUSY))
        return refuse_busy(call);
    if (pause_is_loading(call->server->pause) && !(call->command->flags & CMD_LOADING))
        return refuse(call, SLICE(ERR_LOADING));
    bool paused = gates_are_paused(call, flags);
    bool evicts_nothing =
        pause_is_on(call->server->pause, call->now_ms) && !pause_refuses(call->server->pause);
    enum gate gate = evicts_nothing ? GATE_OPEN : look_at_memory(call, flags);
    if (gate == GATE_OPEN) gate = look_at_role(call, flags);
    if (gate != GATE_OPEN) return gate;
    if (paused) return GATE_WAIT;
    return is_queued(call) ? queue(call) : GATE_OPEN;
}

__attribute__((noinline)) enum gate gates_look(struct call *call)
{
    return is_restricted_only(call) && is_granted(call) ? GATE_OPEN : look_at_all(call);
}
