#include "server/script/patience.h"

#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors_script.h"
#include "server/exec/gates/pause.h"
#include "server/exec/parking.h"
#include "server/observe/log.h"
#include "server/script/engine.h"
#include "server/script/language/complaint.h"
#include "server/script/play_state.h"
#include "server/script/watchdog.h"
#include "storage/keyspace/hold.h"

/* Instructions, some hundred microseconds; and what the largest value may be for so many. */
#define COUNT       20000
#define LIGHT_BYTES ((size_t)16 << 10)

/* Steps of functions of C, as much. */
#define EFFORT 20000

#define KEPT_FROM_NS INT64_C(3000000)

static void look(lua_State *lua, lua_Debug *place);

static int instructions(const struct engine *engine)
{
    if (engine->largest_bytes <= LIGHT_BYTES) return COUNT;
    size_t count = COUNT * LIGHT_BYTES / engine->largest_bytes;
    return count > 0 ? (int)count : 1;
}

void patience_begin(lua_State *lua)
{
    lua_sethook(lua, look, LUA_MASKCOUNT, COUNT);
}

void patience_renew(struct engine *engine)
{
    bool was_large = engine->largest_bytes > LIGHT_BYTES;
    engine->effort = EFFORT;
    engine->largest_bytes = LIGHT_BYTES;
    engine->running = engine->lua;
    if (was_large) patience_begin(engine->lua);
}

void patience_watch(struct engine *engine, lua_State *lua)
{
    if (engine->play != NULL && engine->play->killed)
        lua_sethook(lua, look, LUA_MASKLINE | LUA_MASKCOUNT, 1);
    else
        lua_sethook(lua, look, LUA_MASKCOUNT, instructions(engine));
}

void patience_note_size(struct engine *engine, size_t bytes)
{
    engine->largest_bytes = bytes;
    patience_watch(engine, engine->running);
}

/* At each instruction from now on, so that catching it is of no use. */
int patience_raise(lua_State *lua)
{
    struct engine *engine = engine_of(lua);
    engine->play->killed = true;
    patience_watch(engine, lua);
    return complaint_raise(lua, COMPLAINT_KILLED);
}

static bool is_to_end(const struct server *server)
{
    return watchdog_has_killed(server->watchdog) || atomic_load(&server->stop.asked);
}

static int64_t spent_ns(const struct play *play)
{
    return (int64_t)ticks_to_ns(ticks_now() - play->began, play->call->server->ns_per_tick);
}

static uint64_t all_loops(const struct server *server)
{
    return UINT64_MAX >> (64 - server->loop_count);
}

static void keep(struct call *call)
{
    if (call->access.kept) return;
    hold_keep(&call->access);
    call->loop->unfinished = true;
}

/* Those who are parked are told as well, which is a matter of the kernel: no lock is held. */
static void say_busy(struct play *play)
{
    struct server *server = play->call->server;
    keep(play->call);
    play->busy = true;
    log_write(
        LOG_LEVEL_WARNING,
        "Slow script detected: still in execution after %lld milliseconds. You can try killing the script "
        "using the %s command. Script name is: %s.",
        (long long)(spent_ns(play) / 1000000), play->of_library ? "FUNCTION KILL" : "SCRIPT KILL",
        play->name);
    watchdog_describe(server->watchdog, play->name, play->call, play->began);
    pause_begin_busy(server->pause, play->of_library);
    parking_wake(server, all_loops(server));
}

void patience_keep(struct call *call, int64_t ns)
{
    if (ns >= KEPT_FROM_NS) keep(call);
}

/* What time it is for. */
static void attend(struct engine *engine, struct play *play)
{
    int64_t ns = spent_ns(play),
            threshold_ms = SETTING(engine->loop->server->settings, busy_reply_threshold_ms);
    engine->effort = EFFORT;
    patience_keep(play->call, ns);
    if (threshold_ms > 0 && ns / 1000000 >= threshold_ms && !play->busy) say_busy(play);
    if (play->underway) engine->pauses->rest(engine);
}

static void look(lua_State *lua, lua_Debug *place)
{
    struct engine *engine = engine_of(lua);
    struct play *play = engine->play;
    (void)place;
    engine->effort = EFFORT;
    if (engine->load != NULL) engine->pauses->look_at_load(engine);
    if (play == NULL) return;
    const struct server *server = engine->loop->server;
    if (play->killed || is_to_end(server)) {
        patience_raise(lua);
        return;
    }
    engine_make_room(engine);
    attend(engine, play);
    if (play->killed || is_to_end(server)) patience_raise(lua);
}

void patience_pause(lua_State *lua)
{
    look(lua, NULL);
}

/* What is told that it was killed may need some. */
bool patience_grants_memory(struct engine *engine)
{
    struct play *play = engine->play;
    engine->effort = EFFORT;
    if (engine->load != NULL) return engine->pauses->load_goes_on(engine);
    if (play == NULL || play->killed) return true;
    attend(engine, play);
    play->killed = play->killed || is_to_end(engine->loop->server);
    if (play->killed) patience_watch(engine, engine->running);
    return !play->killed;
}

void patience_end(struct engine *engine, struct play *play)
{
    if (play->busy) pause_end_busy(play->call->server->pause);
    if (play->killed) patience_begin(engine->lua);
    if (play->call->access.kept) engine->loop->unfinished = true;
}
