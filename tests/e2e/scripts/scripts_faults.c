/* Faults that Lua 5.1 and its libraries are known for: none is within a script's reach. */
#include "tests/e2e/events/scene.h"

/* What is said in `words` of the reply to `script`. */
static void expect_word(struct client *c, const char *script, const char *word)
{
    const struct slice argv[] = { SLICE("EVAL"), slice_of_cstr(script), SLICE("0") };
    struct slice reply;
    cr_assert(client_send_argv(c, 3, argv));
    cr_assert(client_read(c, &reply));
    cr_assert_not_null(memmem(reply.data, reply.len, word, strlen(word)), "%s: %.*s", script, (int)reply.len,
                       reply.data);
}

/* CVE-2025-49844: the name of a chunk is garbage while the chunk is compiled. */
Test(scripts_faults, garbage_is_not_collected_amid_of_compiling)
{
    struct example e;
    struct client *c = example_open(&e);
    expect_word(
        c,
        "for i = 1, 300 do local n = 0 "
        "local f = load(function() n = n + 1 collectgarbage() local junk = ('j' .. i .. n):rep(50) "
        "if n < 20 then return 'local a' .. n .. ' = [[' .. ('x'):rep(300 + n) .. i .. ']] ' end end, "
        "'@name' .. ('n'):rep(i)) f() end return 'whole'",
        "whole");
    expect_word(c,
                "for i = 1, 2000 do local f, m = loadstring(('local x = {} '):rep(i % 50) .. 'error(\"e\")', "
                "'=' .. ('c'):rep(i)) "
                "local ok, said = pcall(f) if said ~= ('c'):rep(i):sub(1, 59) .. ':1: e' and i < 50 then "
                "return said end end "
                "return 'whole'",
                "whole");
    example_close(&e);
}

/* CVE-2025-46818, CVE-2022-24735: what one script changes of strings and other plain values, others would
 * meet. */
Test(scripts_faults, what_is_common_to_values_is_not_changed_for_others)
{
    static const char *const attempts[] = {
        "getmetatable('').__index = function() return 'mine' end",
        "getmetatable('').__add = 1",
        "getmetatable('').__index.upper = function() return 'mine' end",
        "rawset(getmetatable(''), '__index', {})",
        "rawset(getmetatable('').__index, 'upper', 1)",
        "setmetatable('', {})",
        "setmetatable(nil, {})",
        "setmetatable(true, {})",
        "setmetatable(1, {})",
        "setmetatable(type, {})",
        "getmetatable(nil).__index = {}",
        "getmetatable(true).__index = {}",
        "getmetatable(type).__index = {}",
        "getmetatable(redis).__index = {}",
        "getmetatable(_G).__newindex = nil",
        "setmetatable(_G, nil)",
        "setmetatable(getmetatable(_G), {})",
        "getfenv(0).x = 1",
        "setfenv(0, {})",
        "debug.setmetatable('', {})",
        "coroutine.wrap(function() x = 1 end)()",
        "loadstring('x = 1')()",
        "load(coroutine.wrap(function() coroutine.yield('x = 1') end))()",
        "for k, v in pairs(getmetatable('').__index) do rawset(getmetatable('').__index, k, 1) end",
        "string.gsub('upper', '.*', function(k) string[k] = 1 end)",
        "table.foreach({upper = 1}, function(k, v) rawset(string, k, v) end)",
        "table.sort(string, function() end)",
        "assert(xpcall(function() redis.call = 1 end, tostring))",
        "newproxy(true)",
        "next(_G)._G = 1",
        "select(2, next({_G})).x = 1",
        "package.loaded._G.x = 1",
        "require('os')",
        "cjson.encode = 1",
        "cjson.new().encode = nil cjson.x = 1",
        "bit.tobit = 1",
        "struct.pack = 1",
        "cmsgpack.pack = 1",
        "math.random = 1",
        "coroutine.wrap = 1",
    };
    struct example e;
    struct client *c = example_open(&e);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) expect_word(c, attempts[i], "ERR");
    expect_word(c,
                "return ('a'):upper() .. #string.rep('x', 3) .. cjson.encode({1}) .. struct.pack('b', 65) .. "
                "tostring(pcall(rawget, nil, 1))",
                "A3[1]Afalse");
    expect_word(
        c, "return tostring(rawget(_G, 'x')) .. type(getmetatable('').__index) .. tostring(getmetatable(1))",
        "niltablenil");
    example_close(&e);
}

/* CVE-2024-46981 and its like: garbage is collected for all scripts alike, and nothing of a script's is run
 * then. */
Test(scripts_faults, a_script_does_not_say_when_garbage_is_collected)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, "CONFIG SET lua-memory-limit 20mb", "OK");
    expect_word(
        c, "collectgarbage('stop') collectgarbage('setpause', 100000) return collectgarbage('setstepmul', 1)",
        "200");
    for (int i = 0; i < 30; i++)
        expect_word(c, "local t for i = 1, 20000 do t = {i, {}} end return 'made'", "made");
    expect_word(
        c, "local n = 0 setmetatable({}, {__gc = function() n = n + 1 end}) collectgarbage() return n", ":0");
    example_close(&e);
}

/* CVE-2020-14147, CVE-2025-46817, CVE-2024-31449: numbers that wrap around. */
Test(scripts_faults, numbers_that_wrap_around_are_refused)
{
    static const char *const refused[] = {
        "return struct.pack('>I2147483648', 1)",
        "return struct.pack('>i4294967297', 1)",
        "return struct.unpack('>I2147483648', 'xxxx')",
        "return struct.unpack('c2147483648', 'xxxx')",
        "return struct.unpack('c18446744073709551617', 'xxxx')",
        "return struct.unpack('<I4', 'xxxx', 2147483647)",
        "return struct.unpack('<I4', 'xxxx', -1)",
        "return struct.unpack('Ic0', '\\255\\255\\255\\255x')",
        "return struct.pack('!2147483648i', 1)",
        "return unpack({}, 0, 2147483647)",
        "return unpack({}, -2147483648, -1)",
        "return unpack({}, 1, 1e9)",
        "return string.rep('xxxxxxxxxxxxxxxx', 2147483647)",
        "return string.format('%99.999f', 1)",
        "return string.format('%1000d', 1)",
        "return string.char(256)",
        "return cmsgpack.unpack('\\221\\255\\255\\255\\255')",
        "return cmsgpack.unpack('\\219\\255\\255\\255\\255x')",
        "return cmsgpack.unpack_limit('\\1\\2', -5)",
        "return table.concat({}, 'x', -2147483648, 2147483647)",
        "return select(-2147483648, 1)",
        "return loadstring('\\27Lua')()",
        "return cjson.decode(('['):rep(100000))",
    };
    struct example e;
    struct client *c = example_open(&e);
    for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) expect_word(c, refused[i], "ERR");
    expect(c, "PING", "PONG");
    example_close(&e);
}

/* Compiled texts are kept, and nobody is there to catch an error of Lua's. */
Test(scripts_faults, memory_that_texts_have_filled_refuses_more_of_them, .timeout = 120)
{
    struct example e;
    struct client *c = example_open(&e);
    char text[40000];
    expect(c, "CONFIG SET lua-memory-limit 3mb", "OK");
    expect(c, "EVAL \"return 1\" 0", "(integer) 1");
    bool refused = false;
    for (int i = 0; i < 400 && !refused; i++) {
        size_t len = (size_t)snprintf(text, sizeof(text), "local a = %d ", i);
        while (len < 30000)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "a = {a, %zu} ", len + (size_t)i);
        const struct slice argv[] = { SLICE("SCRIPT"), SLICE("LOAD"), slice_of(text, len) };
        struct slice reply;
        cr_assert(client_send_argv(c, 3, argv) && client_read(c, &reply));
        refused = reply.data[0] == '-';
    }
    cr_assert(refused);
    expect(c, "SCRIPT FLUSH", "OK");
    expect(c, "EVAL \"return 2\" 0", "(integer) 2");
    example_close(&e);
}
