#include "server/exec/executor.h"

#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/ticks.h"
#include "server/exec/command/table.h"
#include "server/exec/executor_detour.h"
#include "server/exec/gates/gates.h"
#include "server/exec/lateness.h"
#include "server/exec/request.h"
#include "server/exec/sampling.h"
#include "server/exec/session/census.h"

/* The command to run, its subcommand where there is one; NULL after a refusal. */
static inline __attribute__((always_inline)) const struct command_info *resolve(
    struct call *call, const struct command_info *named)
{
    bool plain = named != NULL && named->subcommand_count == 0 && command_accepts(named, call->argc);
    return __builtin_expect(plain, 1) ? named : executor_resolve(call, named);
}

/* Inside the access, which is closed then. */
static inline __attribute__((always_inline)) void run(struct call *call)
{
    if (__builtin_expect(call->guard != NULL, 0) && !call->guard(call))
        call->missed = true;
    else
        call->command->row->run(call);
    if (__builtin_expect(call->session->gates & GATE_TRACKER, 0) && !call->left_keys)
        call->session->on_read(call);
    if (__builtin_expect(call->loop->unfinished, 0))
        detour_close_access(call);
    else if (call->access.shards != 0)
        access_close(&call->access);
}

/* One reading of the clock ends a command and begins the next: reading it is what timing costs. */
static inline __attribute__((always_inline)) uint64_t end_timing(struct call *call, uint64_t start)
{
    struct loop *loop = call->loop;
    loop->ticks = ticks_now();
    return ticks_to_ns(loop->ticks - start, call->server->ns_per_tick) + call->asleep_ns;
}

static inline __attribute__((always_inline)) void count(struct call *call, uint64_t ns)
{
    struct counters *counters = &call->loop->counters;
    counters_command(counters, call->command->id, ns, SETTING(call->server->settings, latency_tracking));
    call->session->commands++;
    sampling_count(call, ns);
}

/* Whether somebody watches, or waits for what the command may bring, is asked inside the access: who comes
 * later is no concern of this command. */
static inline __attribute__((always_inline)) void run_timed(struct call *call)
{
    uint64_t start = call->loop->ticks;
    if (!detour_open_access(call) && !detour_open_again(call)) return;
    bool attention = census_attention(call->server->census) > 0;
    if (__builtin_expect(attention, 0) && !detour_attend(call)) return;
    run(call);
    if (__builtin_expect(call->missed, 0)) return;
    uint64_t ns = end_timing(call, start);
    count(call, ns);
    if (__builtin_expect(attention | lateness_is_possible(call->server->settings, ns), 0))
        executor_tell(call, call->session->db, ns);
    if (__builtin_expect(call->parted != NULL, 0)) detour_drop_parted(call);
}

static inline __attribute__((always_inline)) enum executed execute(struct call *call,
                                                                   const struct command_info *named)
{
    call->command = resolve(call, named);
    if (__builtin_expect(call->command == NULL, 0)) return detour_turn_away(call, GATE_REFUSED);
    if (call->command != named || call->first_hash == 0) detour_hash_key(call);
    call->session->last_command = call->command;
    enum gate gate = gates_ask(call);
    if (__builtin_expect(gate != GATE_OPEN, 0)) return detour_turn_away(call, gate);
    run_timed(call);
    if (__builtin_expect(call->missed, 0)) return detour_miss(call);
    uint32_t odd = call->session->gates & (GATE_TRACKER | GATE_SILENCE);
    if (__builtin_expect((odd | call->reply->errors) != 0, 0)) detour_end(call);
    return EXECUTED;
}

enum executed executor_run(struct call *call, const struct command_info *named)
{
    return execute(call, named);
}

/* Apart from the one above, so that it is inlined where a batch is executed. */
enum executed executor_run_request(const struct request *request, const struct slice *argv)
{
    struct session *session = request->session;
    struct call call = executor_call(session, &session->loop->reply, argv, (int)request->argc);
    call.first_hash = request->hash;
    call.input_end = request->end;
    session->active_ms = call.now_ms;
    return execute(&call, request->command);
}

uint64_t executor_run_inside(struct call *call)
{
    uint64_t start = call->loop->ticks;
    REQUIRE(call->access.shards != 0 || !call->command->one_key);
    call->inside = true;
    call->command->row->run(call);
    if (call->session->on_read != NULL) call->session->on_read(call);
    uint64_t ns = end_timing(call, start);
    count(call, ns);
    detour_end(call);
    call->reply->errors = 0;
    return ns;
}
