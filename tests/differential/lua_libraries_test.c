/*
 * Libraries of scripts against Redis's: struct and cmsgpack with formats, values and bytes drawn at random,
 * and examples of the rest. Replies are equal byte for byte, errors included.
 *
 * NUTHATCH_DIFF_SEED and NUTHATCH_DIFF_STREAMS choose other and more of them.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/support/client/client.h"
#include "tests/support/process/instance.h"

#define USUAL_SEED  7100
#define USUAL_LINES 1500

static const char *const formats[] = {
    "b",   "B",   "h",   "H",  "l",   "L", "T",  "i",  "I",   "i3",  "I8",
    "i16", "i32", "i33", "f",  "d",   "s", "c0", "c1", "c3",  "x",   ">",
    "<",   "!",   "!4",  "!3", "!16", " ", "q",  "9",  "Ic0", "Bc0", "I99999999999",
};

static const char *const values[] = {
    "1",     "-1",   "300",    "65536",         "2^31",           "2^32 - 1",  "-2^31",
    "2^53",  "2^62", "-2^62",  "0.5",           "-1.5",           "1e300",     "0",
    "'abc'", "'x'",  "''",     "('x'):rep(40)", "('y'):rep(300)", "nil",       "true",
    "false", "{}",   "{1, 2}", "{a = 1}",       "{{{}}}",         "{[2] = 1}", "{1, nil, 3}",
    "'12'",  "type",
};

static const char *const examples[] = {
    "return cmsgpack._VERSION .. cmsgpack._NAME .. cmsgpack._DESCRIPTION",
    "return cjson._VERSION .. cjson._NAME .. tostring(cjson.null)",
    "return struct.size('s')",
    "return struct.size('c0')",
    "return struct.size('iq')",
    "return struct.size('!8bi>l')",
    "return struct.size()",
    "return struct.pack()",
    "return struct.unpack('i')",
    "return cmsgpack.pack()",
    "return cmsgpack.unpack()",
    "return cmsgpack.unpack({})",
    "return cmsgpack.unpack_one('\\1\\2', 5)",
    "return {cmsgpack.unpack_one('\\1\\2', 0)}",
    "return {cmsgpack.unpack_one('\\1\\2', 1)}",
    "return cmsgpack.unpack_one('\\1\\2', -1)",
    "return cmsgpack.unpack_limit('\\1\\2', -1)",
    "return {cmsgpack.unpack_limit('\\1\\2\\3', 2, 0)}",
    "return {cmsgpack.unpack_limit('\\1\\2\\3', 2, 1)}",
    "local t = {} for i = 1, 20 do t = {t} end return cmsgpack.pack(t)",
    "local t = {} for i = 1, 70000 do t[i] = 1 end return cmsgpack.pack(t):sub(1, 8)",
    "return cmsgpack.pack(0/0)",
    "return cmsgpack.pack(1/0)",
    "return cmsgpack.pack(-1/0)",
    "return cjson.encode({1, 2, {a = 'x/y'}})",
    "return cjson.encode({[30] = 1})",
    "return cjson.encode(type)",
    "return cjson.decode('[1,')",
    "return cjson.decode('{\"a\"}')",
    "return cjson.encode(cjson.decode('[1.50,1e3,\"\\\\u00e9\"]'))",
    "return cjson.decode(('['):rep(1200))",
    "return cjson.encode_number_precision(15)",
    "return cjson.encode(1/0)",
    "return string.find('a', ('('):rep(40))",
    "return ('x'):rep(-1)",
    "return ('abc'):gsub('%w', '%%%0')",
    "return string.gsub('abc', '%w', '%2')",
    "return string.match('x', '[')",
    "return string.find('x', '%')",
    "return table.concat({1, {}})",
    "return table.sort({1, 2, 3, 4, 5}, function() return true end)",
    "return table.insert({}, 1, 2, 3)",
    "return table.maxn({1, 2, [9] = 1})",
    "return {unpack({1, 2, 3}, 2)}",
    "return coroutine.wrap(function() error('x') end)()",
    "return coroutine.resume(1)",
    "local c = coroutine.create(function() end) coroutine.resume(c) return {tostring(coroutine.resume(c))}",
    "return loadstring('\\27Lua')",
    "return type(getmetatable('').__index)",
    "return collectgarbage('nosuch')",
    "return {bit.tobit(2^32 + 1), bit.bnot(0), bit.rol(1, 33), bit.tohex(-1, 4), bit.bswap(1)}",
    "return bit.tobit('x')",
};

static struct instance ours, redis;
static struct client client, oracle;

static const char *one_of(struct random *random, const char *const *from, size_t count)
{
    return from[random_below(random, count)];
}
#define ONE_OF(random, from) one_of(random, from, sizeof(from) / sizeof(*(from)))

static void draw_list(struct random *random, struct buffer *out, const char *before, uint64_t most)
{
    for (uint64_t left = random_below(random, most); left > 0; left--) {
        buffer_printf(out, "%s%s", before, ONE_OF(random, values));
        before = ", ";
    }
}

static void draw_format(struct random *random, struct buffer *out)
{
    buffer_printf(out, "'");
    for (uint64_t left = random_below(random, 5); left > 0; left--)
        buffer_printf(out, "%s", ONE_OF(random, formats));
    buffer_printf(out, "'");
}

static void draw_bytes(struct random *random, struct buffer *out)
{
    static const int heads[] = { 0,    1,    0x7f, 0x81, 0x92, 0xa3, 0xc0, 0xc2, 0xc4, 0xca, 0xcb, 0xcc, 0xcd,
                                 0xce, 0xcf, 0xd0, 0xd1, 0xd2, 0xd3, 0xd9, 0xda, 0xdc, 0xde, 0xff, 'a' };
    buffer_printf(out, "'");
    for (uint64_t left = random_below(random, 20); left > 0; left--)
        buffer_printf(out, "\\%03d", heads[random_below(random, sizeof(heads) / sizeof(*heads))]);
    buffer_printf(out, "'");
}

static void draw_program(struct random *random, struct buffer *out)
{
    out->len = 0;
    switch (random_below(random, 4)) {
    case 0:
        buffer_printf(out, "return struct.pack(");
        draw_format(random, out);
        draw_list(random, out, ", ", 5);
        buffer_printf(out, ")");
        break;
    case 1:
        buffer_printf(out, "return cjson.encode({pcall(struct.unpack, ");
        draw_format(random, out);
        buffer_printf(out, ", ");
        draw_bytes(random, out);
        buffer_printf(out, random_chance(random, 20) ? ", 3)})" : ")})");
        break;
    case 2:
        buffer_printf(out, "return cmsgpack.pack(");
        draw_list(random, out, "", 5);
        buffer_printf(out, ")");
        break;
    default:
        buffer_printf(out, "return cjson.encode({pcall(cmsgpack.unpack, ");
        draw_bytes(random, out);
        buffer_printf(out, ")})");
        break;
    }
}

static void play(struct slice program)
{
    struct slice mine, other;
    const struct slice words[] = { SLICE("EVAL"), program, SLICE("0") };
    cr_assert(client_send_argv(&client, 3, words) && client_read(&client, &mine), "%.*s", (int)program.len,
              program.data);
    cr_assert(client_send_argv(&oracle, 3, words) && client_read(&oracle, &other), "%.*s", (int)program.len,
              program.data);
    cr_assert(slice_equal(mine, other), "%.*s\nis %.*s\nbut of Redis %.*s", (int)program.len, program.data,
              (int)mine.len, mine.data, (int)other.len, other.data);
}

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL || *text == '\0' ? otherwise : strtoull(text, NULL, 0);
}

Test(differential, libraries_of_scripts_do_what_those_of_redis_do, .timeout = 300)
{
    struct buffer program = { 0 };
    struct random random = { from_environment("NUTHATCH_DIFF_SEED", USUAL_SEED) };
    instance_start(&ours, INSTANCE_NUTHATCH, OPTIONS("--threads", "1"));
    instance_start(&redis, INSTANCE_REDIS, NULL);
    cr_assert(client_open_tcp(&client, ours.port) && client_open_tcp(&oracle, redis.port));
    for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) play(slice_of_cstr(examples[i]));
    for (uint64_t left = USUAL_LINES * from_environment("NUTHATCH_DIFF_STREAMS", 1); left > 0; left--) {
        draw_program(&random, &program);
        play(buffer_slice(&program));
    }
    buffer_clear(&program);
    client_close(&client);
    client_close(&oracle);
    instance_stop(&ours);
    instance_stop(&redis);
}
