/*
 * table.sort(): a quicksort that compares and swaps in the order in which that of Lua 5.1 does, as a function
 * that compares may tell, and the order of what is equal does.
 */
#include <stdbool.h>

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"
#include "server/script/libraries/tables.h"

/* Steps of a comparison. */
#define STEPS 8

/* The table is the first argument; the second, if it is not nil, says which of two comes first. */
struct sorting {
    lua_State *lua;
    struct engine *engine;
    bool has_order;
};

/* Does what stands at `left` of the stack come before that at `right`? Both count from its top. */
static bool precedes(const struct sorting *s, int left, int right)
{
    effort_spend(s->engine, s->lua, STEPS);
    if (!s->has_order) return lua_lessthan(s->lua, left, right);
    lua_pushvalue(s->lua, 2);
    lua_pushvalue(s->lua, left - 1);
    lua_pushvalue(s->lua, right - 2);
    lua_call(s->lua, 2, 1);
    bool precedes = lua_toboolean(s->lua, -1);
    lua_pop(s->lua, 1);
    return precedes;
}

/* The top to `first`, what is below it to `second`. */
static void put(const struct sorting *s, int first, int second)
{
    lua_rawseti(s->lua, 1, first);
    lua_rawseti(s->lua, 1, second);
}

/* Of the places `low` and `high`, the lesser value to the former. */
static void order_two(const struct sorting *s, int low, int high)
{
    lua_rawgeti(s->lua, 1, low);
    lua_rawgeti(s->lua, 1, high);
    if (precedes(s, -1, -2))
        put(s, low, high);
    else
        lua_pop(s->lua, 2);
}

/* That in the middle between both, which are in order. */
static void order_middle(const struct sorting *s, int low, int middle, int high)
{
    lua_rawgeti(s->lua, 1, middle);
    lua_rawgeti(s->lua, 1, low);
    if (precedes(s, -2, -1)) {
        put(s, middle, low);
        return;
    }
    lua_pop(s->lua, 1);
    lua_rawgeti(s->lua, 1, high);
    if (precedes(s, -1, -2))
        put(s, middle, high);
    else
        lua_pop(s->lua, 2);
}

static void refuse_order(const struct sorting *s)
{
    luaL_error(s->lua, "invalid order function for sorting");
}

/* The next that does not come before the pivot, which is on the top: it is pushed. */
static int go_up(const struct sorting *s, int at, int end)
{
    for (;;) {
        lua_rawgeti(s->lua, 1, ++at);
        if (!precedes(s, -1, -2)) return at;
        if (at > end) refuse_order(s);
        lua_pop(s->lua, 1);
    }
}

/* The next that the pivot, which is below the top, does not come before: it is pushed. */
static int go_down(const struct sorting *s, int at, int end)
{
    for (;;) {
        lua_rawgeti(s->lua, 1, --at);
        if (!precedes(s, -3, -1)) return at;
        if (at < end) refuse_order(s);
        lua_pop(s->lua, 1);
    }
}

/* By the value in the middle. Returns its new place: what is below it is not more, what is above it not less.
 */
static int divide(const struct sorting *s, int low, int middle, int high)
{
    lua_rawgeti(s->lua, 1, middle);
    lua_pushvalue(s->lua, -1);
    lua_rawgeti(s->lua, 1, high - 1);
    put(s, middle, high - 1);
    int up = low, down = high - 1;
    for (;;) {
        up = go_up(s, up, high);
        down = go_down(s, down, low);
        if (down < up) break;
        put(s, up, down);
    }
    lua_pop(s->lua, 3);
    lua_rawgeti(s->lua, 1, high - 1);
    lua_rawgeti(s->lua, 1, up);
    put(s, high - 1, up);
    return up;
}

/* Only the smaller part on the stack, whose depth is a logarithm so. */
static void sort_range(const struct sorting *s, int low, int high)
{
    while (low < high) {
        int middle = (low + high) / 2;
        order_two(s, low, high);
        if (high - low == 1) return;
        order_middle(s, low, middle, high);
        if (high - low == 2) return;
        int pivot = divide(s, low, middle, high);
        if (pivot - low < high - pivot) {
            sort_range(s, low, pivot - 1);
            low = pivot + 1;
        } else {
            sort_range(s, pivot + 1, high);
            high = pivot - 1;
        }
    }
}

int tables_sort(lua_State *lua)
{
    luaL_checktype(lua, 1, LUA_TTABLE);
    int len = (int)lua_objlen(lua, 1);
    luaL_checkstack(lua, 40, "");
    if (!lua_isnoneornil(lua, 2)) luaL_checktype(lua, 2, LUA_TFUNCTION);
    lua_settop(lua, 2);
    struct sorting sorting = { lua, engine_of(lua), !lua_isnil(lua, 2) };
    sort_range(&sorting, 1, len);
    return 0;
}
