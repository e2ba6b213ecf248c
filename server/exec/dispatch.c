#include "server/exec/dispatch.h"

#include <stdatomic.h>

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/batch.h"
#include "server/exec/call.h"
#include "server/exec/census.h"
#include "server/exec/errors.h"
#include "server/exec/key_walk.h"
#include "server/exec/lateness.h"
#include "server/exec/monitors.h"
#include "server/exec/parking.h"
#include "server/exec/pause.h"
#include "server/exec/refusal.h"
#include "server/exec/table.h"
#include "server/memory/memory_limit.h"
#include "server/net/connection.h"
#include "server/observe/errorstats.h"
#include "server/upstream/clients/patron.h"
#include "server/upstream/tier.h"

/* --- gates -----------------------------------------------------------------------------------------------
 */

/* Not a command without subcommands that was given as many arguments as it takes. NULL after a refusal. */
static __attribute__((noinline)) const struct command_info *resolve_other(struct call *call,
                                                                          const struct command_info *command)
{
    if (command == NULL) {
        refuse_unknown_command(call);
        return NULL;
    }
    if (command->subcommand_count > 0 && call->argc > 1) {
        const struct command_info *sub = command_find_subcommand(command, call->argv[1]);
        if (sub == NULL) {
            refuse_unknown_subcommand(call, command);
            return NULL;
        }
        command = sub;
    }
    if (command_accepts(command, call->argc) && command->row->run != NULL) return command;
    refuse_arity(call, command);
    counter_add(&call->loop->counters.by_command[command->id].rejected, 1);
    return NULL;
}

/* The command to run, its subcommand where there is one; NULL after a refusal. */
static inline const struct command_info *resolve(struct call *call, const struct command_info *command)
{
    bool plain = command != NULL && command->subcommand_count == 0 && command_accepts(command, call->argc);
    return plain ? command : resolve_other(call, command);
}

static void count_rejected(struct call *call)
{
    counter_add(&call->loop->counters.by_command[call->command->id].rejected, 1);
}

static inline __attribute__((always_inline)) bool may_run(struct call *call)
{
    uint32_t flags = call->command->flags;
    if (!call->session->authenticated && !(flags & CMD_NO_AUTH)) {
        reply_error(call->reply, SLICE(ERR_NO_AUTH));
    } else if ((flags & CMD_GROWS) &&
               !memory_limit_admits(call->loop, call->argv, call->argc, call->first_hash)) {
        reply_error(call->reply, SLICE(ERR_OUT_OF_MEMORY));
    } else if (session_mixes_messages(call->session) && !(flags & CMD_SUBSCRIBER)) {
        reply_errorf(call->reply, ERR_SUBSCRIBER_FMT, call->command->full_name);
    } else if (call->session->monitor && (flags & (CMD_WRITE | CMD_READONLY))) {
        reply_error(call->reply, SLICE(ERR_MONITOR_KEYS));
    } else {
        return true;
    }
    count_rejected(call);
    return false;
}

static bool is_paused(const struct call *call)
{
    const struct pause *pause = call->server->pause;
    if (!pause_is_on(pause, call->now_ms)) return false;
    if (!pause_is_of_writes(pause)) return true;
    if (call->command == NULL) return call->server->tier == NULL || tier_pauses_writes_of(call);
    return call->command->flags & (CMD_WRITE | CMD_MAY_REPLICATE);
}

static bool is_held(const struct call *call)
{
    return (call->command->flags & CMD_GROWS) && memory_limit_holds(call->loop, call->argv, call->argc);
}

/* --- running ---------------------------------------------------------------------------------------------
 */

/* A call that is wrong about its keys has none: its handler refuses it, and needs no access. */
static bool open_shards_of_keys(struct call *call)
{
    struct keyspace *keyspace = call->access.keyspace;
    uint64_t shards = 0;
    struct key_walk walk = key_walk(call->command->row, call->argv, call->argc);
    while (key_next(&walk)) shards |= access_bit(keyspace, call_key(call, walk.arg).hash);
    if (walk.derived) return access_open_all(&call->access, keyspace);
    return shards == 0 || access_open_shards(&call->access, keyspace, shards);
}

/* False: what it needs is kept for long. */
static inline __attribute__((always_inline)) bool open_access(struct call *call)
{
    const struct command_info *command = call->command;
    struct keyspace *keyspace = call->access.keyspace;
    if (command->one_key) return access_open(&call->access, keyspace, call->first_hash);
    if (command->flags & CMD_ALL_SHARDS) return access_open_all(&call->access, keyspace);
    if (command->first_key == 0) return true;
    /* That locks nothing. */
    if (call->server->loop_count == 1) return access_open_all(&call->access, keyspace);
    return open_shards_of_keys(call);
}

static uint64_t further_shards(const struct call *call)
{
    uint64_t shards = 0;
    struct key_walk walk = key_walk(call->command->row, call->argv, call->argc);
    while (key_next(&walk)) shards |= call->loop->reach(call->loop, &call->access, call_key(call, walk.arg));
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
           (call->command->flags & CMD_WRITE) && call->access.shards != 0;
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

static inline __attribute__((always_inline)) void run(struct call *call)
{
    size_t start = call->loop->out.len;
    if (!get_access(call)) return;
    if (__builtin_expect(call->guarded, 0) && !tier_answers(call))
        call->missed = true;
    else
        call->command->row->run(call);
    if (__builtin_expect(call->session->on_read != NULL, 0)) call->session->on_read(call);
    if (__builtin_expect(call->loop->unserved, 0)) call->loop->serve(call);
    if (call->access.shards != 0 && !call->parted) access_close(&call->access);
    /* Reads of local copies are run first and taken back when a key was unknown: those that hit look their
     * keys up once, as without an upstream. */
    if (__builtin_expect(call->missed, 0))
        loop_take_back(call->loop, start);
    else if (call->cached)
        tier_hit(call);
}

static void count_errors(struct call *call)
{
    struct slice error =
        slice_of(call->loop->out.data + call->reply->error_at, call->loop->out.len - call->reply->error_at);
    errorstats_count(call->server->errorstats, error);
    counter_add(&call->loop->counters.errors, call->reply->errors);
}

static __attribute__((noinline)) void report_late(struct call *call, uint64_t ns)
{
    uint32_t flags = call->command->flags;
    if (call->session->waits & WAIT_KEYS) return; /* told when it is served */
    lateness_report(call, ns, !(flags & CMD_SKIP_SLOWLOG), flags & CMD_FAST);
}

static inline void observe(struct call *call, uint64_t ns)
{
    struct server *server = call->server;
    struct counters *counters = &call->loop->counters;
    counters_command(counters, call->command->id, ns, SETTING(server->settings, latency_tracking));
    if (call->reply->errors > 0) counter_add(&counters->by_command[call->command->id].failed, 1);
    if (lateness_is_of_interest(server->settings, ns)) report_late(call, ns);
    if (census_get(&server->census->monitors) > 0 && !(call->command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN)))
        monitors_feed(call);
}

/* One reading of the clock ends a command and begins the next: reading it is what timing costs. */
static inline __attribute__((always_inline)) void run_timed(struct call *call)
{
    struct loop *loop = call->loop;
    uint64_t start = loop->ticks;
    run(call);
    if (call->missed) return;
    loop->ticks = ticks_now();
    uint64_t ns = ticks_to_ns(loop->ticks - start, call->server->ns_per_tick) + call->asleep_ns;
    call->session->commands++;
    observe(call, ns);
    if (__builtin_expect(call->parted, 0)) access_close(&call->access);
}

/* CLIENT REPLY: take back what the client does not want to hear. */
static void apply_reply_mode(struct loop *loop, struct session *session, enum reply_mode before, size_t start)
{
    if (session->replies == REPLIES_ON && before == REPLIES_ON) return;
    if (session->replies != REPLIES_ON) loop_take_back(loop, start);
    if (loop->behind.len > 0) buffer_append(&loop->out, loop->behind.data, loop->behind.len);
    loop->behind.len = 0;
    if (session->replies == REPLIES_SKIP_NEXT)
        session->replies = REPLIES_SKIPPING;
    else if (session->replies == REPLIES_SKIPPING)
        session->replies = REPLIES_ON;
}

static struct call call_of(struct loop *loop, const struct request *request)
{
    struct session *session = &request->connection->session;
    return (struct call){
        .argv = loop->batch->args.items + request->args,
        .argc = (int)request->argc,
        .reply = &loop->reply,
        .session = session,
        .loop = loop,
        .server = loop->server,
        .access = { .keyspace = loop->server->keyspace },
        .first_hash = request->hash,
        .now_ms = loop->now_ms,
        .db = session->db,
        .input_end = request->end,
    };
}

/* The batch hashed the key of the container, which has none. */
static void hash_first_key(struct call *call)
{
    int first = call->command->first_key;
    if (first != 0) call->first_hash = keyspace_key(call->access.keyspace, call->argv[first]).hash;
}

static __attribute__((noinline, cold)) enum dispatched wait_paused(struct call *call)
{
    call_note_arguments(call);
    return DISPATCH_PAUSED;
}

/* Not from here, or not now. */
static __attribute__((noinline, cold)) enum dispatched missed(struct call *call)
{
    if (!call->parked) return tier_miss(call) == TIER_HELD ? DISPATCH_HELD : DISPATCH_DONE;
    call_note_arguments(call);
    return DISPATCH_PARKED;
}

static enum dispatched execute(struct call *call, const struct command_info *command)
{
    call->command = resolve(call, command);
    if (call->command == NULL) return DISPATCH_DONE;
    if (call->command != command) hash_first_key(call);
    call->session->last_command = call->command;
    if (is_paused(call) || is_held(call)) return wait_paused(call);
    if (may_run(call)) run_timed(call);
    return __builtin_expect(call->missed, 0) ? missed(call) : DISPATCH_DONE;
}

/* The short way of what a near cache is mostly asked for; tier_route() comes to the same. */
static inline bool reads_copies(const struct call *call, const struct command_info *command)
{
    const struct session *session = call->session;
    if (!call->loop->serves_copies || command == NULL || !command->reads_copies) return false;
    return command_accepts(command, call->argc) && session->authenticated && !session->monitor &&
           patron_is_free(session_connection(call->session)->patron);
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
    return tier_route(call, command);
}

static const enum dispatched dispatched_as[] = {
    [TIER_SENT] = DISPATCH_DONE, [TIER_HELD] = DISPATCH_HELD, [TIER_PAUSED] = DISPATCH_PAUSED
};

enum dispatched dispatch(struct loop *loop, const struct request *request)
{
    struct call call = call_of(loop, request);
    struct session *session = call.session;
    size_t start = loop->out.len;
    enum reply_mode mode = session->replies;
    session->active_ms = loop->now_ms;
    loop->reply.protocol = session->protocol;
    loop->reply.errors = 0;

    enum tier_verdict verdict = TIER_RUN;
    if (reads_copies(&call, request->command))
        call.cached = true;
    else if (__builtin_expect(loop->server->tier != NULL, 0))
        verdict = route(&call, request->command);
    enum dispatched dispatched =
        __builtin_expect(verdict == TIER_RUN, 1) ? execute(&call, request->command) : dispatched_as[verdict];
    if (dispatched != DISPATCH_DONE) return dispatched;
    if (loop->reply.errors > 0 && !buffer_is_full(&loop->out)) count_errors(&call);
    if (__builtin_expect(session->on_end != NULL, 0)) session->on_end(&call);
    apply_reply_mode(loop, session, mode, start);
    return DISPATCH_DONE;
}

/* --- outside of a batch ----------------------------------------------------------------------------------
 */

const struct command_info *dispatch_resolve(struct call *call, const struct command_info *command)
{
    return resolve_other(call, command);
}

void dispatch_queued(struct connection *connection, const struct slice *argv, int argc)
{
    struct loop *loop = connection->loop;
    struct session *session = &connection->session;
    loop_read_clock(loop);
    loop->ticks = ticks_now();
    loop->reply.protocol = session->protocol;
    loop->reply.errors = 0;
    struct call call = { .argv = argv,
                         .argc = argc,
                         .reply = &loop->reply,
                         .session = session,
                         .loop = loop,
                         .server = loop->server,
                         .access = { .keyspace = loop->server->keyspace },
                         .now_ms = loop->now_ms,
                         .db = session->db };
    call.command = resolve_other(&call, command_table_find(loop->server->commands, argv[0]));
    session->executing = true;
    if (call.command != NULL && may_run(&call)) run_timed(&call);
    session->executing = false;
    if (loop->reply.errors > 0) count_errors(&call);
}
