#include "server/script/functions/loading.h"

#include <stdbool.h>

#include <lua5.1/lauxlib.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "server/config/settings.h"
#include "server/core/loop.h"
#include "server/core/server.h"
#include "server/core/ticks.h"
#include "server/exec/call.h"
#include "server/exec/errors/errors_function.h"
#include "server/script/engine.h"
#include "server/script/functions/functions.h"
#include "server/script/functions/library.h"
#include "server/script/functions/metadata.h"
#include "server/script/language/code.h"
#include "server/script/language/complaint.h"
#include "server/script/language/sandbox.h"
#include "server/script/patience.h"

/* As Redis. */
#define TIMEOUT_NS INT64_C(500000000)

bool loading_goes_on(struct engine *engine)
{
    struct function_load *load = engine->load;
    int64_t ns = (int64_t)ticks_to_ns(ticks_now() - load->began, load->call->server->ns_per_tick);
    patience_keep(load->call, ns);
    if (ns > TIMEOUT_NS) load->is_late = true;
    return !load->is_late;
}

void loading_look(struct engine *engine)
{
    engine_make_room(engine);
    if (!loading_goes_on(engine)) complaint_raise(engine->lua, COMPLAINT_LOAD_TIMEOUT);
}

/* What it raised is on the top: that memory was refused, if it came to that. */
static void explain(lua_State *lua, const struct function_load *load, struct buffer *error)
{
    if (load->is_late) {
        buffer_printf(error, ERR_LIBRARY_FAILED_FMT, "ERR ", COMPLAINT_LOAD_TIMEOUT);
        return;
    }
    if (!lua_istable(lua, -1)) {
        const char *text = lua_isstring(lua, -1) ? lua_tostring(lua, -1) : "unknown error";
        buffer_printf(error, ERR_LIBRARY_FAILED_FMT, "ERR ", text);
        return;
    }
    struct complaint complaint;
    complaint_read(lua, lua_gettop(lua), &complaint);
    buffer_printf(error, ERR_LIBRARY_FAILED_FMT, "",
                  complaint.text.data != NULL ? complaint.text.data : "ERR unknown error");
}

static bool run(lua_State *lua, const struct function_load *load, struct buffer *error)
{
    struct slice text = library_text(load->library);
    struct slice code = slice_of(text.data + load->code, text.len - load->code);
    if (code_load(lua, code, "@user_function") != 0) {
        buffer_printf(error, ERR_LIBRARY_COMPILE_FMT, lua_tostring(lua, -1));
        return false;
    }
    sandbox_begin_loading(lua);
    bool good = lua_pcall(lua, 0, 0, 0) == 0;
    sandbox_end_loading(lua);
    if (!good) explain(lua, load, error);
    return good;
}

struct attempt {
    struct function_load *load;
    struct buffer *error;
    bool good;
};

static int attempt(lua_State *lua)
{
    struct attempt *attempt = lua_touserdata(lua, 1);
    attempt->good = run(lua, attempt->load, attempt->error);
    return 0;
}

static bool run_safely(struct engine *engine, struct function_load *load, struct buffer *error)
{
    struct attempt given = { .load = load, .error = error };
    engine->limit_bytes = (size_t)SETTING(load->call->server->settings, lua_memory_limit);
    patience_renew(engine);
    engine->load = load;
    int failure = lua_cpcall(engine->lua, attempt, &given);
    engine->load = NULL;
    if (failure != 0) {
        sandbox_end_loading(engine->lua);
        explain(engine->lua, load, error);
    }
    lua_settop(engine->lua, 0);
    engine->collected_bytes = 0;
    return failure == 0 && given.good;
}

/* Takes the name. NULL: it is none. */
static struct library *run_new(struct functions *functions, struct call *call, struct slice text,
                               struct metadata *metadata, struct buffer *error)
{
    struct engine *engine = functions_engine(functions, call->loop);
    struct library *library = library_create(metadata->name, metadata->name_len, text);
    struct function_load load = {
        .call = call, .library = library, .began = ticks_now(), .code = metadata->len
    };
    bool good = run_safely(engine, &load, error);
    if (good && library->count == 0) buffer_printf(error, ERR_LIBRARY_EMPTY);
    if (good && library->count > 0) return library;
    library_destroy(library, engine->lua);
    return NULL;
}

/* NULL: it has a function of another's name, and is no more. */
static struct library *admit(struct functions *functions, struct library *library, struct library *old,
                             struct buffer *error)
{
    const struct function *clash = functions_clash(functions, library, old);
    if (clash == NULL) {
        functions_add(functions, library, old);
        return library;
    }
    buffer_printf(error, ERR_FUNCTION_KNOWN_FMT, clash->name);
    functions_drop(functions, library);
    return NULL;
}

struct library *loading_run(struct functions *functions, struct call *call, struct slice text, bool replace,
                            struct buffer *error)
{
    struct metadata metadata;
    if (!metadata_read(text, &metadata, error)) return NULL;
    struct library *old = functions_find_library(functions, slice_of(metadata.name, metadata.name_len));
    if (old != NULL && !replace) {
        buffer_printf(error, ERR_LIBRARY_KNOWN_FMT, metadata.name);
        alloc_free(metadata.name);
        return NULL;
    }
    struct library *library = run_new(functions, call, text, &metadata, error);
    return library != NULL ? admit(functions, library, old, error) : NULL;
}
