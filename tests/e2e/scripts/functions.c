/* Functions: libraries that are loaded once, and called by name. */
#include "tests/e2e/events/scene.h"

#define LOAD(body)    "FUNCTION LOAD \"#!lua name=lib\\n" body "\""
#define REPLACE(body) "FUNCTION LOAD REPLACE \"#!lua name=lib\\n" body "\""
#define LOOP          "redis.register_function('loop', function() while true do end end)"

static const char *const loops[] = { "1", "3" };

static void start(struct example *example, const char *threads)
{
    instance_start(&example->server, INSTANCE_NUTHATCH,
                   (const char *[]){ "--threads", threads, "--busy-reply-threshold", "50", NULL });
    cr_assert(client_open_tcp(&example->client, example->server.port));
}

Test(functions, a_function_is_called_with_its_keys_and_arguments)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, LOAD("redis.register_function('f', function(keys, args) return {keys, args} end)"), "\"lib\"");
    expect(c, "FCALL f 2 a b x", "1) 1) \"a\"\n   2) \"b\"\n2) 1) \"x\"");
    expect(c, "FCALL F 0", "1) (empty array)\n2) (empty array)");
    expect(c, "FCALL nosuch 0", "(error) ERR Function not found");
    expect(c, "FCALL f x", "(error) ERR Bad number of keys provided");
    expect(c, "FCALL f -1", "(error) ERR Number of keys can't be negative");
    expect(c, "FCALL f 1", "(error) ERR Number of keys can't be greater than number of args");
    expect(c, "FCALL_RO f 0", "(error) ERR Can not execute a script with write flag using *_ro command.");
    example_close(&e);
}

Test(functions, errors_name_the_function_and_the_place)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, LOAD("redis.register_function('f', function() return redis.call('nosuch') end)"), "\"lib\"");
    expect(c, "FCALL f 0",
           "(error) ERR Unknown Redis command called from script script: f, on @user_function:2.");
    expect(c, REPLACE("redis.register_function('f', function() return KEYS end)"), "\"lib\"");
    expect(c, "FCALL f 0",
           "(error) ERR user_function:2: Script attempted to access nonexistent global variable 'KEYS' "
           "script: f, on @user_function:2.");
    example_close(&e);
}

Test(functions, a_table_says_more_of_a_function)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c,
           LOAD("redis.register_function{function_name='r', description='reads', flags={'no-writes'}, "
                "callback=function(k) return redis.call('GET', k[1]) end}"),
           "\"lib\"");
    expect(c, "SET k v", "OK");
    expect(c, "FCALL_RO r 1 k", "\"v\"");
    expect(c, "FUNCTION LIST",
           "1) 1) \"library_name\"\n   2) \"lib\"\n   3) \"engine\"\n   4) \"LUA\"\n   5) \"functions\"\n"
           "   6) 1) 1) \"name\"\n         2) \"r\"\n         3) \"description\"\n         4) \"reads\"\n"
           "         5) \"flags\"\n         6) 1) no-writes");
    example_close(&e);
}

Test(functions, a_library_that_is_loaded_sees_little_and_says_what_is_wrong)
{
    static const char *const attempts[][2] = {
        { "return redis.call('GET', 'k')",
          "Error registering functions: ERR user_function:2: Script attempted to access nonexistent global "
          "variable 'call'" },
        { "local x = pairs", "Error registering functions: ERR user_function:2: Script attempted to access "
                             "nonexistent global variable 'pairs'" },
        { "x = 1", "Error registering functions: ERR user_function:2: Attempt to modify a readonly table" },
        { "x x", "Error compiling function: user_function:2: '=' expected near 'x'" },
        { "local x", "No functions registered" },
        { "while true do end", "Error registering functions: ERR FUNCTION LOAD timeout" },
        { "redis.register_function('a-b', function() end)",
          "Error registering functions: ERR Library names can only contain letters, numbers, or "
          "underscores(_) and must be at least one character long" },
        { "redis.register_function{}",
          "Error registering functions: ERR redis.register_function must get a function name argument" },
    };
    struct example e;
    struct client *c = example_open(&e);
    for (size_t i = 0; i < sizeof(attempts) / sizeof(*attempts); i++) {
        char line[300], error[300];
        snprintf(line, sizeof(line), "FUNCTION LOAD \"#!lua name=lib\\n%s\"", attempts[i][0]);
        snprintf(error, sizeof(error), "(error) ERR %s", attempts[i][1]);
        expect(c, line, error);
    }
    expect(c, "FUNCTION LOAD x", "(error) ERR Missing library metadata");
    expect(c, "FUNCTION LIST", "(empty array)");
    example_close(&e);
}

Test(functions, a_library_is_replaced_whole_or_not_at_all)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, LOAD("redis.register_function('f', function() return 1 end)"), "\"lib\"");
    expect(c, LOAD("redis.register_function('f', function() return 2 end)"),
           "(error) ERR Library 'lib' already exists");
    expect(c, "FUNCTION LOAD \"#!lua name=two\\nredis.register_function('F', function() end)\"",
           "(error) ERR Function F already exists");
    expect(
        c, REPLACE("x = 1"),
        "(error) ERR Error registering functions: ERR user_function:2: Attempt to modify a readonly table");
    expect(c, "FCALL f 0", "(integer) 1");
    expect(c, REPLACE("redis.register_function('g', function() return 3 end)"), "\"lib\"");
    expect(c, "FCALL f 0", "(error) ERR Function not found");
    expect(c, "FCALL g 0", "(integer) 3");
    expect(c, "FUNCTION DELETE lib", "OK");
    expect(c, "FUNCTION DELETE lib", "(error) ERR Library not found");
    example_close(&e);
}

Test(functions, what_a_library_keeps_is_the_same_on_every_loop)
{
    struct example e;
    start(&e, "4");
    expect(&e.client, LOAD("local n = 0 redis.register_function('next', function() n = n + 1 return n end)"),
           "\"lib\"");
    for (int i = 1; i <= 16; i++) {
        char text[32];
        struct client other;
        snprintf(text, sizeof(text), "(integer) %d", i);
        cr_assert(client_open_tcp(&other, e.server.port));
        expect(&other, "FCALL next 0", text);
        client_close(&other);
    }
    expect(&e.client, "FUNCTION FLUSH", "OK");
    expect(&e.client, "FCALL next 0", "(error) ERR Function not found");
    example_close(&e);
}

static void wait_until_told(struct client *client, const char *line, const char *start)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    for (;;) {
        struct slice reply = client_ask(client, line);
        if (reply.len > strlen(start) && memcmp(reply.data, start, strlen(start)) == 0) return;
        cr_assert(pace_now_ms() < end_ms, "%s: never %s", line, start);
        pace_sleep_ms(5);
    }
}

static void wait_until_busy(struct client *client)
{
    wait_until_told(client, "PING", "-BUSY");
}

static void kill_one(const char *threads)
{
    struct example e;
    struct client other;
    start(&e, threads);
    struct client *c = &e.client;
    expect(c, LOAD(LOOP), "\"lib\"");
    cr_assert(client_open_tcp(&other, e.server.port));
    cr_assert(client_send_line(c, "FCALL loop 1 k x"));
    wait_until_busy(&other);
    expect(
        &other, "GET k",
        "(error) BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");
    expect(
        &other, "SCRIPT KILL",
        "(error) BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");
    expect(
        &other, "SHUTDOWN",
        "(error) BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.");
    struct slice stats = client_ask(&other, "FUNCTION STATS");
    cr_assert_not_null(memmem(stats.data, stats.len, "FCALL", 5), "%.*s", (int)stats.len, stats.data);
    expect(&other, "FUNCTION KILL", "OK");
    expect_next(c,
                "(error) ERR Script killed by user with SCRIPT KILL... script: loop, on @user_function:2.");
    expect(&other, "GET k", "(nil)");
    expect(&other, "FUNCTION KILL", "(error) NOTBUSY No scripts in execution right now.");
    client_close(&other);
    example_close(&e);
}

Test(functions, one_that_does_not_end_is_killed)
{
    for (int i = 0; i < 2; i++) kill_one(loops[i]);
}

static void kill_inside_of_exec(const char *threads)
{
    struct example e;
    struct client other;
    start(&e, threads);
    struct client *c = &e.client;
    expect(c, LOAD(LOOP), "\"lib\"");
    cr_assert(client_open_tcp(&other, e.server.port));
    expect(c, "MULTI", "OK");
    expect(c, "SET k 1", "QUEUED");
    expect(c, "FCALL loop 0", "QUEUED");
    expect(c, "EVAL \"while true do end\" 0", "QUEUED");
    expect(c, "INCR k", "QUEUED");
    cr_assert(client_send_line(c, "EXEC"));
    wait_until_busy(&other);
    expect(&other, "FUNCTION KILL", "OK");
    wait_until_told(&other, "FUNCTION STATS", "-BUSY");
    expect_start(&other, "FUNCTION STATS",
                 "(error) BUSY Redis is busy running a script. You can only call SCRIPT");
    expect(&other, "SCRIPT KILL", "OK");
    expect_next(c, "1) OK\n2) (error) ERR Script killed by user with SCRIPT KILL... script: loop, on "
                   "@user_function:2.\n3) (error) ERR Script killed by user with SCRIPT KILL... script: "
                   "694a5fe1ddb97a4c6a1bf299d9537c7d3d0f84e7, on @user_script:1.\n4) (integer) 2");
    expect(c, "GET k", "\"2\"");
    client_close(&other);
    example_close(&e);
}

Test(functions, one_inside_of_exec_is_killed_and_the_rest_runs)
{
    for (int i = 0; i < 2; i++) kill_inside_of_exec(loops[i]);
}

Test(functions, a_payload_holds_all_libraries)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, LOAD("redis.register_function('f', function() return 1 end)"), "\"lib\"");
    struct buffer payload = { 0 };
    struct slice reply = client_ask(c, "FUNCTION DUMP");
    const char *body = memchr(reply.data, '\n', reply.len);
    buffer_append(&payload, body + 1, reply.len - (size_t)(body + 1 - reply.data) - 2);
    struct slice words[] = { SLICE("FUNCTION"), SLICE("RESTORE"), buffer_slice(&payload), SLICE("REPLACE") };
    cr_assert(client_send_argv(c, 3, words));
    expect_next(c, "(error) ERR Library lib already exists");
    cr_assert(client_send_argv(c, 4, words));
    expect_next(c, "OK");
    words[3] = SLICE("FLUSH");
    expect(c, "FUNCTION LOAD \"#!lua name=two\\nredis.register_function('g', function() end)\"", "\"two\"");
    cr_assert(client_send_argv(c, 4, words));
    expect_next(c, "OK");
    expect(c, "FCALL f 0", "(integer) 1");
    expect(c, "FCALL g 0", "(error) ERR Function not found");
    expect(c, "FUNCTION RESTORE x", "(error) ERR DUMP payload version or checksum are wrong");
    buffer_clear(&payload);
    example_close(&e);
}

/* Calls that take a script long enough to be noticed, and not much longer. */
#if defined(NDEBUG) && PACE == 1
#define LONG "5e6"
#else
#define LONG "3e5"
#endif

static void leave_amid_exec(const char *threads)
{
    struct example e;
    struct client other;
    start(&e, threads);
    struct client *c = &e.client;
    cr_assert(client_open_tcp(&other, e.server.port));
    expect(c, "SELECT 3", "OK");
    expect(c, "MULTI", "OK");
    expect(c, "EVAL \"local n = 0 while n < " LONG " do n = n + 1 redis.call('GET', 'k') end return n\" 0",
           "QUEUED");
    expect(c, "SET k done", "QUEUED");
    expect(c, "INFO server", "QUEUED");
    cr_assert(client_send_line(c, "EXEC"));
    wait_until_busy(&other);
    client_close(c);
    wait_until_told(&other, "PING", "+PON");
    expect(&other, "SELECT 3", "OK");
    expect(&other, "GET k", "\"done\"");
    wait_until_told(&other, "INFO clients", "$");
    cr_assert(client_open_tcp(c, e.server.port));
    client_close(&other);
    example_close(&e);
}

Test(functions, exec_goes_on_when_its_client_has_gone, .timeout = 120)
{
    for (int i = 0; i < 2; i++) leave_amid_exec(loops[i]);
}

/* What waits for a key is served, others are told, and what runs apart has its place among the replies. */
static void rest_amid_exec(const char *threads)
{
    struct example e;
    struct client other, waiting;
    start(&e, threads);
    struct client *c = &e.client;
    cr_assert(client_open_tcp(&other, e.server.port) && client_open_tcp(&waiting, e.server.port));
    expect(c, "CONFIG SET slowlog-log-slower-than 60000", "OK");
    expect(c,
           LOAD("redis.register_function('slow', function() redis.call('LPUSH', 'l', 'a') "
                "for i = 1, " LONG " do redis.call('GET', 'k') end return 1 end)"),
           "\"lib\"");
    cr_assert(client_send_line(&waiting, "BLPOP l 0"));
    pace_sleep_ms(50);
    expect(c, "MULTI", "OK");
    expect(c, "CONFIG GET maxmemory", "QUEUED");
    expect(c, "FCALL slow 0", "QUEUED");
    expect(c, "LLEN l", "QUEUED");
    cr_assert(client_send_line(c, "EXEC"));
    wait_until_busy(&other);
    expect(&other, "FUNCTION KILL",
           "(error) UNKILLABLE Sorry the script already executed write commands against the dataset. You can "
           "either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE "
           "command.");
    expect_next(c, "1) 1) \"maxmemory\"\n   2) \"0\"\n2) (integer) 1\n3) (integer) 1");
    expect_next(&waiting, "1) \"l\"\n2) \"a\"");
    struct slice slow = client_ask(c, "SLOWLOG GET 10");
    cr_assert_not_null(memmem(slow.data, slow.len, "FCALL", 5), "%.*s", (int)slow.len, slow.data);
    expect(&other, "GET k", "(nil)");
    client_close(&waiting);
    client_close(&other);
    example_close(&e);
}

Test(functions, exec_with_one_that_takes_long_is_one_piece_all_the_same, .timeout = 120)
{
    for (int i = 0; i < 2; i++) rest_amid_exec(loops[i]);
}

Test(functions, one_that_takes_long_is_in_the_slow_log_with_all_of_its_time, .timeout = 120)
{
    struct example e;
    struct client other;
    start(&e, "1");
    struct client *c = &e.client;
    cr_assert(client_open_tcp(&other, e.server.port));
    expect(c, "CONFIG SET slowlog-log-slower-than 90000", "OK");
    expect(c, LOAD(LOOP), "\"lib\"");
    cr_assert(client_send_line(c, "FCALL loop 1 key argument"));
    wait_until_busy(&other);
    pace_sleep_ms(100);
    expect(&other, "FUNCTION KILL", "OK");
    expect_next(c,
                "(error) ERR Script killed by user with SCRIPT KILL... script: loop, on @user_function:2.");
    expect(c, "SLOWLOG LEN", "(integer) 1");
    struct slice slow = client_ask(c, "SLOWLOG GET 1");
    cr_assert_not_null(memmem(slow.data, slow.len, "argument", 8), "%.*s", (int)slow.len, slow.data);
    struct slice stats = client_ask(c, "INFO commandstats");
    cr_assert_not_null(memmem(stats.data, stats.len, "cmdstat_fcall:calls=1,", 22));
    client_close(&other);
    example_close(&e);
}

Test(functions, monitors_see_what_a_function_says_behind_its_call)
{
    struct example e;
    struct client *c = example_open(&e), other;
    cr_assert(client_open_tcp(&other, e.server.port));
    expect(c, LOAD("redis.register_function('f', function(k) return redis.call('GET', k[1]) end)"),
           "\"lib\"");
    expect(&other, "MONITOR", "OK");
    expect(c, "MULTI", "OK");
    expect(c, "SET k 1", "QUEUED");
    expect(c, "FCALL f 1 k", "QUEUED");
    expect(c, "GET k", "QUEUED");
    expect(c, "EXEC", "1) OK\n2) \"1\"\n3) \"1\"");
    static const char *const lines[] = {
        "\"MULTI\"",          "\"SET\" \"k\" \"1\"", "\"FCALL\" \"f\" \"1\" \"k\"",
        "lua] \"GET\" \"k\"", "\"GET\" \"k\"",       "\"EXEC\""
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        struct slice line;
        cr_assert(client_read(&other, &line));
        cr_assert_not_null(memmem(line.data, line.len, lines[i], strlen(lines[i])), "%.*s", (int)line.len,
                           line.data);
    }
    client_close(&other);
    example_close(&e);
}

Test(functions, what_they_take_is_told)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c,
           LOAD("redis.register_function('f', function() return 1 end) "
                "redis.register_function('g', function() return 1 end)"),
           "\"lib\"");
    struct slice info = client_ask(c, "INFO memory");
    static const char *const fields[] = { "number_of_functions:2\r\n", "number_of_libraries:1\r\n",
                                          "used_memory_vm_functions:", "used_memory_functions:" };
    for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
        cr_assert_not_null(memmem(info.data, info.len, fields[i], strlen(fields[i])), "%s", fields[i]);
    cr_assert_null(memmem(info.data, info.len, "used_memory_functions:0", 23));
    example_close(&e);
}

Test(functions, who_may_only_read_may_not_load_and_calls_with_the_rights_that_are_left)
{
    struct example e;
    struct client *c = example_open(&e);
    expect(c, LOAD("redis.register_function('f', function(k) return redis.call('SET', k[1], 1) end)"),
           "\"lib\"");
    expect(c, "ACL SETUSER reader on nopass ~r* +@read +@scripting -@write", "OK");
    expect(c, "AUTH reader x", "OK");
    expect_start(c, "FUNCTION FLUSH", "(error) NOPERM");
    expect_start(c, "FCALL f 1 other", "(error) NOPERM");
    expect(c, "FCALL f 1 r",
           "(error) ERR The user executing the script can't run this command or subcommand script: f, on "
           "@user_function:2.");
    example_close(&e);
}
