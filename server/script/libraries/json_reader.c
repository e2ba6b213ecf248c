/* cjson.decode(). A text of Lua's ends with a zero byte, and so does what is read of it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <lua5.1/lauxlib.h>

#include "server/script/effort.h"
#include "server/script/libraries/json.h"
#include "server/script/values/output.h"

/* Steps of a word, and bytes of a text that are looked at in the time of one. */
#define WORD_STEPS   4
#define BYTES_A_STEP 4

enum kind {
    OBJECT,
    OBJECT_END,
    ARRAY,
    ARRAY_END,
    STRING,
    NUMBER,
    BOOLEAN,
    NOTHING,
    COLON,
    COMMA,
    END,
    ERROR
};

struct word {
    enum kind kind;
    const char *at;
    union {
        struct slice text; /* until the next word */
        double number;
        bool truth;
        const char *fault;
    };
};

struct reader {
    lua_State *lua;
    struct engine *engine;
    const struct json_options *options;
    const char *text;
    const char *at;
    int depth;
    struct buffer *scratch; /* a text without its escapes */
};

static const char *name_of(const struct word *word)
{
    static const char *const names[] = {
        [OBJECT] = "T_OBJ_BEGIN", [OBJECT_END] = "T_OBJ_END",
        [ARRAY] = "T_ARR_BEGIN",  [ARRAY_END] = "T_ARR_END",
        [STRING] = "T_STRING",    [NUMBER] = "T_NUMBER",
        [BOOLEAN] = "T_BOOLEAN",  [NOTHING] = "T_NULL",
        [COLON] = "T_COLON",      [COMMA] = "T_COMMA",
        [END] = "T_END",
    };
    return word->kind == ERROR ? word->fault : names[word->kind];
}

static void refuse(const struct reader *r, const char *expected, const struct word *found)
{
    luaL_error(r->lua, "Expected %s but found %s at character %d", expected, name_of(found),
               (int)(found->at - r->text) + 1);
}

static struct word fault(const struct reader *r, const char *text)
{
    return (struct word){ .kind = ERROR, .at = r->at, .fault = text };
}

/* -1: it is none. */
static int hex4(const char *text)
{
    int number = 0;
    for (int i = 0; i < 4; i++) {
        unsigned char digit = (unsigned char)text[i];
        if (!isxdigit(digit)) return -1;
        number = number << 4 | (isdigit(digit) ? digit - '0' : (digit | 0x20) - 'a' + 10);
    }
    return number;
}

static void append_utf8(struct buffer *out, unsigned point)
{
    char bytes[4];
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char heads[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
    for (size_t i = len - 1; i > 0; i--) {
        bytes[i] = (char)(0x80 | (point & 0x3f));
        point >>= 6;
    }
    bytes[0] = (char)(heads[len] | point);
    buffer_append(out, bytes, len);
}

/* `\uXXXX`, and where it is the first half of a pair, the second. False: it is no character. */
static bool read_unicode(struct reader *r)
{
    int unit = hex4(r->at + 2);
    if (unit < 0) return false;
    unsigned point = (unsigned)unit;
    r->at += 6;
    if ((unit & 0xf800) != 0xd800) {
        append_utf8(r->scratch, point);
        return true;
    }
    int low = r->at[0] == '\\' && r->at[1] == 'u' ? hex4(r->at + 2) : -1;
    if (unit & 0x400 || low < 0 || (low & 0xfc00) != 0xdc00) {
        r->at -= 6;
        return false;
    }
    r->at += 6;
    append_utf8(r->scratch, (((point & 0x3ff) << 10) | ((unsigned)low & 0x3ff)) + 0x10000);
    return true;
}

/* NULL: it is read. */
static const char *read_escape(struct reader *r)
{
    static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
    char letter = r->at[1];
    if (letter == 'u') return read_unicode(r) ? NULL : "invalid unicode escape code";
    for (const char *at = escapes; *at != '\0'; at += 2) {
        if (*at != letter) continue;
        buffer_append(r->scratch, at + 1, 1);
        r->at += 2;
        return NULL;
    }
    return "invalid escape code";
}

/* Behind what stands for itself. */
static const char *plain_end(const struct reader *r)
{
    const char *end = r->at;
    while (*end != '"' && *end != '\\' && *end != '\0') end++;
    effort_spend(r->engine, r->lua, (size_t)(end - r->at) / BYTES_A_STEP);
    return end;
}

static struct word read_string(struct reader *r)
{
    struct word word = { .kind = STRING, .at = r->at++ };
    const char *end = plain_end(r);
    if (*end == '"') {
        word.text = slice_of(r->at, (size_t)(end - r->at));
        r->at = end + 1;
        return word;
    }
    for (r->scratch->len = 0;; end = plain_end(r)) {
        buffer_append(r->scratch, r->at, (size_t)(end - r->at));
        r->at = end;
        if (*end == '"') break;
        const char *wrong = *end == '\0' ? "unexpected end of string" : read_escape(r);
        if (wrong != NULL) return fault(r, wrong);
    }
    r->at++;
    word.text = buffer_slice(r->scratch);
    return word;
}

/* A number, but none of JSON's. */
static bool is_foreign_number(const char *text)
{
    if (*text == '+') return true;
    if (*text == '-') text++;
    if (*text == '0') return (text[1] | 0x20) == 'x' || isdigit((unsigned char)text[1]);
    if (*text <= '9') return false;
    return strncasecmp(text, "inf", 3) == 0 || strncasecmp(text, "nan", 3) == 0;
}

static struct word read_number(struct reader *r)
{
    char *end;
    struct word word = { .kind = NUMBER, .at = r->at };
    word.number = strtod(r->at, &end);
    if (end == r->at) return fault(r, "invalid number");
    effort_spend(r->engine, r->lua, (size_t)(end - r->at));
    r->at = end;
    return word;
}

static bool skip_literal(struct reader *r, const char *literal)
{
    size_t len = strlen(literal);
    if (strncmp(r->at, literal, len) != 0) return false;
    r->at += len;
    return true;
}

static struct word read_other(struct reader *r)
{
    const char *at = r->at;
    bool foreign = is_foreign_number(at);
    if (*at == '-' || isdigit((unsigned char)*at)) {
        if (foreign && r->options->decode_invalid == JSON_REFUSED) return fault(r, "invalid number");
        return read_number(r);
    }
    if (skip_literal(r, "true")) return (struct word){ .kind = BOOLEAN, .at = at, .truth = true };
    if (skip_literal(r, "false")) return (struct word){ .kind = BOOLEAN, .at = at, .truth = false };
    if (skip_literal(r, "null")) return (struct word){ .kind = NOTHING, .at = at };
    if (foreign && r->options->decode_invalid != JSON_REFUSED) return read_number(r);
    return fault(r, "invalid token");
}

static void skip_blanks(struct reader *r)
{
    const char *at = r->at;
    while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r') at++;
    effort_spend(r->engine, r->lua, WORD_STEPS + (size_t)(at - r->at) / BYTES_A_STEP);
    r->at = at;
}

static struct word sign(struct reader *r, enum kind kind)
{
    return (struct word){ .kind = kind, .at = r->at++ };
}

static struct word next(struct reader *r)
{
    skip_blanks(r);
    switch (*r->at) {
    case '\0': return (struct word){ .kind = END, .at = r->at };
    case '"': return read_string(r);
    case '{': return sign(r, OBJECT);
    case '}': return sign(r, OBJECT_END);
    case '[': return sign(r, ARRAY);
    case ']': return sign(r, ARRAY_END);
    case ':': return sign(r, COLON);
    case ',': return sign(r, COMMA);
    default: return read_other(r);
    }
}

static void descend(struct reader *r, int slots)
{
    r->depth++;
    if (r->depth > r->options->decode_depth || !lua_checkstack(r->lua, slots))
        luaL_error(r->lua, "Found too many nested data structures (%d) at character %d", r->depth,
                   (int)(r->at - r->text));
}

static void push_value(struct reader *r, const struct word *word);

static void push_pair(struct reader *r, struct word *word)
{
    if (word->kind != STRING) refuse(r, "object key string", word);
    lua_pushlstring(r->lua, word->text.data, word->text.len);
    *word = next(r);
    if (word->kind != COLON) refuse(r, "colon", word);
    *word = next(r);
    push_value(r, word);
    lua_rawset(r->lua, -3);
    *word = next(r);
}

static void push_object(struct reader *r)
{
    descend(r, 3);
    lua_newtable(r->lua);
    struct word word = next(r);
    while (word.kind != OBJECT_END) {
        push_pair(r, &word);
        if (word.kind == OBJECT_END) break;
        if (word.kind != COMMA) refuse(r, "comma or object end", &word);
        word = next(r);
        if (word.kind == OBJECT_END) refuse(r, "object key string", &word);
    }
    r->depth--;
}

static void push_array(struct reader *r)
{
    descend(r, 2);
    lua_newtable(r->lua);
    struct word word = next(r);
    for (int i = 1; word.kind != ARRAY_END; i++) {
        push_value(r, &word);
        lua_rawseti(r->lua, -2, i);
        word = next(r);
        if (word.kind == ARRAY_END) break;
        if (word.kind != COMMA) refuse(r, "comma or array end", &word);
        word = next(r);
        if (word.kind == ARRAY_END) refuse(r, "value", &word);
    }
    r->depth--;
}

static void push_value(struct reader *r, const struct word *word)
{
    switch (word->kind) {
    case STRING: lua_pushlstring(r->lua, word->text.data, word->text.len); break;
    case NUMBER: lua_pushnumber(r->lua, word->number); break;
    case BOOLEAN: lua_pushboolean(r->lua, word->truth); break;
    case OBJECT: push_object(r); break;
    case ARRAY: push_array(r); break;
    case NOTHING: lua_pushlightuserdata(r->lua, NULL); break;
    default: refuse(r, "value", word);
    }
}

int json_decode(lua_State *lua)
{
    size_t len;
    luaL_argcheck(lua, lua_gettop(lua) == 1, 1, "expected 1 argument");
    const char *text = luaL_checklstring(lua, 1, &len);
    if (len >= 2 && (text[0] == '\0' || text[1] == '\0'))
        luaL_error(lua, "JSON parser does not support UTF-16 or UTF-32");
    struct reader reader = { .lua = lua,
                             .engine = engine_of(lua),
                             .options = json_options_of(lua),
                             .text = text,
                             .at = text,
                             .scratch = output_begin(lua).bytes };
    struct word word = next(&reader);
    push_value(&reader, &word);
    word = next(&reader);
    if (word.kind != END) refuse(&reader, "the end", &word);
    return 1;
}
