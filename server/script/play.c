#include "server/script/play.h"

#include <lua5.1/lauxlib.h>

#include "proto/reply.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors.h"
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
#include "server/script/stage_name.h"
#include "server/script/texts.h"
#include "server/script/values/export.h"
#include "server/script/watchdog.h"

/* Memory of a script's reply that is kept for the next. */
#define REPLY_KEPT_BYTES ((size_t)1 << 20)

/* What `perform` finds in its upvalues. */
enum { GLOBALS = 1, DESCRIBE, KEYS_NAME, ARGV_NAME };

static void push_texts(lua_State *lua, const struct slice *texts, int count)
{
    lua_createtable(lua, count, 0);
    for (int i = 0; i < count; i++) {
        lua_pushlstring(lua, texts[i].data, texts[i].len);
        lua_rawseti(lua, -2, i + 1);
    }
}

static void set_global(lua_State *lua, int name, const struct slice *texts, int count)
{
    lua_pushvalue(lua, lua_upvalueindex(name));
    push_texts(lua, texts, count);
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
    const char *name = play->name;
    struct complaint complaint;
    if (!lua_istable(lua, -1)) {
        reply_errorf(reply, ERR_SCRIPT_FAILED_FMT, name, reason_of(lua, play));
        return;
    }
    complaint_read(lua, lua_gettop(lua), &complaint);
    if (complaint.text.data == NULL) complaint.text = SLICE("ERR unknown error");
    if (play->killed) complaint.text = SLICE("ERR " COMPLAINT_KILLED);
    if (complaint.source.len > 0)
        reply_errorf(reply, "%.*s script: %s, on %s:%ld.", (int)complaint.text.len, complaint.text.data, name,
                     complaint.source.data, complaint.line);
    else
        reply_error(reply, complaint.text);
    if (complaint.counted) reply->counted++;
}

static void push_script(lua_State *lua, const struct play *play, const struct slice *keys, int behind)
{
    set_global(lua, KEYS_NAME, keys, play->keys);
    set_global(lua, ARGV_NAME, keys + play->keys, behind);
    lua_rawgeti(lua, LUA_REGISTRYINDEX, play->function);
}

static void push_function(lua_State *lua, const struct play *play, const struct slice *keys, int behind)
{
    lua_rawgeti(lua, LUA_REGISTRYINDEX, play->function);
    push_texts(lua, keys, play->keys);
    push_texts(lua, keys + play->keys, behind);
}

/* Apart from the call's own reply: a long one may rest in the midst of it, while the loop writes others where
 * that stands. What a command has replied is read by now, and its buffer is free. */
static void export_result(lua_State *lua, struct play *play)
{
    struct engine *engine = engine_of(lua);
    engine->reply.len = 0;
    struct reply apart = { .out = &engine->reply,
                           .protocol = play->call->reply->protocol,
                           .seventeen = play->call->reply->seventeen };
    export_value(lua, &apart, engine->session.protocol);
    struct reply *reply = play->call->reply;
    if (apart.errors != 0) reply->error_at = reply->out->len + apart.error_at;
    reply->errors += apart.errors;
    reply->counted += apart.counted;
    reply->opened |= apart.opened;
    buffer_append(reply->out, engine->reply.data, engine->reply.len);
    if (engine->reply.cap > REPLY_KEPT_BYTES) buffer_clear(&engine->reply);
}

static int perform(lua_State *lua)
{
    struct play *play = lua_touserdata(lua, 1);
    const struct slice *keys = play->call->argv + play->first_key;
    int behind = play->call->argc - play->first_key - play->keys;
    lua_pushvalue(lua, lua_upvalueindex(DESCRIBE));
    if (play->of_library)
        push_function(lua, play, keys, behind);
    else
        push_script(lua, play, keys, behind);
    play->underway = true;
    int failure = lua_pcall(lua, play->of_library ? 2 : 0, 1, 2);
    if (failure == 0) export_result(lua, play);
    play->underway = false;
    if (failure != 0) reply_complaint(lua, play);
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
    reply->errors = reply->counted = 0;
    reply_errorf(reply, ERR_SCRIPT_FAILED_FMT, play->name, text);
}

static void perform_on(void *context)
{
    struct engine *engine = context;
    lua_State *lua = engine->lua;
    struct play *play = &engine->current;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, engine->perform);
    lua_pushlightuserdata(lua, play);
    if (lua_pcall(lua, 1, 0, 0) != 0) replace_reply(play, reason_of(lua, play));
    play->underway = false;
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

void play_announce(const struct call *call)
{
    if (census_get(&call->server->census->monitors) == 0) return;
    struct public_words words = call_public_words(call);
    monitors_feed(call->session, call->db, &words);
}

/* By what it says of itself, if it does. NULL: it may run. */
static const char *look_at_flags(const struct play *play, bool demands_reading)
{
    if (play->says & SCRIPT_PLAIN) return NULL;
    if (play->short_of_memory && !(play->says & (SCRIPT_ALLOW_OOM | SCRIPT_NO_WRITES)))
        return play->call->inside ? ERR_SCRIPT_OOM : ERR_OUT_OF_MEMORY;
    return demands_reading && !(play->says & SCRIPT_NO_WRITES) ? ERR_SCRIPT_READ_ONLY : NULL;
}

/* False: it may not run, as was replied. */
static bool is_admitted(struct play *play)
{
    bool demands_reading = play->flags & SCRIPT_NO_WRITES;
    play->short_of_memory = play->call->short_of_memory;
    play->flags |= play->says;
    const char *error = look_at_flags(play, demands_reading);
    if (error != NULL) reply_error(play->call->reply, slice_of_cstr(error));
    return error == NULL;
}

void play_end(struct engine *engine)
{
    struct play *play = &engine->current;
    watchdog_end(engine->loop->server->watchdog);
    engine->play = NULL;
    if (play->busy || play->killed || play->call->access.kept) patience_end(engine, play);
}

static void end_on(void *context)
{
    play_end(context);
}

void play_run(struct engine *engine, const struct play *given)
{
    struct play *play = &engine->current;
    struct call *call = given->call;
    *play = *given;
    if (!is_admitted(play)) return;
    assume_role(engine, call);
    engine->loop = call->loop;
    engine->limit_bytes = (size_t)SETTING(call->server->settings, lua_memory_limit);
    play->began = call->loop->ticks;
    play->start = call->reply->out->len;
    patience_renew(engine);
    engine->play = play;
    watchdog_begin(call->server->watchdog, play->of_library ? WATCHED_FUNCTION : 0);
    struct interlude_work work = { .call = call, .run = perform_on, .end = end_on, .context = engine };
    if (interlude_run(&work)) play_end(engine);
}
