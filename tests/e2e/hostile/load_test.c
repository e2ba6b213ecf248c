/*
 * A file that a Redis has saved is loaded at the start.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/pace.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"
#include "tests/support/scratch.h"

static struct instance redis, server;
static struct client r, c;

/* A Redis to be filled, whose directory has the file afterwards. */
static void open_redis(void)
{
    instance_start(&redis, INSTANCE_REDIS, OPTIONS("--enable-debug-command", "yes"));
    cr_assert(client_open_tcp(&r, redis.port));
}

static void start(const char *delay_us)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis loads without being told to");
    expect(&r, "SAVE", "OK");
    const char *options[] = { "--dir", redis.scratch.path, "--load-rdb", "yes", "--key-load-delay", delay_us,
                              NULL };
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&c, server.port));
}

static bool says(const char *line, const char *words)
{
    struct slice reply = client_ask(&c, line);
    return memmem(reply.data, reply.len, words, strlen(words)) != NULL;
}

static void wait_until_loaded(void)
{
    int64_t deadline_ms = pace_now_ms() + 20000 * PACE;
    while (!says("INFO persistence", "\r\nloading:0")) cr_assert(pace_now_ms() < deadline_ms);
}

static void close_all(void)
{
    client_close(&c);
    client_close(&r);
    instance_stop(&server);
    instance_stop(&redis);
}

TestSuite(load, .timeout = 120);

/* What both say to a line. */
static void expect_alike(const char *line)
{
    struct buffer wanted = { 0 };
    reply_text(&wanted, client_ask(&r, line));
    buffer_append(&wanted, "", 1);
    expect(&c, line, wanted.data);
    buffer_clear(&wanted);
}

Test(load, brings_all_keys_of_a_redis)
{
    static const char *const questions[] = {
        "GET text",
        "GET number",
        "LRANGE list 0 -1",
        "LRANGE long 0 -1",
        "SMEMBERS ints",
        "SCARD many",
        "SISMEMBER many 77",
        "HGETALL hash",
        "HLEN fields",
        "HGET fields f:99",
        "ZRANGE zset 0 -1",
        "ZSCORE scores m:9",
        "ZCARD scores",
        "PEXPIRETIME later",
        "TYPE long",
        "OBJECT ENCODING ints",
        "OBJECT ENCODING hash",
        "OBJECT ENCODING fields",
        "OBJECT ENCODING scores",
        "EXISTS gone",
        "DBSIZE",
        "SELECT 7",
        "GET other",
    };
    open_redis();
    expect(&r, "SET text hello", "OK");
    expect(&r, "SET number 1234567", "OK");
    expect(&r, "RPUSH list a 1 \"\"", "(integer) 3");
    ask_numbered(&r, "RPUSH long", PREFIXES("element:"), 0, 3000);
    expect(&r, "SADD ints 1 70000", "(integer) 2");
    ask_numbered(&r, "SADD many", PREFIXES(""), 0, 2000);
    expect(&r, "HSET hash f v", "(integer) 1");
    ask_numbered(&r, "HSET fields", PREFIXES("f:", "v:"), 0, 2000);
    expect(&r, "ZADD zset 1 a 2 b", "(integer) 2");
    ask_numbered(&r, "ZADD scores", PREFIXES("", "m:"), 0, 2000);
    expect(&r, "SET later v PXAT 4102444800000", "OK");
    expect(&r, "SELECT 7", "OK");
    expect(&r, "SET other 7", "OK");
    expect(&r, "SELECT 0", "OK");
    start("0");
    wait_until_loaded();
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) expect_alike(questions[i]);
    expect(&c, "SET text changed", "OK");
    close_all();
}

Test(load, leaves_out_what_is_past_its_deadline)
{
    open_redis();
    expect(&r, "SET k v", "OK");
    expect(&r, "DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    expect(&r, "SET gone v PX 1", "OK");
    start("0");
    wait_until_loaded();
    expect(&c, "DBSIZE", "(integer) 1");
    cr_expect(says("INFO persistence", "rdb_last_load_keys_expired:1"));
    cr_expect(says("INFO persistence", "rdb_last_load_keys_loaded:1"));
    close_all();
}

Test(load, refuses_commands_meanwhile)
{
    open_redis();
    expect(&r, "MSET a 1 b 2 c 3 d 4", "OK");
    start("500000");
    expect(&c, "GET a", "(error) LOADING Redis is loading the dataset in memory");
    expect(&c, "PING", "(error) LOADING Redis is loading the dataset in memory");
    cr_expect(says("INFO persistence", "\r\nloading:1"));
    cr_expect(says("INFO persistence", "\r\nloading_total_bytes:"));
    expect(&c, "CLIENT PAUSE 10000 WRITE", "OK");
    expect(&c, "CLIENT UNPAUSE", "OK");
    expect(&c, "SET a 2", "(error) LOADING Redis is loading the dataset in memory");
    wait_until_loaded();
    expect(&c, "MGET a b c d", "1) \"1\"\n2) \"2\"\n3) \"3\"\n4) \"4\"");
    close_all();
}

/* Runs the server on a file with these bytes, and returns what it said as it ended. */
static void expect_fatal(struct slice bytes, const char *words)
{
    struct scratch scratch;
    struct capture out = { 0 };
    char path[SCRATCH_PATH_MAX], port[16];
    scratch_init(&scratch);
    scratch_path(&scratch, "dump.rdb", path);
    FILE *file = fopen(path, "w");
    cr_assert(file != NULL && fwrite(bytes.data, 1, bytes.len, file) == bytes.len && fclose(file) == 0);
    snprintf(port, sizeof port, "%d", instance_free_port());
    const char *argv[] = {
        instance_program(INSTANCE_NUTHATCH), "--port", port, "--dir", scratch.path, "--load-rdb", "yes", NULL
    };
    capture_run(&out, argv, SLICE(""), 10000);
    cr_expect_eq(out.code, 1);
    cr_expect(capture_contains(&out, words), "no \"%s\" in:\n%s", words, out.text);
    capture_clear(&out);
    scratch_clear(&scratch);
}

Test(load, ends_the_process_where_the_file_is_damaged)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis says it in other words");
    expect_fatal(SLICE("nonsense, and more of it"), "is no RDB file");
    expect_fatal(SLICE("REDIS0009\376\0\0\1k\1v"), "cut short or corrupt");
    expect_fatal(SLICE("REDIS0009\376\0\0\1k\2v\377\0\0\0\0\0\0\0\0"), "cut short or corrupt");
    expect_fatal(SLICE("REDIS0009\376\0\0\1k\1v\377\1\2\3\4\5\6\7\10"), "checksum is wrong");
    expect_fatal(SLICE("REDIS0009\376\0\143\1k\1v\377\0\0\0\0\0\0\0\0"), "type that is unknown");
    expect_fatal(SLICE("REDIS0009\376\77\0\1k\1v\377\0\0\0\0\0\0\0\0"), "more databases");
}

Test(load, of_no_file_starts_empty)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis loads without being told to");
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--load-rdb", "yes"));
    cr_assert(client_open_tcp(&c, server.port));
    expect(&c, "DBSIZE", "(integer) 0");
    client_close(&c);
    instance_stop(&server);
}

Test(load, brings_libraries_of_functions)
{
    open_redis();
    expect(&r, "FUNCTION LOAD \"#!lua name=one\\nredis.register_function('f', function(k, a) return a end)\"",
           "\"one\"");
    expect(&r,
           "FUNCTION LOAD \"#!lua name=two\\nlocal n = 40 redis.register_function('g', function() n = n + 1 "
           "return n end)\"",
           "\"two\"");
    expect(&r, "SET k v", "OK");
    start("0");
    wait_until_loaded();
    expect_alike("FCALL f 1 k x y");
    expect(&c, "FCALL g 0", "(integer) 41");
    expect_alike("FUNCTION STATS");
    close_all();
}
