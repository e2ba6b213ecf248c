/* Scripts that take long where Lua counts nothing: in one call, or in a few instructions on large values. */
#include "tests/e2e/events/scene.h"

static void start_impatient(struct example *example, const char *threads)
{
    instance_start(&example->server, INSTANCE_NUTHATCH,
                   (const char *[]){ "--threads", threads, "--busy-reply-threshold", "50", NULL });
    cr_assert(client_open_tcp(&example->client, example->server.port));
}

static void wait_until_busy(struct client *client, const char *script)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    for (;;) {
        struct slice reply = client_ask(client, "PING");
        if (reply.len > 5 && memcmp(reply.data, "-BUSY", 5) == 0) return;
        cr_assert(pace_now_ms() < end_ms, "never busy: %s", script);
        pace_sleep_ms(5);
    }
}

/* Others are answered while it runs, and it ends when it is killed. */
static void expect_killable(struct example *e, struct client *other, const char *script)
{
    struct slice reply;
    const struct slice words[] = { SLICE("EVAL"), slice_of_cstr(script), SLICE("0") };
    cr_assert(client_send_argv(&e->client, 3, words));
    wait_until_busy(other, script);
    struct slice killed = client_ask(other, "SCRIPT KILL");
    cr_assert(killed.len > 3 && memcmp(killed.data, "+OK", 3) == 0, "%s: %.*s", script, (int)killed.len,
              killed.data);
    cr_assert(client_read(&e->client, &reply));
    cr_assert_not_null(memmem(reply.data, reply.len, "Script killed by user", 21), "%s: %.*s", script,
                       (int)reply.len, reply.data);
    expect(other, "PING", "PONG");
}

static const char *const unseen[] = {
    "return string.find(string.rep('a', 100000), '.-.-.-.-b')",
    "return string.match(string.rep('a', 40), string.rep('a?', 40) .. string.rep('a', 40) .. 'b')",
    "return (string.rep('(', 100000)):gsub('%b()', '')  and string.rep('(', 1000000):find('%b()')",
    "return string.rep('ab', 1000000):find(string.rep('[^c]*', 3) .. 'c')",
    "for a in string.gmatch(string.rep('a', 1e6), '.-.-b') do end",
    "while true do pcall(string.find, string.rep('a', 10000), '.-.-.-b') end",
    "table.insert({}, -2147483647, 1) table.insert({}, -2147483647, 1) table.insert({}, -2147483647, 1)",
    "local t = {} for i = 1, 1e6 do t[i] = i * 7919 % 1e6 end while true do table.sort(t, rawequal) "
    "table.sort(t) end",
    "while true do table.foreach({1, 2, 3}, pcall) collectgarbage() end",
    "local function f(n) while true do coroutine.wrap(function() for i = 1, 1000 do end if n < 3 then f(n + "
    "1) end end)() end end f(1)",
    "local t = {} for i = 1, 1e6 do t[i] = 'x' end while true do table.concat(t) table.maxn(t) "
    "table.remove(t, 1) end",
    "while true do string.rep('', 2^31 - 1) local s = string.rep('x', 2^20) end",
    "xpcall(function() while true do end end, function() while true do end end)",
    "while true do xpcall(function() while true do end end, function() while true do end end) end",
    "local t = {1} for i = 1, 40 do t = {t, t} end return t",
    "local s = ('\\1'):rep(2^24) while true do cjson.encode(s) end",
};

Test(scripts_unseen, one_that_a_call_keeps_busy_rests_and_can_be_killed, .timeout = 300)
{
    for (size_t i = 0; i < sizeof(unseen) / sizeof(*unseen); i++) {
        struct example e;
        struct client other;
        start_impatient(&e, i % 2 == 0 ? "1" : "3");
        cr_assert(client_open_tcp(&other, e.server.port));
        expect_killable(&e, &other, unseen[i]);
        client_close(&other);
        example_close(&e);
    }
}

static const char *const large[] = {
    "local s = string.rep('x', 2^26) while true do local t = s .. 'y' end",
    "local s = string.rep('1', 2^26) while true do local t = s + 1 end",
    "local a, b = string.rep('x', 2^26), string.rep('x', 2^26 - 1) .. 'y' while true do local t = a < b end",
    "local s = string.rep('x', 2^26) while true do s:upper() end",
    "local s = string.rep('x', 2^26) while true do s:byte(1, 2) s:find('y') end",
    ("local t = {} for i = 1, 2^21 do t[i] = i end for i = 1, 2^21 do t[i] = nil end while true do next(t) "
     "end"),
};

Test(scripts_unseen, one_with_large_values_is_looked_at_more_often, .timeout = 300)
{
    for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
        struct example e;
        struct client other;
        start_impatient(&e, i % 2 == 0 ? "1" : "3");
        cr_assert(client_open_tcp(&other, e.server.port));
        expect_killable(&e, &other, large[i]);
        client_close(&other);
        example_close(&e);
    }
}

/* Each holds the one before it twice: what is written of it doubles. */
#define DOUBLED "local t = {'0123456789'} for i = 1, 40 do t = {t, t} end "
#define WIDE    "local t = {'0123456789'} for i = 1, 12 do local u = {} for k = 1, 12 do u[k] = t end t = u end "

static const char *const bombs[] = {
    DOUBLED "return cjson.encode(t)",
    DOUBLED "return t",
    WIDE "return cmsgpack.pack(t)",
    WIDE "return #cjson.encode(t) + #cmsgpack.pack(t)",
    DOUBLED "while true do pcall(cjson.encode, t) end",
    "local t = {} for i = 1, 1000 do t = {t, map = t} end return t",
    "redis.setresp(3) local t = {map = {1, 2}} for i = 1, 30 do t = {map = {t, t}} end return t",
    "return cjson.decode('[' .. ('\"' .. ('x'):rep(5000000) .. '\",'):rep(3) .. '1]')",
    "local s = ('x'):rep(5000000) return s:gsub('.', s)",
    "return ('x'):rep(30000000)",
    "return #cjson.encode(('\\1'):rep(8000000))",
    "return table.concat({1, 2, 3}, ('x'):rep(9000000))",
    "local t = {} for i = 1, 1e9 do t[i] = redis.call('GET', 'large') .. i end",
    ("return struct.pack(('c0'):rep(200), unpack((function() local t = {} for i = 1, 200 do t[i] = "
     "('x'):rep(200000) end return t end)()))"),
};

Test(scripts_unseen, one_that_writes_more_than_memory_ends_with_an_error, .timeout = 300)
{
    struct example e;
    struct client other;
    start_impatient(&e, "2");
    expect(&e.client, "CONFIG SET lua-memory-limit 20mb", "OK");
    expect(&e.client, "SETRANGE large 100000 x", "(integer) 100001");
    cr_assert(client_open_tcp(&other, e.server.port));
    for (size_t i = 0; i < sizeof(bombs) / sizeof(*bombs); i++) {
        const struct slice words[] = { SLICE("EVAL"), slice_of_cstr(bombs[i]), SLICE("0") };
        struct slice reply;
        cr_assert(client_send_argv(&e.client, 3, words));
        if (strstr(bombs[i], "while") != NULL) {
            wait_until_busy(&other, bombs[i]);
            expect(&other, "SCRIPT KILL", "OK");
        }
        cr_assert(client_read(&e.client, &reply) && reply.data[0] == '-', "%s", bombs[i]);
        expect_start(&e.client, "EVAL \"return 1\" 0", "(integer) 1");
    }
    client_close(&other);
    example_close(&e);
}
