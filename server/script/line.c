#include "server/script/line.h"

#include <math.h>
#include <stdio.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/alloc.h"
#include "proto/base/number.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/acl/acl_check.h"
#include "server/exec/acl/denial.h"
#include "server/exec/command/key_walk.h"
#include "server/exec/command/table.h"
#include "server/exec/errors/errors.h"
#include "server/exec/errors/errors_script.h"
#include "server/exec/executor.h"
#include "server/exec/lateness.h"
#include "server/exec/session/census.h"
#include "server/exec/session/monitors.h"
#include "server/observe/errorstats.h"
#include "server/observe/secrets.h"
#include "server/script/engine.h"
#include "server/script/language/complaint.h"
#include "server/script/patience.h"
#include "server/script/play.h"
#include "server/script/texts.h"
#include "server/script/values/import.h"
#include "server/script/watchdog.h"
#include "storage/keyspace/access.h"

/* "%.17g" and its terminator. */
#define NUMBER_TEXT_MAX 32

/* Integers up to here are told exactly by a double, and written by "%.17g" as such. */
#define WHOLE_MAX 9007199254740992.0

static size_t format(char *out, lua_Number number)
{
    bool is_whole = number >= -WHOLE_MAX && number <= WHOLE_MAX && number == floor(number);
    if (is_whole && !(number == 0 && signbit(number))) return number_format_i64(out, (int64_t)number);
    return (size_t)snprintf(out, NUMBER_TEXT_MAX, "%.17g", number);
}

/* Before the first, since slices of them must stay. */
static void make_room(struct engine *engine, int argc)
{
    engine->numbers.len = 0;
    buffer_reserve(&engine->numbers, (size_t)argc * NUMBER_TEXT_MAX);
    if (engine->argv_cap >= (size_t)argc) return;
    engine->argv_cap = (size_t)argc * 2;
    engine->argv = alloc_resize(engine->argv, engine->argv_cap * sizeof(struct slice));
}

static struct slice text_of_number(struct engine *engine, lua_Number number)
{
    char *text = buffer_reserve(&engine->numbers, NUMBER_TEXT_MAX);
    size_t len = format(text, number);
    buffer_commit(&engine->numbers, NUMBER_TEXT_MAX);
    return slice_of(text, len);
}

/* What the arguments say, where it stands in Lua's strings. False: they say nothing, and a complaint is
 * pushed. */
static bool read_arguments(lua_State *lua, struct engine *engine, int argc)
{
    if (argc == 0) {
        complaint_push(lua, COMPLAINT_NOTHING);
        return false;
    }
    make_room(engine, argc);
    for (int i = 0; i < argc; i++) {
        int type = lua_type(lua, i + 1);
        size_t len = 0;
        if (type == LUA_TNUMBER) {
            engine->argv[i] = text_of_number(engine, lua_tonumber(lua, i + 1));
        } else if (type == LUA_TSTRING) {
            const char *text = lua_tolstring(lua, i + 1, &len);
            engine->argv[i] = slice_of(text, len);
        } else {
            complaint_push(lua, COMPLAINT_ARGUMENTS);
            return false;
        }
    }
    return true;
}

/* As executor_resolve(), which would refuse it in other words. */
static const struct command_info *resolve(const struct engine *engine, int argc, const char **complaint)
{
    const struct command_info *command = command_table_find(engine->loop->server->commands, engine->argv[0]);
    if (command != NULL && command->subcommand_count > 0 && argc > 1)
        command = command_find_subcommand(command, engine->argv[1]);
    if (command == NULL)
        *complaint = COMPLAINT_UNKNOWN;
    else if (!command_accepts(command, argc) || command->row->run == NULL)
        *complaint = COMPLAINT_ARITY;
    return command;
}

static bool lacks_memory(const struct play *play, uint32_t flags)
{
    return play->short_of_memory && (flags & CMD_GROWS) && !play->wrote && !(play->flags & SCRIPT_ALLOW_OOM);
}

/* As the user who runs the script. NULL: it may. */
static const char *look_at_rights(const struct engine *engine, const struct command_info *command, int argc)
{
    struct call call = *engine->play->call;
    call.argv = engine->argv;
    call.argc = argc;
    if (!(call.session->gates & GATE_RESTRICTED)) return NULL;
    switch (denial_of(&call, command, ACL_IN_SCRIPT).denial) {
    case ACL_GRANTED: return NULL;
    case ACL_NO_KEY: return COMPLAINT_KEY_RIGHT;
    case ACL_NO_CHANNEL: return COMPLAINT_CHANNEL_RIGHT;
    default: return COMPLAINT_COMMAND_RIGHT;
    }
}

/* In Redis's order. NULL: it may run. */
static const char *look_at_gates(const struct engine *engine, const struct command_info *command, int argc)
{
    const struct play *play = engine->play;
    uint32_t flags = command->flags;
    if (flags & (CMD_NOSCRIPT | CMD_APART)) return COMPLAINT_FORBIDDEN;
    const char *complaint = look_at_rights(engine, command, argc);
    if (complaint != NULL) return complaint;
    if (flags & (CMD_WRITE | CMD_MAY_REPLICATE) && play->flags & SCRIPT_NO_WRITES) return COMPLAINT_WRITES;
    return NULL;
}

static void tell_monitors(const struct call *call)
{
    struct public_words words = call_public_words(call);
    if (!(call->command->flags & (CMD_SKIP_MONITOR | CMD_ADMIN)))
        monitors_feed(call->session, call->session->db, &words);
}

/* As Redis, to which a script comes from nowhere. */
static void tell_late(const struct call *call, uint64_t ns)
{
    struct public_words words = call_public_words(call);
    lateness_report(&(struct late_command){ .session = call->session,
                                            .words = &words,
                                            .ns = ns,
                                            .peer = "?:0",
                                            .is_logged = !(call->command->flags & CMD_SKIP_SLOWLOG),
                                            .event = lateness_event(call->command->flags & CMD_FAST) });
}

/* Whoever waits for one of its keys may write to another one when it is there. */
static uint64_t reach_of(struct call *call, const struct access *access)
{
    uint64_t shards = 0;
    struct key_walk walk = key_walk(call->command->row, call->argv, call->argc);
    while (key_next(&walk)) {
        struct key key = keyspace_key(call->access.keyspace, call->argv[walk.arg]);
        shards |= call->loop->reach(call->loop, access, key);
    }
    return shards;
}

/* Declared or not. */
static void open_shards(struct call *call, struct access *access)
{
    if (call->server->loop_count > 1) {
        access_extend_shards(access, call_shards(call));
        bool reaches = call->command->flags & CMD_WRITE && census_get(&call->server->census->reaching) > 0;
        for (uint64_t further; reaches && (further = reach_of(call, access)) != 0;)
            access_extend_shards(access, further);
    }
    call->access = *access;
}

/* What a client reads by its scripts is remembered as what it reads itself. */
static void note_reads(struct call *call, struct session *caller)
{
    struct session *own = call->session;
    if (!(caller->gates & GATE_TRACKER)) return;
    call->session = caller;
    caller->on_read(call);
    call->session = own;
}

static void run(struct engine *engine, const struct command_info *command, int argc)
{
    struct play *play = engine->play;
    struct reply reply = { .out = &engine->reply };
    engine->reply.len = 0;
    engine->session.user = play->call->session->user; /* SORT asks it */
    engine->session.gates = play->call->session->gates & GATE_RESTRICTED;
    engine->session.in_script = true;
    engine->session.reads_only = play->flags & SCRIPT_NO_WRITES;
    struct call call = executor_call(&engine->session, &reply, engine->argv, argc);
    call.command = command;
    call.now_ms = play->call->now_ms;
    if (command->first_key != 0 && command->first_key < argc)
        call.first_hash = keyspace_key(call.access.keyspace, engine->argv[command->first_key]).hash;
    open_shards(&call, &play->call->access);
    engine->loop->ticks = ticks_now();
    uint64_t ns = executor_run_inside(&call);
    if (lateness_is_of_interest(call.server->settings, ns)) tell_late(&call, ns);
    note_reads(&call, play->call->session);
    if (census_get(&call.server->census->monitors) > 0) tell_monitors(&call);
}

static void begin_to_write(lua_State *lua, struct engine *engine)
{
    if (!watchdog_lets_write(engine->loop->server->watchdog)) patience_raise(lua);
    engine->play->wrote = true;
}

/* The complaint on top is one error more, of this kind, and a rejection of the command if there is one: not
 * of the script, should it reply it. */
static bool reject(lua_State *lua, struct engine *engine, const struct command_info *command,
                   struct slice kind)
{
    struct counters *counters = &engine->loop->counters;
    errorstats_count(engine->loop->server->errorstats, kind);
    counter_add(&counters->errors, 1);
    if (command != NULL) counter_add(&counters->by_command[command->id].rejected, 1);
    complaint_mark_counted(lua);
    return false;
}

/* False: it was refused, and a complaint is pushed. */
static bool say(lua_State *lua, struct engine *engine, int argc)
{
    const char *complaint = NULL;
    if (!read_arguments(lua, engine, argc)) return false;
    const struct command_info *command = resolve(engine, argc, &complaint);
    if (complaint == NULL) complaint = look_at_gates(engine, command, argc);
    if (complaint != NULL) {
        complaint_push(lua, complaint);
        return reject(lua, engine, command, SLICE("-ERR"));
    }
    if (lacks_memory(engine->play, command->flags)) {
        complaint_push_reply(lua, SLICE(ERR_OUT_OF_MEMORY));
        return reject(lua, engine, command, SLICE("-OOM"));
    }
    if (command->flags & CMD_WRITE && !engine->play->wrote) begin_to_write(lua, engine);
    run(engine, command, argc);
    return import_reply(lua, buffer_slice(&engine->reply));
}

static int line_call(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    return say(lua, engine, lua_gettop(lua)) ? 1 : lua_error(lua);
}

static int line_pcall(lua_State *lua)
{
    say(lua, engine_of(lua), lua_gettop(lua));
    return 1;
}

int line_is_allowed(lua_State *lua)
{
    const char *complaint = NULL;
    struct engine *engine = engine_of(lua);
    int argc = lua_gettop(lua);
    if (!read_arguments(lua, engine, argc)) return lua_error(lua);
    const struct command_info *command = resolve(engine, argc, &complaint);
    if (command == NULL) return complaint_raise(lua, "Invalid command passed to redis.acl_check_cmd()");
    const struct session *caller = engine->play != NULL ? engine->play->call->session : NULL;
    bool restricted = caller != NULL && caller->gates & GATE_RESTRICTED;
    bool allowed = !restricted || acl_check(caller->user, command, engine->argv, argc).denial == ACL_GRANTED;
    lua_pushboolean(lua, allowed);
    return 1;
}

void line_add(lua_State *lua)
{
    lua_pushcfunction(lua, line_call);
    lua_setfield(lua, -2, "call");
    lua_pushcfunction(lua, line_pcall);
    lua_setfield(lua, -2, "pcall");
}
