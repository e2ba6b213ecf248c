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
#include "server/script/interlude.h"
#include "server/script/language/complaint.h"
#include "server/script/play.h"
#include "server/script/watchdog.h"
#include "storage/keyspace/hold.h"

/* Instructions, some hundred microseconds. */
#define COUNT 20000

#define KEPT_FROM_NS INT64_C(3000000)

static void look(lua_State *lua, lua_Debug *place);

void patience_begin(lua_State *lua)
{
    lua_sethook(lua, look, LUA_MASKCOUNT, COUNT);
}

/* At each instruction from now on, so that catching it is of no use. */
int patience_raise(lua_State *lua)
{
    engine_of(lua)->play->killed = true;
    lua_sethook(lua, look, LUA_MASKLINE | LUA_MASKCOUNT, 1);
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

/* Those who are parked are told as well. */
static void say_busy(struct play *play)
{
    struct server *server = play->call->server;
    play->busy = true;
    log_write(
        LOG_LEVEL_WARNING,
        "Slow script detected: still in execution after %lld milliseconds. You can try killing the script "
        "using the SCRIPT KILL command. Script name is: %s.",
        (long long)(spent_ns(play) / 1000000), play_name(play));
    pause_begin_busy(server->pause);
    parking_wake(server, all_loops(server));
}

static void look(lua_State *lua, lua_Debug *place)
{
    struct play *play = engine_of(lua)->play;
    (void)place;
    if (play == NULL) return;
    struct server *server = play->call->server;
    if (play->killed || is_to_end(server)) {
        patience_raise(lua);
        return;
    }
    engine_make_room(engine_of(lua));
    int64_t ns = spent_ns(play), threshold_ms = SETTING(server->settings, busy_reply_threshold_ms);
    bool is_slow = threshold_ms > 0 && ns / 1000000 >= threshold_ms;
    if ((ns >= KEPT_FROM_NS || is_slow) && !play->call->access.kept) hold_keep(&play->call->access);
    if (is_slow && !play->busy) say_busy(play);
    interlude_consider(engine_of(lua));
    if (play->killed || is_to_end(server)) patience_raise(lua);
}

void patience_end(struct engine *engine, struct play *play)
{
    if (play->busy) pause_end_busy(play->call->server->pause);
    if (play->killed) patience_begin(engine->lua);
    if (play->call->access.kept) engine->loop->unfinished = true;
}
