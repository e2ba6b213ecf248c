#include "server/exec/executor_detour.h"

#include <stdio.h>

#include "proto/base/contract.h"
#include "server/config/settings.h"
#include "server/core/take_back.h"
#include "server/core/ticks.h"
#include "server/exec/aftermath.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/refusal.h"
#include "server/exec/executor.h"
#include "server/exec/gates/gates.h"
#include "server/exec/lateness.h"
#include "server/exec/parking.h"
#include "server/exec/sampling.h"
#include "server/exec/session/census.h"
#include "server/exec/session/monitors.h"
#include "server/exec/transaction/multi.h"
#include "server/observe/errorstats.h"
#include "server/observe/secrets.h"
#include "storage/entry/long_text.h"
#include "storage/keyspace/hold.h"

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

/* The batch hashed the key of the container, which has none; EVAL need not have one. */
void detour_hash_key(struct call *call)
{
    int first = call->command->first_key;
    if (first != 0 && first < call->argc)
        call->first_hash = keyspace_key(call->access.keyspace, call->argv[first]).hash;
}

/* It, or what it executes, finds out on the way which shards it needs. */
static bool extends(const struct call *call)
{
    const struct multi *multi = call->session->multi;
    if (call->command->flags & CMD_EXECUTES && multi != NULL) return multi->flags & CMD_EXTENDS;
    return call->command->flags & CMD_EXTENDS;
}

/* It may have no shard yet, and is to be closed all the same. */
static bool open_extending(struct call *call, uint64_t shards)
{
    if (!hold_open(&call->access, call->access.keyspace, shards)) return false;
    call->loop->unfinished = true;
    return true;
}

/* A call that is wrong about its keys has none: its handler refuses it, and needs no access. */
bool detour_open_shards(struct call *call)
{
    struct keyspace *keyspace = call->access.keyspace;
    uint64_t shards = call_shards(call);
    if (extends(call)) return open_extending(call, shards);
    if (shards == access_all_bits(keyspace)) return access_open_all(&call->access, keyspace);
    return shards == 0 || access_open_shards(&call->access, keyspace, shards);
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
static bool reach_further(struct call *call)
{
    for (uint64_t further; (further = further_shards(call)) != 0;) {
        uint64_t shards = call->access.shards | further;
        bool token = call->access.token;
        access_close(&call->access);
        struct keyspace *keyspace = call->access.keyspace;
        bool open = token ? access_open_token(&call->access, keyspace, shards)
                          : access_open_shards(&call->access, keyspace, shards);
        if (!open) return false;
    }
    return true;
}

static bool may_reach_further(const struct call *call)
{
    return census_get(&call->server->census->reaching) > 0 &&
           (call->command->flags & (CMD_WRITE | CMD_EXECUTES)) && call->access.shards != 0;
}

static bool open_all_of_it(struct call *call)
{
    return detour_open_access(call) && (!may_reach_further(call) || reach_further(call));
}

/* What it waits for may be free since it was refused: then nobody would wake it. */
__attribute__((noinline)) bool detour_open_again(struct call *call)
{
    parking_note(call->loop);
    if (open_all_of_it(call)) return true;
    call_park(call);
    return false;
}

__attribute__((noinline)) bool detour_attend(struct call *call)
{
    return !may_reach_further(call) || reach_further(call) || detour_open_again(call);
}

__attribute__((noinline)) void detour_close_access(struct call *call)
{
    struct loop *loop = call->loop;
    if (loop->unserved) loop->serve(call);
    if (call->access.kept)
        parking_wake(call->server, hold_close(&call->access));
    else if (call->access.shards != 0 || call->access.token)
        access_close(&call->access);
    aftermath_run(loop);
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
    if (call->inside) return;
    if (call->loop->unserved) call->loop->serve(call);
    access_close(&call->access);
}

void executor_tell_late(struct call *call, uint64_t ns)
{
    uint32_t flags = call->command->flags;
    struct public_words words = call_public_words(call);
    if (!lateness_is_of_interest(call->server->settings, ns)) return;
    bool goes_on = call->session->suspended && call->session->held;
    if (call->session->waits & WAIT_KEYS || goes_on) return; /* told when it has ended */
    lateness_report(&(struct late_command){ .session = call->session,
                                            .words = &words,
                                            .ns = ns,
                                            .is_logged = !(flags & CMD_SKIP_SLOWLOG),
                                            .event = lateness_event(flags & CMD_FAST) });
}

static void tell_monitors(struct call *call, unsigned db)
{
    struct public_words words = call_public_words(call);
    monitors_feed(call->session, db, &words);
    aftermath_run(call->loop);
}

__attribute__((noinline)) void executor_tell(struct call *call, unsigned db, uint64_t ns)
{
    const struct server *server = call->server;
    if (call->executes && call->session->running != NULL) return; /* the same */
    executor_tell_late(call, ns);
    if (census_get(&server->census->monitors) > 0 && !(call->command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN)))
        tell_monitors(call, db);
}

void detour_drop_parted(struct call *call)
{
    pin_drop(&(struct pin){ .place = call->parted });
}

static __attribute__((noinline)) void count_errors(struct call *call)
{
    const struct buffer *out = call->reply->out;
    uint32_t counted = call->reply->counted;
    call->reply->counted = 0;
    if (buffer_is_full(out) || call->reply->errors <= counted) return;
    size_t at = call->reply->error_at;
    errorstats_count(call->server->errorstats, slice_of(out->data + at, out->len - at));
    counter_add(&call->loop->counters.errors, call->reply->errors - counted);
}

/* Bytes that were pushed to the client meanwhile are wanted nevertheless. */
static void silence(struct call *call)
{
    struct buffer *behind = &call->loop->behind;
    take_back(call->reply, call->start);
    if (behind->len > 0) buffer_append(call->reply->out, behind->data, behind->len);
    behind->len = 0;
}

/* SKIP is of one command. */
static void advance_skip(struct session *session)
{
    if (session->replies == REPLIES_SKIP_NEXT)
        session_set_replies(session, REPLIES_SKIPPING);
    else if (session->replies == REPLIES_SKIPPING)
        session_set_replies(session, REPLIES_ON);
}

/* What was said to others, or to itself, because of it, goes behind it. What EXEC replies was silenced, or
 * not, command by command. */
__attribute__((noinline)) void executor_settle(struct call *call)
{
    struct session *session = call->session;
    if (call->reply->errors > 0) count_errors(call);
    bool is_over = !call->inside && session->running == NULL; /* EXEC may go on when its access is closed */
    if (session->on_end != NULL && is_over) session->on_end(call);
    if (session_is_silent(session) && !call->executes) silence(call);
    if (is_over) advance_skip(session);
}

/* Behind a read of a client that tracks there is mostly nothing to do. */
static bool ends_quietly(const struct call *call)
{
    bool is_odd = call->session->gates & (GATE_SILENCE | GATE_END) || call->reply->errors > 0;
    return !is_odd && !call->loop->unposted;
}

__attribute__((noinline)) void detour_end(struct call *call)
{
    if (ends_quietly(call)) return;
    struct counters *counters = &call->loop->counters;
    if (call->reply->errors > 0) counter_add(&counters->by_command[call->command->id].failed, 1);
    executor_settle(call);
}

static enum executed wait(struct call *call, enum executed why)
{
    call_note_arguments(call);
    return why;
}

__attribute__((noinline)) enum executed detour_turn_away(struct call *call, enum gate gate)
{
    if (gate == GATE_WAIT) return wait(call, EXECUTED_WAIT);
    executor_settle(call);
    return EXECUTED;
}

/* Not from here, or not now: reads of local copies are run first and taken back when a key was unknown, so
 * that those that hit look their keys up once, as without an upstream. */
__attribute__((noinline)) enum executed detour_miss(struct call *call)
{
    take_back(call->reply, call->start);
    sampling_look(call->loop);
    return call->parked ? wait(call, EXECUTED_PARKED) : EXECUTED_MISSED;
}
