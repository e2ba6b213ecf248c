/*
 * redis-cli against this server, as people and scripts use it.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"
#include "tests/support/process/terminal.h"

static struct instance server;
static struct client client;
static char port[16];

static void open_server(void)
{
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
    cr_assert(client_open_tcp(&client, server.port));
    snprintf(port, sizeof port, "%d", server.port);
    setenv("TERM", "xterm", 1);
    setenv("REDISCLI_HISTFILE", "/dev/null", 1);
}

static void close_server(void)
{
    client_close(&client);
    instance_stop(&server);
}

static void fill_keys(int count)
{
    for (int i = 0; i < count; i++) {
        char line[64];
        snprintf(line, sizeof line, "SET key:%d %0*d", i, i % 50 + 1, 7);
        client_ask(&client, line);
    }
}

TestSuite(redis_cli, .init = open_server, .fini = close_server, .timeout = 300);

static void expect_on_screen(struct terminal *terminal, const char *line, const char *answer)
{
    terminal_type(terminal, line);
    cr_assert(terminal_wait(terminal, answer, 5000), "%s: no \"%s\" but: %.*s", line, answer,
              (int)terminal->seen.len, terminal->seen.data);
    /* What is typed before the next prompt is thrown away by the line editor. */
    /* The prompt, and not an arrow in a reply: what is typed before it is thrown away. */
    cr_assert(terminal_wait(terminal, "127.0.0.1:", 5000) && terminal_wait(terminal, "> ", 5000));
}

Test(redis_cli, a_session_at_the_prompt)
{
    struct terminal terminal;
    terminal_open(&terminal, ARGV("redis-cli", "-p", port));
    cr_assert(terminal_wait(&terminal, "> ", 5000));
    expect_on_screen(&terminal, "SET greeting \"hello world\"", "\nOK");
    expect_on_screen(&terminal, "GET greeting", "\n\"hello world\"");
    expect_on_screen(&terminal, "GET nosuch", "\n(nil)");
    expect_on_screen(&terminal, "INCR counter", "\n(integer) 1");
    expect_on_screen(&terminal, "MGET greeting nosuch counter", "3) \"1\"");
    expect_on_screen(&terminal, "nosuchcommand a b",
                     "\n(error) ERR unknown command 'nosuchcommand', with args beginning with: 'a' 'b'");
    expect_on_screen(&terminal, "SELECT 3", "\nOK");
    expect_on_screen(&terminal, "HELLO 3", "1# \"server\" => \"redis\"");
    expect_on_screen(&terminal, "help GET", "since:");
    terminal_type(&terminal, "quit");
    cr_assert(child_wait(&terminal.child, 5000));
    cr_assert_eq(child_exit_code(&terminal.child), 0);
    terminal_close(&terminal);
}

Test(redis_cli, commands_in_its_arguments_and_in_resp3)
{
    struct capture out;
    capture_run(&out, ARGV("redis-cli", "-p", port, "-3", "SET", "k", "v"), SLICE(""), 10000);
    cr_assert_str_eq(out.text, "OK\n");
    capture_clear(&out);
    capture_run(&out, ARGV("redis-cli", "-p", port, "-n", "0", "GET", "k"), SLICE(""), 10000);
    cr_assert_str_eq(out.text, "v\n");
    cr_assert_eq(out.code, 0);
    capture_clear(&out);
    capture_run(&out, ARGV("redis-cli", "-p", port, "-x", "FUNCTION", "LOAD"),
                SLICE("#!lua name=lib\nredis.register_function('f', function() return 7 end)\n"), 10000);
    capture_clear(&out);
    expect(&client, "FCALL f 0", "(integer) 7");
    capture_run(&out, ARGV("redis-cli", "-s", server.socket_path, "-x", "SET", "from-stdin"),
                SLICE("some\0bytes"), 10000);
    capture_clear(&out);
    expect(&client, "GET from-stdin", "\"some\\x00bytes\"");
}

Test(redis_cli, a_pipe_loads_many_keys)
{
    struct buffer commands = { 0 };
    struct capture out;
    for (int i = 0; i < 20000; i++) buffer_printf(&commands, "SET pipe:%d value-%d\r\n", i, i);
    capture_run(&out, ARGV("redis-cli", "-p", port, "--pipe"), buffer_slice(&commands), 30000);
    cr_assert(capture_contains(&out, "errors: 0, replies: 20000"), "%s", out.text);
    cr_assert_eq(out.code, 0);
    expect(&client, "DBSIZE", "(integer) 20000");
    expect(&client, "GET pipe:19999", "\"value-19999\"");
    capture_clear(&out);
    buffer_clear(&commands);
}

Test(redis_cli, scan_finds_every_key_once)
{
    struct capture out;
    fill_keys(1000);
    capture_run(&out, ARGV("redis-cli", "-p", port, "--scan", "--pattern", "key:*"), SLICE(""), 30000);
    size_t lines = 0;
    for (const char *at = out.text; (at = strchr(at, '\n')) != NULL; at++) lines++;
    cr_assert_eq(lines, 1000);
    cr_assert_eq(out.code, 0);
    capture_clear(&out);
}

Test(redis_cli, bigkeys_names_the_biggest)
{
    struct capture out;
    fill_keys(500);
    expect(&client, "SETRANGE giant 9999 x", "(integer) 10000");
    capture_run(&out, ARGV("redis-cli", "-p", port, "--bigkeys"), SLICE(""), 30000);
    cr_assert(capture_contains(&out, "Biggest string found '\"giant\"' has 10000 bytes"), "%s", out.text);
    cr_assert(capture_contains(&out, "Sampled 501 keys in the keyspace!"), "%s", out.text);
    cr_assert_eq(out.code, 0);
    capture_clear(&out);
}

Test(redis_cli, bigkeys_and_memkeys_know_every_type)
{
    static const char *const wanted[] = {
        "Biggest   list found '\"queue\"' has 3 items",   "Biggest   hash found '\"person\"' has 2 fields",
        "Biggest string found '\"text\"' has 4 bytes",    "Biggest    set found '\"birds\"' has 2 members",
        "Biggest   zset found '\"board\"' has 1 members",
    };
    struct capture out;
    expect(&client, "RPUSH queue 1 2 3", "(integer) 3");
    expect(&client, "HSET person name anna age 31", "(integer) 2");
    expect(&client, "SET text word", "OK");
    expect(&client, "SADD birds nuthatch tit", "(integer) 2");
    expect(&client, "ZADD board 1 anna", "(integer) 1");
    capture_run(&out, ARGV("redis-cli", "-p", port, "--bigkeys"), SLICE(""), 30000);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert(capture_contains(&out, wanted[i]), "%s is missing from:\n%s", wanted[i], out.text);
    cr_assert_eq(out.code, 0);
    capture_clear(&out);

    capture_run(&out, ARGV("redis-cli", "-p", port, "--memkeys"), SLICE(""), 30000);
    cr_assert(capture_contains(&out, "Biggest   zset found '\"board\"' has"), "%s", out.text);
    cr_assert(capture_contains(&out, "Biggest   list found '\"queue\"' has"), "%s", out.text);
    cr_assert(!capture_contains(&out, "rror"), "%s", out.text);
    cr_assert_eq(out.code, 0);
    capture_clear(&out);
}

Test(redis_cli, memkeys_names_the_biggest)
{
    struct capture out;
    fill_keys(500);
    expect(&client, "SETRANGE giant 9999 x", "(integer) 10000");
    capture_run(&out, ARGV("redis-cli", "-p", port, "--memkeys"), SLICE(""), 30000);
    cr_assert(capture_contains(&out, "Biggest string found '\"giant\"' has"), "%s", out.text);
    cr_assert_eq(out.code, 0);
    capture_clear(&out);
}

Test(redis_cli, latency_counts_samples)
{
    struct capture out;
    capture_run(&out, ARGV("redis-cli", "-p", port, "--latency", "-i", "1"), SLICE(""), 20000);
    int lowest, highest, samples;
    double average;
    cr_assert_eq(sscanf(out.text, "%d %d %lf %d", &lowest, &highest, &average, &samples), 4, "%s", out.text);
    cr_assert_gt(samples, 5);
    capture_clear(&out);
}

/* Wait for `text` in the output of a program that does not end by itself. */
static bool appears(const char *path, const char *text)
{
    int64_t deadline_ms = pace_now_ms() + 10000 * PACE;
    bool found = false;
    while (!found && pace_now_ms() < deadline_ms) {
        struct buffer output = { 0 };
        scratch_read(path, &output);
        found = output.len > 0 && memmem(output.data, output.len, text, strlen(text)) != NULL;
        buffer_clear(&output);
        if (!found) pace_sleep_ms(10);
    }
    return found;
}

Test(redis_cli, stat_shows_the_keys)
{
    struct terminal terminal;
    fill_keys(77);
    terminal_open(&terminal, ARGV("redis-cli", "-p", port, "--stat", "-i", "0.1"));
    cr_assert(terminal_wait(&terminal, "------- data ------", 10000));
    for (int line = 0; line < 3; line++) cr_assert(terminal_wait(&terminal, "\n77 ", 10000));
    terminal_close(&terminal);
}

Test(redis_cli, monitor_shows_what_others_do)
{
    struct child monitor;
    char path[SCRATCH_PATH_MAX];
    scratch_path(&server.scratch, "monitor", path);
    child_start(&monitor, &(struct child_options){ .argv = ARGV("redis-cli", "-p", port, "MONITOR"),
                                                   .output_path = path });
    cr_assert(appears(path, "OK"));
    expect(&client, "SET \"a key\" \"\\x00\\r\\n\"", "OK");
    cr_assert(appears(path, "\"SET\" \"a key\" \"\\x00\\r\\n\""));
    cr_assert(appears(path, "[0 127.0.0.1:"));
    child_stop(&monitor, 2000);
}
