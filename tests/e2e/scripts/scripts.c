/* Scripts: EVAL and its like, and what follows from what they do. */
#include "tests/e2e/events/scene.h"

#define READ_ONLY_TABLE "Attempt to modify a readonly table"

static void start(struct example *example, const char *threads)
{
    instance_start(&example->server, INSTANCE_NUTHATCH, (const char *[]){ "--threads", threads, NULL });
    cr_assert(client_open_tcp(&example->client, example->server.port));
}

Test(scripts, values_are_converted_in_both_directions)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, "EVAL \"return 3.9\" 0", "(integer) 3");
    expect(c, "EVAL \"return {1, 'a', false, true, {2}, nil, 3}\" 0",
           "1) (integer) 1\n2) \"a\"\n3) (nil)\n4) (integer) 1\n5) 1) (integer) 2");
    expect(c, "EVAL \"return {KEYS[1], ARGV[2]}\" 1 k x y", "1) \"k\"\n2) \"y\"");
    expect(c, "EVAL \"return redis.call('SET', KEYS[1], 0.1)\" 1 k", "OK");
    expect(c, "GET k", "\"0.10000000000000001\"");
    expect(c, "EVAL \"return redis.status_reply('FINE')\" 0", "FINE");
    expect(c, "EVAL \"return redis.call('GET', 'nokey')\" 0", "(nil)");
    example_close(&e);
}

Test(scripts, errors_say_which_script_and_where)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, "EVAL \"return redis.call('nosuch')\" 0",
           "(error) ERR Unknown Redis command called from script script: "
           "206396248e12c6e742fd7296250433c8d7343b74, on @user_script:1.");
    expect(c, "EVAL \"return redis.pcall('GET')\" 0",
           "(error) ERR Wrong number of args calling Redis command from script");
    expect_start(
        c, "EVAL \"return nosuch\" 0",
        "(error) ERR user_script:1: Script attempted to access nonexistent global variable 'nosuch'");
    expect_start(c, "EVAL \"return (\" 0",
                 "(error) ERR Error compiling script (new function): user_script:1:");
    expect(c, "EVALSHA ffffffffffffffffffffffffffffffffffffffff 0",
           "(error) NOSCRIPT No matching script. Please use EVAL.");
    example_close(&e);
}

Test(scripts, what_scripts_share_cannot_be_changed)
{
    static const char *const attempts[] = {
        "x = 1",
        "redis = nil",
        "redis.call = nil",
        "rawset(_G, 'x', 1)",
        "rawset(string, 'rep', 1)",
        "setmetatable(_G, {})",
        "table.insert(math, 1)",
        "table.sort(redis)",
        "getmetatable('').__index = nil",
        "getmetatable('').__index.rep = nil",
        "getmetatable(_G).__index = nil",
        "local _, t = pairs(redis) t.call = nil",
        "local _, _, t = next, {}, _G._G t.x = 1",
    };
    struct example e;
    struct client *c = example_open(&e);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
        char line[200];
        snprintf(line, sizeof(line), "EVAL \"%s\" 0", attempts[i]);
        struct slice reply = client_ask(c, line);
        cr_assert_not_null(memmem(reply.data, reply.len, READ_ONLY_TABLE, strlen(READ_ONLY_TABLE)),
                           "%s: %.*s", attempts[i], (int)reply.len, reply.data);
    }
    expect(c, "EVAL \"return ('ab'):rep(2)\" 0", "\"abab\"");
    example_close(&e);
}

Test(scripts, a_script_that_was_loaded_runs_by_its_digest_on_every_loop)
{
    struct example e;
    start(&e, "4");
    expect(&e.client, "SCRIPT LOAD \"return 1\"", "\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\"");
    for (int i = 0; i < 8; i++) {
        struct client other;
        cr_assert(client_open_tcp(&other, e.server.port));
        expect(&other, "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "(integer) 1");
        client_close(&other);
    }
    expect(&e.client, "SCRIPT SHOW e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "\"return 1\"");
    expect(&e.client, "SCRIPT SHOW e0e1", "(error) NOSCRIPT No matching script.");
    expect(&e.client, "SCRIPT FLUSH", "OK");
    expect(&e.client, "SCRIPT SHOW e0e1f9fabfc9d4800c877a703b823ac0578ff8db",
           "(error) NOSCRIPT No matching script.");
    expect(&e.client, "SCRIPT EXISTS e0e1f9fabfc9d4800c877a703b823ac0578ff8db", "1) (integer) 0");
    for (int i = 0; i < 8; i++) {
        struct client other;
        cr_assert(client_open_tcp(&other, e.server.port));
        expect_start(&other, "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "(error) NOSCRIPT");
        client_close(&other);
    }
    example_close(&e);
}

Test(scripts, of_texts_that_were_only_evaluated_five_hundred_are_known)
{
    struct example e;
    struct client *c = example_open(&e);
    char line[64];
    expect(c, "SCRIPT LOAD \"return 1\"", "\"e0e1f9fabfc9d4800c877a703b823ac0578ff8db\"");
    expect(c, "EVAL \"return 2\" 0", "(integer) 2");
    for (int i = 0; i < 600; i++) {
        snprintf(line, sizeof(line), "EVAL \"return %d\" 0", 1000 + i);
        client_ask(c, line);
    }
    expect(c, "EVALSHA e0e1f9fabfc9d4800c877a703b823ac0578ff8db 0", "(integer) 1");
    expect_start(c, "EVALSHA 7f923f79fe76194c868d7e1d0820de36700eb649 0", "(error) NOSCRIPT");
    expect(c, "EVAL \"return 1599\" 0", "(integer) 1599");
    example_close(&e);
}

Test(scripts, keys_that_were_not_declared_are_reached_on_several_loops)
{
    struct example e;
    start(&e, "4");
    struct client *c = &e.client;
    expect(c, "EVAL \"for i = 1, 100 do redis.call('SET', 'k' .. i, i) end return redis.call('DBSIZE')\" 0",
           "(integer) 100");
    expect(c, "EVAL \"return #redis.call('KEYS', '*')\" 1 k1", "(integer) 100");
    expect(c, "EVAL \"return redis.call('DEL', unpack(redis.call('KEYS', 'k*')))\" 0", "(integer) 100");
    example_close(&e);
}

Test(scripts, clients_that_wait_are_served_at_its_end)
{
    struct scene s;
    scene_open(&s);
    cr_assert(client_send_line(&s.w[0], "BLPOP l 0"));
    scene_wait_info(s.c, "blocked_clients", 1);
    expect(s.c, "EVAL \"redis.call('RPUSH', 'l', 'a', 'b') return redis.call('LLEN', 'l')\" 0",
           "(integer) 2");
    expect_next(&s.w[0], "1) \"l\"\n2) \"a\"");
    expect(s.c, "LRANGE l 0 -1", "1) \"b\"");
    scene_close(&s);
}

Test(scripts, a_watched_key_that_a_script_changes_fails_exec)
{
    struct scene s;
    scene_open(&s);
    expect(&s.w[0], "WATCH k", "OK");
    expect(s.c, "EVAL \"redis.call('SET', 'k', 1)\" 0", "(nil)");
    expect(&s.w[0], "MULTI", "OK");
    expect(&s.w[0], "PING", "QUEUED");
    expect(&s.w[0], "EXEC", "(nil)");
    scene_close(&s);
}

Test(scripts, inside_of_a_transaction_they_are_a_part_of_it)
{
    struct example e;
    start(&e, "4");
    struct client *c = &e.client;
    expect(c, "MULTI", "OK");
    expect(c, "SET a 1", "QUEUED");
    expect(c, "EVAL \"redis.call('INCR', 'a') return redis.call('INCR', 'b')\" 0", "QUEUED");
    expect(c, "EVAL \"return redis.call('nosuch')\" 0", "QUEUED");
    expect(c, "MGET a b", "QUEUED");
    expect(c, "EXEC",
           "1) OK\n2) (integer) 1\n3) (error) ERR Unknown Redis command called from script script: "
           "206396248e12c6e742fd7296250433c8d7343b74, on @user_script:1.\n4) 1) \"2\"\n   2) \"1\"");
    example_close(&e);
}

Test(scripts, a_client_that_tracks_is_told_of_what_its_script_has_read)
{
    struct scene s;
    scene_open(&s);
    client_ask(&s.w[0], "HELLO 3");
    expect(&s.w[0], "CLIENT TRACKING ON", "OK");
    expect(&s.w[0], "EVAL \"return redis.call('GET', 'k')\" 0", "(nil)");
    expect(s.c, "SET k v", "OK");
    expect_next(&s.w[0], "1> \"invalidate\"\n2> 1) \"k\"");
    scene_close(&s);
}

Test(scripts, a_script_that_may_not_write_does_not)
{
    struct example e;
    struct client *c = example_open(&e);
    expect_start(c, "EVAL_RO \"return redis.call('SET', 'k', 1)\" 0",
                 "(error) ERR Write commands are not allowed from read-only scripts. script: ");
    expect(c, "EVAL_RO \"return redis.call('GET', 'k')\" 0", "(nil)");
    expect(c, "EVAL_RO \"#!lua flags=allow-oom\\nreturn 1\" 0",
           "(error) ERR Can not execute a script with write flag using *_ro command.");
    expect_start(c, "EVAL \"#!lua flags=no-writes\\nreturn redis.call('SET', 'k', 1)\" 0",
                 "(error) ERR Write commands are not allowed from read-only scripts. script: ");
    example_close(&e);
}

Test(scripts, what_a_script_selects_is_its_own)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, "SELECT 2", "OK");
    expect(c, "EVAL \"redis.call('SET', 'k', 2) redis.call('SELECT', 5) redis.call('SET', 'k', 5)\" 0",
           "(nil)");
    expect(c, "GET k", "\"2\"");
    expect(c, "SELECT 5", "OK");
    expect(c, "GET k", "\"5\"");
    example_close(&e);
}

Test(scripts, memory_that_is_full_refuses_the_first_write)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, "CONFIG SET maxmemory-policy noeviction maxmemory 1", "OK");
    expect_start(c, "EVAL \"return redis.call('SET', 'k', 1)\" 0",
                 "(error) OOM command not allowed when used memory > 'maxmemory'. script: ");
    expect(c, "EVAL \"return redis.call('GET', 'k')\" 0", "(nil)");
    expect(c, "EVAL \"redis.call('DEL', 'k') return redis.call('SET', 'k', 1)\" 0", "OK");
    expect(c, "EVAL \"#!lua flags=allow-oom\\nreturn redis.call('SET', 'k', 2)\" 0", "OK");
    expect(c, "EVAL \"#!lua\\nreturn redis.call('GET', 'k')\" 0",
           "(error) OOM command not allowed when used memory > 'maxmemory'.");
    example_close(&e);
}

static const char *const loops[] = { "1", "3" };

static void start_impatient(struct example *example, const char *threads)
{
    instance_start(&example->server, INSTANCE_NUTHATCH,
                   (const char *[]){ "--threads", threads, "--busy-reply-threshold", "50", NULL });
    cr_assert(client_open_tcp(&example->client, example->server.port));
}

static void wait_until_busy(struct client *client)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    for (;;) {
        struct slice reply = client_ask(client, "PING");
        if (reply.len > 5 && memcmp(reply.data, "-BUSY", 5) == 0) return;
        cr_assert(pace_now_ms() < end_ms, "never busy");
        pace_sleep_ms(5);
    }
}

#define BUSY "(error) BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE."

/* None of them says that nothing is to be saved. */
static const char *const ends[] = { "SHUTDOWN", "SHUTDOWN SAVE", "SHUTDOWN NOW", "SHUTDOWN NOW FORCE" };

Test(scripts, one_that_does_not_end_can_be_killed_by_anybody, .timeout = 120)
{
    for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
        struct example e;
        struct client other;
        start_impatient(&e, loops[i]);
        cr_assert(client_send_line(&e.client, "EVAL \"while true do pcall(redis.call, 'GET', 'k') end\" 0"));
        cr_assert(client_open_tcp(&other, e.server.port));
        wait_until_busy(&other);
        expect_start(&other, "GET k", "(error) BUSY Redis is busy running a script.");
        expect(&other, "MULTI", "OK");
        expect_start(&other, "GET k", "(error) BUSY");
        expect(&other, "DISCARD", "OK");
        for (size_t end = 0; end < sizeof(ends) / sizeof(*ends); end++) expect(&other, ends[end], BUSY);
        expect(&other, "SHUTDOWN ABORT", "(error) ERR No shutdown in progress.");
        expect(&other, "SCRIPT KILL", "OK");
        struct slice reply;
        cr_assert(client_read(&e.client, &reply));
        cr_assert_not_null(memmem(reply.data, reply.len, "Script killed by user", 21));
        expect(&other, "PING", "PONG");
        expect(&other, "SCRIPT KILL", "(error) NOTBUSY No scripts in execution right now.");
        expect(&e.client, "SET k v", "OK");
        client_close(&other);
        example_close(&e);
    }
}

Test(scripts, one_that_has_written_cannot_be_killed_and_ends_as_a_whole, .timeout = 120)
{
    for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
        struct example e;
        struct client other, waiting;
        start_impatient(&e, loops[i]);
        cr_assert(client_open_tcp(&other, e.server.port) && client_open_tcp(&waiting, e.server.port));
        cr_assert(client_send_line(&waiting, "BLPOP l 0"));
        pace_sleep_ms(50);
        cr_assert(client_send_line(&e.client,
                                   "EVAL \"redis.call('RPUSH', 'l', 'a', 'b') local n = 0 while n < 3e7 "
                                   "do n = n + 1 end return redis.call('LLEN', 'l')\" 0"));
        wait_until_busy(&other);
        expect_start(&other, "SCRIPT KILL", "(error) UNKILLABLE");
        expect_next(&e.client, "(integer) 2");
        expect_next(&waiting, "1) \"l\"\n2) \"a\"");
        expect(&other, "LRANGE l 0 -1", "1) \"b\"");
        client_close(&waiting);
        client_close(&other);
        example_close(&e);
    }
}

Test(scripts, one_whose_client_has_gone_goes_on, .timeout = 120)
{
    struct example e;
    struct client other;
    start_impatient(&e, "1");
    cr_assert(client_open_tcp(&other, e.server.port));
    cr_assert(client_send_line(&e.client,
                               "EVAL \"local n = 0 while n < 1e6 do n = n + 1 redis.call('GET', 'k') "
                               "end redis.call('SET', 'k', 'done')\" 0"));
    wait_until_busy(&other);
    client_close(&e.client);
    int64_t end_ms = pace_now_ms() + 60000 * PACE;
    while (client_ask(&other, "PING").data[0] == '-') {
        cr_assert(pace_now_ms() < end_ms);
        pace_sleep_ms(10);
    }
    expect(&other, "GET k", "\"done\"");
    cr_assert(client_open_tcp(&e.client, e.server.port));
    client_close(&other);
    example_close(&e);
}

Test(scripts, the_server_ends_though_a_script_does_not, .timeout = 120)
{
    for (size_t i = 0; i < sizeof(loops) / sizeof(*loops); i++) {
        struct example e;
        struct client other;
        start_impatient(&e, loops[i]);
        cr_assert(client_open_tcp(&other, e.server.port));
        cr_assert(client_send_line(&e.client, "EVAL \"redis.call('SET', 'k', 1) while true do end\" 0"));
        wait_until_busy(&other);
        cr_assert(client_send_line(&other, "SHUTDOWN NOSAVE"));
        expect_closed(&other);
        cr_assert(child_wait(&e.server.child, 20000 * PACE));
        client_close(&other);
        example_close(&e);
    }
}

Test(scripts, one_that_asks_for_too_much_memory_ends_with_an_error)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, "CONFIG SET lua-memory-limit 20mb", "OK");
    expect_start(c, "EVAL \"local s = 'x' while true do s = s .. s end\" 0", "(error) ");
    expect_start(c, "EVAL \"local t = {} for i = 1, 1e8 do t[i] = {} end\" 0", "(error) ");
    expect_start(c, "EVAL \"local t = {} t[1] = t return cjson.encode(t)\" 0",
                 "(error) ERR user_script:1: Cannot serialise");
    expect_start(c, "EVAL \"local function f() return f() + 1 end return f()\" 0",
                 "(error) ERR user_script:1: stack");
    expect(c, "EVAL \"return 1\" 0", "(integer) 1");
    example_close(&e);
}

/* Lua and its libraries count in ints that wrap around. */
Test(scripts, functions_of_lua_are_given_no_numbers_that_they_run_off_with)
{
    struct example e;
    struct client *c = example_open(&e);
    expect_start(c, "EVAL \"return unpack({}, -2147483648, 2147483647)\" 0",
                 "(error) ERR user_script:1: too many results to unpack");
    expect(c, "EVAL \"return {unpack({1, 2, 3}, 2)}\" 0", "1) (integer) 2\n2) (integer) 3");
    expect(c, "EVAL \"return #{unpack({}, 3, 1)}\" 0", "(integer) 0");
    expect(c, "EVAL \"return bit.tohex(1, -2147483648)\" 0", "\"00000001\"");
    expect(c, "EVAL \"return bit.tohex(255, -4) .. bit.tohex(255)\" 0", "\"00FF000000ff\"");
    example_close(&e);
}
