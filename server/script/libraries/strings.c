#include "server/script/libraries/strings.h"

#include <ctype.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>

#include <lua5.1/lauxlib.h>
#include <lua5.1/lualib.h>

#include "server/script/effort.h"

/* What is done at a time: bytes, of which so many are copied or changed in the time of a step. */
#define PIECE        ((size_t)1 << 16)
#define BYTES_A_STEP 4

/* What is shorter is made on the stack. */
#define SHORT 1024

static char *room(lua_State *lua, char *on_stack, size_t len)
{
    return len <= SHORT ? on_stack : lua_newuserdata(lua, len);
}

/* Each piece is what stands there already, of a length that ends where the text does. */
static void fill(lua_State *lua, char *out, size_t total, const char *text, size_t len)
{
    struct engine *engine = engine_of(lua);
    size_t done = len;
    memcpy(out, text, len);
    while (done < total) {
        size_t piece = done < PIECE + len ? done : PIECE / len * len + len;
        if (piece > total - done) piece = total - done;
        memcpy(out + done, out, piece);
        done += piece;
        effort_spend(engine, lua, piece / BYTES_A_STEP);
    }
}

static int strings_rep(lua_State *lua)
{
    size_t len, total;
    const char *text = luaL_checklstring(lua, 1, &len);
    int count = luaL_checkint(lua, 2);
    if (len == 0 || count <= 0) {
        lua_pushliteral(lua, "");
        return 1;
    }
    if (__builtin_mul_overflow(len, (size_t)count, &total) || total > PTRDIFF_MAX)
        return luaL_error(lua, "resulting string too large");
    char on_stack[SHORT], *out = room(lua, on_stack, total);
    fill(lua, out, total, text, len);
    lua_pushlstring(lua, out, total);
    return 1;
}

/* A text of the same length, which `change` makes of each piece. */
static int change_all(lua_State *lua, void (*change)(char *out, const char *text, size_t len))
{
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    char on_stack[SHORT], *out = room(lua, on_stack, len);
    for (size_t done = 0; done < len; done += PIECE) {
        size_t piece = len - done < PIECE ? len - done : PIECE;
        change(out + done, text + done, piece);
        effort_spend(engine_of(lua), lua, piece / BYTES_A_STEP);
    }
    lua_pushlstring(lua, out, len);
    return 1;
}

static void raise_letters(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) out[i] = (char)toupper((unsigned char)text[i]);
}

static void lower_letters(char *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) out[i] = (char)tolower((unsigned char)text[i]);
}

static int strings_upper(lua_State *lua)
{
    return change_all(lua, raise_letters);
}

static int strings_lower(lua_State *lua)
{
    return change_all(lua, lower_letters);
}

static int strings_reverse(lua_State *lua)
{
    size_t len;
    const char *text = luaL_checklstring(lua, 1, &len);
    char on_stack[SHORT], *out = room(lua, on_stack, len);
    for (size_t i = 0; i < len; i++) {
        out[i] = text[len - 1 - i];
        if (i % PIECE == PIECE - 1) effort_spend(engine_of(lua), lua, PIECE / BYTES_A_STEP);
    }
    lua_pushlstring(lua, out, len);
    return 1;
}

void strings_add(lua_State *lua)
{
    static const luaL_Reg functions[] = {
        { "find", strings_find },       { "match", strings_match },
        { "gmatch", strings_gmatch },   { "gfind", strings_gmatch },
        { "gsub", strings_gsub },       { "rep", strings_rep },
        { "upper", strings_upper },     { "lower", strings_lower },
        { "reverse", strings_reverse }, { NULL, NULL },
    };
    lua_getfield(lua, LUA_GLOBALSINDEX, LUA_STRLIBNAME);
    for (const luaL_Reg *reg = functions; reg->name != NULL; reg++) {
        lua_pushcfunction(lua, reg->func);
        lua_setfield(lua, -2, reg->name);
    }
    lua_pop(lua, 1);
}
