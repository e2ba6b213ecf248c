#include "server/script/play.h"

#include <lua5.1/lauxlib.h>

#include "proto/reply.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors_script.h"
#include "server/exec/session/census.h"
#include "server/exec/session/monitors.h"
#include "server/exec/session/session.h"
#include "server/observe/secrets.h"
#include "server/script/engine.h"
#include "server/script/interlude.h"
#include "server/script/language/complaint.h"
#include "server/script/language/sandbox.h"
#include "server/script/patience.h"
#include "server/script/repertoire.h"
#include "server/script/stage_name.h"
#include "server/script/values/export.h"
#include "server/script/watchdog.h"

/* What `perform` finds in its upvalues. */
enum { GLOBALS = 1, DESCRIBE, KEYS_NAME, ARGV_NAME };

const char *play_name(const struct play *play)
{
    return play->piece->script->name;
}

static void set_global(lua_State *lua, int name, const struct slice *texts, int count)
{
    lua_pushvalue(lua, lua_upvalueindex(name));
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(lua, texts[i].data, texts[i].len);
        lua_rawseti(lua, -2, i + 1);
    }
    lua_rawset(lua, lua_upvalueindex(GLOBALS));
}

/* Of a failure that is no complaint. One that is to end is given no memory. */
static const char *reason_of(lua_State *lua, const struct play *play)
{
    if (play->killed) return COMPLAINT_KILLED;
    return lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "execution failure";
}

static void reply_complaint(lua_State *lua, struct play *play)
{
    struct reply *reply = play->call->reply;
    const char *name = play_name(play);
    struct complaint complaint;
    if (!lua_istable(lua, -1)) {
        reply_errorf(reply, ERR_SCRIPT_FAILED_FMT, name, reason_of(lua, play));
        return;
    }
    complaint_read(lua, lua_gettop(lua), &complaint);
    if (complaint.text.data == NULL) complaint.text = SLICE("ERR unknown error");
    if (complaint.source.len > 0)
        reply_errorf(reply, "%.*s script: %s, on %s:%ld.", (int)complaint.text.len, complaint.text.data, name,
                     complaint.source.data, complaint.line);
    else
        reply_error(reply, complaint.text);
    if (complaint.counted) reply->errors--;
}

static int perform(lua_State *lua)
{
    struct play *play = lua_touserdata(lua, 1);
    const struct slice *argv = play->call->argv;
    int first = play->first_key, behind = first + play->keys;
    set_global(lua, KEYS_NAME, argv + first, play->keys);
    set_global(lua, ARGV_NAME, argv + behind, play->call->argc - behind);
    lua_pushvalue(lua, lua_upvalueindex(DESCRIBE));
    lua_rawgeti(lua, LUA_REGISTRYINDEX, play->piece->function);
    play->underway = true;
    int failure = lua_pcall(lua, 0, 1, 2);
    play->underway = false;
    if (failure == 0)
        export_value(lua, play->call->reply, engine_of(lua)->session.protocol);
    else
        reply_complaint(lua, play);
    return 0;
}

void play_prepare(lua_State *lua)
{
    sandbox_push_globals(lua);
    lua_pushcfunction(lua, complaint_describe);
    lua_pushliteral(lua, "KEYS");
    lua_pushliteral(lua, "ARGV");
    lua_pushcclosure(lua, perform, 4);
    engine_of(lua)->perform = luaL_ref(lua, LUA_REGISTRYINDEX);
}

/* Whatever it wrote so far. */
static void replace_reply(struct play *play, const char *text)
{
    struct reply *reply = play->call->reply;
    buffer_truncate(reply->out, play->start);
    reply->errors = 0;
    reply_errorf(reply, ERR_SCRIPT_FAILED_FMT, play_name(play), text);
}

static void perform_on(void *context)
{
    struct engine *engine = context;
    lua_State *lua = engine->lua;
    struct play *play = &engine->current;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, engine->perform);
    lua_pushlightuserdata(lua, play);
    if (lua_pcall(lua, 1, 0, 0) != 0) replace_reply(play, reason_of(lua, play));
    lua_settop(lua, 0);
    engine->collected_bytes = 0;
    engine_make_room(engine);
}

static void assume_role(struct engine *engine, const struct call *call)
{
    struct session *session = &engine->session;
    const struct session *caller = call->session;
    session->ops = &stage_name_ops;
    session->loop = call->loop;
    session->account = caller->account;
    session->id = caller->id;
    session->no_touch = caller->no_touch;
    session->db = call->db;
    session->protocol = 2;
    session->executing = true;
}

/* As of what a script has said, but before that. */
static void tell_monitors(const struct call *call)
{
    struct public_words words = { .argv = call->argv, .argc = call->argc };
    monitors_feed(call->session, call->db, &words);
}

/* What its first line says of it, if it has one. False: then it may not run, as was replied. */
static bool is_admitted(struct play *play)
{
    struct reply *reply = play->call->reply;
    uint32_t says = play->piece->script->flags;
    bool demands_reading = play->flags & SCRIPT_NO_WRITES;
    play->short_of_memory = play->call->short_of_memory;
    play->flags |= says;
    if (says & SCRIPT_PLAIN) return true;
    if (demands_reading && !(says & SCRIPT_NO_WRITES)) {
        reply_error(reply, SLICE(ERR_SCRIPT_READ_ONLY));
        return false;
    }
    if (play->short_of_memory && !(says & (SCRIPT_ALLOW_OOM | SCRIPT_NO_WRITES))) {
        reply_error(reply, SLICE(ERR_SCRIPT_OOM));
        return false;
    }
    return true;
}

void play_end(struct engine *engine)
{
    struct play *play = &engine->current;
    watchdog_end(engine->loop->server->watchdog);
    engine->play = NULL;
    if (play->busy || play->killed || play->call->access.kept) patience_end(engine, play);
}

void play_run(struct engine *engine, const struct play *given)
{
    struct play *play = &engine->current;
    struct call *call = given->call;
    *play = *given;
    if (census_get(&call->server->census->monitors) > 0) tell_monitors(call);
    if (!is_admitted(play)) return;
    assume_role(engine, call);
    engine->limit_bytes = (size_t)SETTING(call->server->settings, lua_memory_limit);
    play->began = call->loop->ticks;
    play->start = call->reply->out->len;
    patience_renew(engine);
    engine->play = play;
    watchdog_begin(call->server->watchdog);
    if (interlude_begin(engine, perform_on)) play_end(engine);
}
