/*
 * json.h - the library `cjson` of scripts, which behaves as lua-cjson 2.1.0 does, of which Redis has a copy.
 *
 * That writes to memory which Lua does not count, leaves it behind at an error, and cannot be stopped.
 *
 * Threads: of the loop whose Lua it is. Options that several Luas share belong to whoever has the token.
 * Errors: Lua's.
 */
#ifndef SERVER_SCRIPT_JSON_H
#define SERVER_SCRIPT_JSON_H

#include <stdbool.h>

#include <lua5.1/lua.h>

enum json_invalid { JSON_REFUSED, JSON_ACCEPTED, JSON_NULL };

struct json_options {
    bool sparse_convert; /* arrays with many gaps are objects, instead of errors */
    int sparse_ratio;
    int sparse_safe;
    int encode_depth;
    int decode_depth;
    int precision;                    /* digits */
    bool keep_buffer;                 /* is said, and means nothing */
    enum json_invalid encode_invalid; /* numbers that JSON has not */
    enum json_invalid decode_invalid;
};

extern const struct json_options json_options_usual;

/* Push the library, with options of its own. */
int json_library_push(lua_State *lua);
/* With these, which outlive `lua`; NULL: with its own. */
void json_library_push_with(lua_State *lua, struct json_options *options);

/* Of its functions, whose first upvalue they are. */
const struct json_options *json_options_of(lua_State *lua);

int json_encode(lua_State *lua);
int json_decode(lua_State *lua);

#endif
