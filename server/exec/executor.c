#include "server/exec/executor.h"

#include <stdio.h>

#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/take_back.h"
#include "server/core/ticks.h"
#include "server/exec/aftermath.h"
#include "server/exec/census.h"
#include "server/exec/errors.h"
#include "server/exec/gates.h"
#include "server/exec/key_walk.h"
#include "server/exec/lateness.h"
#include "server/exec/monitors.h"
#include "server/exec/multi.h"
#include "server/exec/parking.h"
#include "server/exec/refusal.h"
#include "server/exec/request.h"
#include "server/exec/table.h"
#include "server/observe/errorstats.h"
#include "server/observe/secrets.h"
#include "storage/entry/long_text.h"

/* --- which command ---------------------------------------------------------------------------------------
 */

static void refuse_arguments(struct call *call, const struct command_info *command)
{
    char text[128];
    int len = snprintf(text, sizeof(text), ERR_ARITY_FMT, command->full_name);
    gates_refuse(call, command, slice_of(text, (size_t)len));
}

/* What CLIENT LIST tells is what was looked up, also when it is refused then. */
static void note_last(struct session *session, const struct command_info *command)
{
    session->last_command = command;
    session->last_passed = NULL;
}

/* Not a command without subcommands that was given as many arguments as it takes. */
__attribute__((noinline)) const struct command_info *executor_resolve(struct call *call,
                                                                      const struct command_info *named)
{
    note_last(call->session, named);
    if (named == NULL) {
        refuse_unknown_command(call);
        multi_doom(call->session);
        return NULL;
    }
    if (named->subcommand_count > 0 && call->argc > 1) {
        const struct command_info *sub = command_find_subcommand(named, call->argv[1]);
        note_last(call->session, sub);
        if (sub == NULL) {
            refuse_unknown_subcommand(call, named);
            multi_doom(call->session);
            return NULL;
        }
        named = sub;
    }
    if (command_accepts(named, call->argc) && named->row->run != NULL) return named;
    refuse_arguments(call, named);
    return NULL;
}

/* The command to run, its subcommand where there is one; NULL after a refusal. */
static inline const struct command_info *resolve(struct call *call, const struct command_info *command)
{
    bool plain = command != NULL && command->subcommand_count == 0 && command_accepts(command, call->argc);
    return plain ? command : executor_resolve(call, command);
}

/* The batch hashed the key of the container, which has none. */
static void hash_first_key(struct call *call)
{
    int first = call->command->first_key;
    if (first != 0) call->first_hash = keyspace_key(call->access.keyspace, call->argv[first]).hash;
}

/* --- its access ------------------------------------------------------------------------------------------
 */

/* A call that is wrong about its keys has none: its handler refuses it, and needs no access. */
static __attribute__((noinline)) bool open_shards(struct call *call)
{
    struct keyspace *keyspace = call->access.keyspace;
    uint64_t shards = call_shards(call);
    if (shards == access_all_bits(keyspace)) return access_open_all(&call->access, keyspace);
    return shards == 0 || access_open_shards(&call->access, keyspace, shards);
}

/* False: what it needs is kept for long. */
static inline __attribute__((always_inline)) bool open_access(struct call *call)
{
    const struct command_info *command = call->command;
    struct keyspace *keyspace = call->access.keyspace;
    if (command->one_key) return access_open(&call->access, keyspace, call->first_hash);
    if (command->flags & CMD_ALL_SHARDS) return access_open_all(&call->access, keyspace);
    if (command->first_key == 0 && command->row->shards == NULL) return true;
    /* That locks nothing. */
    if (call->server->loop_count == 1) return access_open_all(&call->access, keyspace);
    return open_shards(call);
}

static uint64_t further_shards_of(const struct call *call, const struct command_info *command,
                                  const struct slice *argv, int argc)
{
    uint64_t shards = 0;
    struct key_walk walk = key_walk(command->row, argv, argc);
    while (key_next(&walk)) {
        struct key key = keyspace_key(call->access.keyspace, argv[walk.arg]);
        shards |= call->loop->reach(call->loop, &call->access, key);
    }
    return shards;
}

/* Of EXEC, what those need that it executes. */
static uint64_t further_shards(const struct call *call)
{
    const struct multi *multi = call->session->multi;
    if (!(call->command->flags & CMD_EXECUTES) || multi == NULL)
        return further_shards_of(call, call->command, call->argv, call->argc);
    uint64_t shards = 0;
    for (const struct queued *queued = multi->first; queued != NULL; queued = queued->next)
        if (queued->command->flags & CMD_WRITE)
            shards |= further_shards_of(call, queued->command, queued->argv, queued->argc);
    return shards;
}

/* Somebody waits for a key and will write to another one when it is there. Nothing has run yet. */
static __attribute__((noinline, cold)) bool reach_further(struct call *call)
{
    for (uint64_t further; (further = further_shards(call)) != 0;) {
        uint64_t shards = call->access.shards | further;
        access_close(&call->access);
        if (!access_open_shards(&call->access, call->access.keyspace, shards)) return false;
    }
    return true;
}

static inline __attribute__((always_inline)) bool may_reach_further(const struct call *call)
{
    return __builtin_expect(census_get(&call->server->census->reaching) > 0, 0) &&
           (call->command->flags & (CMD_WRITE | CMD_EXECUTES)) && call->access.shards != 0;
}

static inline __attribute__((always_inline)) bool open_all_of_it(struct call *call)
{
    return __builtin_expect(open_access(call), 1) && (!may_reach_further(call) || reach_further(call));
}

/* It may have been closed since it was refused: then nobody would wake it. */
static __attribute__((noinline, cold)) bool ask_again(struct call *call)
{
    parking_note(call->loop);
    if (open_all_of_it(call)) return true;
    call_park(call);
    return false;
}

static inline __attribute__((always_inline)) bool get_access(struct call *call)
{
    return __builtin_expect(open_all_of_it(call), 1) || ask_again(call);
}

static inline __attribute__((always_inline)) void close_access(struct call *call)
{
    if (call->access.shards != 0) access_close(&call->access);
    if (__builtin_expect(call->loop->aftermath != NULL, 0)) aftermath_run(call->loop);
}

bool executor_open_shard(struct call *call, unsigned index)
{
    struct keyspace *keyspace = call->access.keyspace;
    if (call->inside || access_open_at(&call->access, keyspace, index)) return true;
    parking_note(call->loop);
    return access_open_at(&call->access, keyspace, index);
}

void executor_close_shard(struct call *call)
{
    if (!call->inside) access_close(&call->access);
}

/* --- running ---------------------------------------------------------------------------------------------
 */

/* Reads of local copies are run first and taken back when a key was unknown: those that hit look their keys
 * up once, as without an upstream. */
static inline __attribute__((always_inline)) void run(struct call *call)
{
    if (!get_access(call)) return;
    if (__builtin_expect(call->guard != NULL, 0) && !call->guard(call))
        call->missed = true;
    else
        call->command->row->run(call);
    if (__builtin_expect(call->session->on_read != NULL, 0)) call->session->on_read(call);
    if (__builtin_expect(call->loop->unserved, 0)) call->loop->serve(call);
    close_access(call);
    if (__builtin_expect(call->missed, 0)) take_back(call->reply, call->start);
}

static inline __attribute__((always_inline)) void count(struct call *call, uint64_t ns)
{
    struct counters *counters = &call->loop->counters;
    counters_command(counters, call->command->id, ns, SETTING(call->server->settings, latency_tracking));
    if (call->reply->errors > 0) counter_add(&counters->by_command[call->command->id].failed, 1);
    call->session->commands++;
}

static struct public_words words_of(const struct call *call)
{
    return (struct public_words){ .argv = call->argv, .argc = call->argc, .secrets = call->redacted };
}

static __attribute__((noinline)) void tell_late(struct call *call, uint64_t ns)
{
    uint32_t flags = call->command->flags;
    struct public_words words = words_of(call);
    if (call->session->waits & WAIT_KEYS) return; /* told when it is served */
    lateness_report(&(struct late_command){ .session = call->session,
                                            .words = &words,
                                            .ns = ns,
                                            .is_logged = !(flags & CMD_SKIP_SLOWLOG),
                                            .event = lateness_event(flags & CMD_FAST) });
}

/* With the database that the client is in now, after a SELECT. */
static __attribute__((noinline)) void tell_monitors(struct call *call)
{
    struct public_words words = words_of(call);
    monitors_feed(call->session, call->session->db, &words);
    if (call->access.shards == 0 && !call->inside) aftermath_run(call->loop);
}

static inline __attribute__((always_inline)) void tell(struct call *call, uint64_t ns)
{
    const struct server *server = call->server;
    if (lateness_is_of_interest(server->settings, ns)) tell_late(call, ns);
    if (census_get(&server->census->monitors) > 0 && !(call->command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN)))
        tell_monitors(call);
}

void executor_tell(struct call *call, uint64_t ns)
{
    tell(call, ns);
}

/* One reading of the clock ends a command and begins the next: reading it is what timing costs. */
static inline __attribute__((always_inline)) uint64_t end_timing(struct call *call, uint64_t start)
{
    struct loop *loop = call->loop;
    loop->ticks = ticks_now();
    return ticks_to_ns(loop->ticks - start, call->server->ns_per_tick) + call->asleep_ns;
}

static inline __attribute__((always_inline)) void run_timed(struct call *call)
{
    uint64_t start = call->loop->ticks;
    run(call);
    if (__builtin_expect(call->missed, 0)) return;
    uint64_t ns = end_timing(call, start);
    count(call, ns);
    tell(call, ns);
    if (__builtin_expect(call->parted != NULL, 0)) pin_drop(&(struct pin){ .place = call->parted });
}

/* --- what it replied -------------------------------------------------------------------------------------
 */

static __attribute__((noinline)) void count_errors(struct call *call)
{
    const struct buffer *out = call->reply->out;
    if (buffer_is_full(out)) return;
    size_t at = call->reply->error_at;
    errorstats_count(call->server->errorstats, slice_of(out->data + at, out->len - at));
    counter_add(&call->loop->counters.errors, call->reply->errors);
}

/* Bytes that were pushed to the client meanwhile are wanted nevertheless. */
static void silence(struct call *call)
{
    struct buffer *behind = &call->loop->behind;
    take_back(call->reply, call->start);
    if (behind->len > 0) buffer_append(call->reply->out, behind->data, behind->len);
    behind->len = 0;
}

/* What was said to others, or to itself, because of it, goes behind it. What EXEC replies was silenced, or
 * not, command by command. */
static __attribute__((noinline)) void end_reply(struct call *call)
{
    struct session *session = call->session;
    if (session->on_end != NULL && !call->inside) session->on_end(call);
    bool executes = call->command != NULL && call->command->flags & CMD_EXECUTES;
    if (session_is_silent(session) && !executes) silence(call);
    if (call->inside) return;
    if (session->replies == REPLIES_SKIP_NEXT)
        session->replies = REPLIES_SKIPPING;
    else if (session->replies == REPLIES_SKIPPING)
        session->replies = REPLIES_ON;
}

static inline __attribute__((always_inline)) void settle(struct call *call)
{
    if (__builtin_expect(call->reply->errors > 0, 0)) count_errors(call);
    const struct session *session = call->session;
    bool is_plain = session->on_end == NULL && ((int)session->replies | call->replies_before) == REPLIES_ON;
    if (!__builtin_expect(is_plain, 1)) end_reply(call);
}

void executor_settle(struct call *call)
{
    settle(call);
}

/* --- the ways in -----------------------------------------------------------------------------------------
 */

static __attribute__((noinline, cold)) enum executed wait(struct call *call, enum executed why)
{
    call_note_arguments(call);
    return why;
}

/* Not from here, or not now. */
static __attribute__((noinline, cold)) enum executed missed(struct call *call)
{
    return call->parked ? wait(call, EXECUTED_PARKED) : EXECUTED_MISSED;
}

static inline __attribute__((always_inline)) enum executed run_named(struct call *call,
                                                                     const struct command_info *named)
{
    call->command = resolve(call, named);
    if (__builtin_expect(call->command != NULL, 1)) {
        if (call->command != named || call->first_hash == 0) hash_first_key(call);
        call->session->last_command = call->command;
        enum gate gate = gates_ask(call);
        if (__builtin_expect(gate == GATE_OPEN, 1))
            run_timed(call);
        else if (gate == GATE_WAIT)
            return wait(call, EXECUTED_WAIT);
    }
    if (__builtin_expect(call->missed, 0)) return missed(call);
    settle(call);
    return EXECUTED;
}

enum executed executor_run(struct call *call, const struct command_info *named)
{
    return run_named(call, named);
}

/* Apart from the one above, so that it is inlined where a batch is executed. */
enum executed executor_run_request(const struct request *request, const struct slice *argv)
{
    struct session *session = request->session;
    struct call call = executor_call(session, &session->loop->reply, argv, (int)request->argc);
    call.first_hash = request->hash;
    call.input_end = request->end;
    session->active_ms = call.now_ms;
    return run_named(&call, request->command);
}

uint64_t executor_run_inside(struct call *call)
{
    uint64_t start = call->loop->ticks;
    REQUIRE(call->access.shards != 0 || !call->command->one_key);
    call->inside = true;
    call->command->row->run(call);
    if (__builtin_expect(call->session->on_read != NULL, 0)) call->session->on_read(call);
    uint64_t ns = end_timing(call, start);
    count(call, ns);
    settle(call);
    call->reply->errors = 0;
    return ns;
}
