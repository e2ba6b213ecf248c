/*
 * two_luas.h - Lua as scripts have it, and Lua as Debian has it, which are asked the same.
 *
 * Functions of ours that stand in the place of Lua's own must give what those give, errors and their texts
 * included.
 */
#ifndef TESTS_SUPPORT_TWO_LUAS_H
#define TESTS_SUPPORT_TWO_LUAS_H

#include <stdbool.h>

#include <lua5.1/lua.h>

#include "proto/base/buffer.h"
#include "proto/base/slice.h"

struct loop;

struct two_luas {
    struct loop *loop;
    lua_State *ours;
    lua_State *theirs; /* its libraries and cjson; its memory is limited */
    struct buffer our_words;
    struct buffer their_words;
};

void two_luas_open(struct two_luas *luas);
void two_luas_close(struct two_luas *luas);

/* What `code`, a literal that is compiled once, gives with texts as its arguments: types and values, or an
 * error. */
void two_luas_tell(lua_State *lua, const char *code, const struct slice *arguments, int count,
                   struct buffer *words);
/* Do both give the same? What they gave stays in `our_words` and `their_words`. */
bool two_luas_agree(struct two_luas *luas, const char *code, const struct slice *arguments, int count);

#endif
