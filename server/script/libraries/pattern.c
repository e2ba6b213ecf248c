#include "server/script/libraries/pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"
#include "server/script/libraries/character_class.h"

/* Items that repeat, and captures, each of which takes some hundred bytes of the stack; with a sanitizer a
 * kilobyte. A stack has 8 MB, of which Lua's own calls need one or two. */
#define DEPTH_MAX 4000

/* Bytes that the C library looks at in the time of a step. */
#define BYTES_A_STEP 16

static void spend(const struct match *match, size_t steps)
{
    effort_spend(match->engine, match->lua, steps);
}

void match_begin(struct match *match, lua_State *lua, const char *subject, size_t len)
{
    match->lua = lua;
    match->engine = engine_of(lua);
    match->subject = subject;
    match->end = subject + len;
    match->depth = 0;
    match->captures = 0;
}

static const char *set_end(const struct match *match, const char *set)
{
    const char *at = set + 1;
    if (*at == '^') at++;
    do {
        if (*at == '\0') luaL_error(match->lua, "malformed pattern (missing " LUA_QL("]") ")");
        if (*at++ == '%' && *at != '\0') at++;
    } while (*at != ']');
    spend(match, (size_t)(at - set) / BYTES_A_STEP);
    return at + 1;
}

/* Behind the single character, class or set at `item`. */
static inline const char *item_end(const struct match *match, const char *item)
{
    if (*item == '[') return set_end(match, item);
    if (*item != '%') return item + 1;
    if (item[1] == '\0') luaL_error(match->lua, "malformed pattern (ends with " LUA_QL("%%") ")");
    return item + 2;
}

static bool set_has(const struct match *match, const char *set, const char *end, int character)
{
    spend(match, (size_t)(end - set) / BYTES_A_STEP);
    return character_set_has(set, end - 1, character);
}

static inline bool accepts(const struct match *match, const char *at, const char *item, const char *end)
{
    unsigned char character = (unsigned char)*at;
    if (at >= match->end) return false;
    switch (*item) {
    case '.': return true;
    case '%': return character_class_has((unsigned char)item[1], character);
    case '[': return set_has(match, item, end, character);
    default: return (unsigned char)*item == character;
    }
}

static const char *match_rest(struct match *match, const char *at, const char *pattern);

static const char *behind_set(const struct match *match, const char *at, const char *set, const char *end)
{
    size_t steps = 1 + (size_t)(end - set) / BYTES_A_STEP;
    for (; at < match->end && character_set_has(set, end - 1, (unsigned char)*at); at++) spend(match, steps);
    return at;
}

/* Behind as many as come, where the item accepts anything, or else one by one. */
static const char *behind_accepted(const struct match *match, const char *at, const char *item,
                                   const char *end)
{
    if (*item == '.') return match->end;
    if (*item == '[') return behind_set(match, at, item, end);
    for (; accepts(match, at, item, end); at++) spend(match, 1);
    return at;
}

static const char *expand_most(struct match *match, const char *at, const char *item, const char *end)
{
    for (const char *last = behind_accepted(match, at, item, end);; last--) {
        const char *found = match_rest(match, last, end + 1);
        if (found != NULL) return found;
        if (last == at) return NULL;
    }
}

static const char *expand_least(struct match *match, const char *at, const char *item, const char *end)
{
    for (;; at++) {
        const char *found = match_rest(match, at, end + 1);
        if (found != NULL) return found;
        if (!accepts(match, at, item, end)) return NULL;
    }
}

static const char *open_capture(struct match *match, const char *at, const char *pattern)
{
    bool is_place = pattern[1] == ')';
    if (match->captures >= LUA_MAXCAPTURES) luaL_error(match->lua, "too many captures");
    match->capture[match->captures++] = (struct capture){ at, is_place ? CAPTURE_PLACE : CAPTURE_OPEN };
    const char *found = match_rest(match, at, pattern + (is_place ? 2 : 1));
    if (found == NULL) match->captures--;
    return found;
}

static struct capture *last_open(struct match *match)
{
    for (int i = match->captures - 1; i >= 0; i--)
        if (match->capture[i].len == CAPTURE_OPEN) return &match->capture[i];
    luaL_error(match->lua, "invalid pattern capture");
    return NULL;
}

static const char *close_capture(struct match *match, const char *at, const char *pattern)
{
    struct capture *capture = last_open(match);
    capture->len = at - capture->start;
    const char *found = match_rest(match, at, pattern + 1);
    if (found == NULL) capture->len = CAPTURE_OPEN;
    return found;
}

/* %b: from one bracket to that which closes it. */
static const char *match_balance(const struct match *match, const char *at, const char *pair)
{
    if (pair[0] == '\0' || pair[1] == '\0') luaL_error(match->lua, "unbalanced pattern");
    if (*at != pair[0]) return NULL;
    size_t open = 1;
    while (++at < match->end) {
        spend(match, 1);
        if (*at == pair[1]) {
            if (--open == 0) return at + 1;
        } else if (*at == pair[0]) {
            open++;
        }
    }
    return NULL;
}

/* %f: where a set begins to hold. Before the subject and behind it there is a zero byte. */
static bool is_frontier(const struct match *match, const char *at, const char *set, const char **end)
{
    if (*set != '[') luaL_error(match->lua, "missing " LUA_QL("[") " after " LUA_QL("%%f") " in pattern");
    *end = set_end(match, set);
    unsigned char before = at == match->subject ? '\0' : (unsigned char)at[-1];
    return !set_has(match, set, *end, before) && set_has(match, set, *end, (unsigned char)*at);
}

/* %1: what a capture has is there once more. A place has no length, and is nowhere. */
static const char *match_again(const struct match *match, const char *at, char digit)
{
    int index = digit - '1';
    if (index < 0 || index >= match->captures || match->capture[index].len == CAPTURE_OPEN)
        luaL_error(match->lua, "invalid capture index");
    const struct capture *capture = &match->capture[index];
    size_t len = (size_t)capture->len;
    if ((size_t)(match->end - at) < len) return NULL;
    spend(match, len / BYTES_A_STEP);
    return memcmp(capture->start, at, len) == 0 ? at + len : NULL;
}

static bool is_special(char letter)
{
    return letter == 'b' || letter == 'f' || isdigit((unsigned char)letter);
}

/* `*pattern` is then behind it. */
static const char *match_special(const struct match *match, const char *at, const char **pattern)
{
    const char *item = *pattern;
    if (item[1] == 'f') return is_frontier(match, at, item + 2, pattern) ? at : NULL;
    if (item[1] == 'b') {
        *pattern = item + 4;
        return match_balance(match, at, item + 2);
    }
    *pattern = item + 2;
    return match_again(match, at, item[1]);
}

/* One, or for `?` one or none. NULL: not here. */
static const char *match_single(struct match *match, const char *at, const char *end, bool accepted,
                                const char **pattern)
{
    if (*end != '?') {
        *pattern = end;
        return accepted ? at + 1 : NULL;
    }
    *pattern = end + 1;
    if (!accepted) return at;
    const char *found = match_rest(match, at + 1, end + 1);
    if (found == NULL) return at;
    *pattern = ""; /* all of it has been matched */
    return found;
}

static const char *match_here(struct match *match, const char *at, const char *pattern)
{
    while (at != NULL) {
        spend(match, 1);
        switch (*pattern) {
        case '\0': return at;
        case '(': return open_capture(match, at, pattern);
        case ')': return close_capture(match, at, pattern);
        case '$':
            if (pattern[1] == '\0') return at == match->end ? at : NULL;
            break;
        case '%':
            if (!is_special(pattern[1])) break;
            at = match_special(match, at, &pattern);
            continue;
        default: break;
        }
        const char *item = pattern, *end = item_end(match, item);
        if (*end == '*') return expand_most(match, at, item, end);
        if (*end == '-') return expand_least(match, at, item, end);
        bool accepted = accepts(match, at, item, end);
        if (*end == '+') return accepted ? expand_most(match, at + 1, item, end) : NULL;
        at = match_single(match, at, end, accepted, &pattern);
    }
    return NULL;
}

static const char *match_rest(struct match *match, const char *at, const char *pattern)
{
    if (match->depth >= DEPTH_MAX) luaL_error(match->lua, "pattern too complex");
    match->depth++;
    const char *found = match_here(match, at, pattern);
    match->depth--;
    return found;
}

const char *match_try(struct match *match, const char *at, const char *pattern)
{
    match->captures = 0;
    return match_here(match, at, pattern);
}

/* Does it begin with a character that stands for itself and must be there? */
static bool begins_plainly(const char *pattern)
{
    switch (pattern[0]) {
    case '\0':
    case '^':
    case '$':
    case '.':
    case '(':
    case ')':
    case '[':
    case '%': return false;
    default: return pattern[1] != '*' && pattern[1] != '?' && pattern[1] != '-';
    }
}

static const char *skip_to(const struct match *match, const char *at, char first)
{
    const char *found = memchr(at, first, (size_t)(match->end - at));
    const char *to = found != NULL ? found : match->end;
    spend(match, (size_t)(to - at) / BYTES_A_STEP);
    return to;
}

const char *match_search(struct match *match, const char **at, const char *pattern)
{
    bool plain = begins_plainly(pattern);
    for (; *at <= match->end; ++*at) {
        if (plain) *at = skip_to(match, *at, pattern[0]);
        const char *found = match_try(match, *at, pattern);
        if (found != NULL) return found;
    }
    return NULL;
}

void match_push_capture(struct match *match, int index, const char *start, const char *end)
{
    lua_State *lua = match->lua;
    if (index >= match->captures) {
        if (index != 0) luaL_error(lua, "invalid capture index");
        lua_pushlstring(lua, start, (size_t)(end - start));
        return;
    }
    const struct capture *capture = &match->capture[index];
    if (capture->len == CAPTURE_OPEN) luaL_error(lua, "unfinished capture");
    if (capture->len == CAPTURE_PLACE)
        lua_pushinteger(lua, capture->start - match->subject + 1);
    else
        lua_pushlstring(lua, capture->start, (size_t)capture->len);
}

int match_push_captures(struct match *match, const char *start, const char *end)
{
    int count = match->captures == 0 && start != NULL ? 1 : match->captures;
    luaL_checkstack(match->lua, count, "too many captures");
    for (int i = 0; i < count; i++) match_push_capture(match, i, start, end);
    return count;
}
