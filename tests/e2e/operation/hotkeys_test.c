/*
 * HOTKEYS: windows in which it is looked at what keys take.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/told.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/fixture.h"

TestSuite(hotkeys, .timeout = 120);

static struct fixture *open_with_loops(const char *threads)
{
    const char *const options[] = { "--threads", threads, NULL };
    return fixture_open(options);
}

static bool tells(struct client *c, const char *text)
{
    return strstr(told(c, "HOTKEYS GET"), text) != NULL;
}

Test(hotkeys, a_window_tells_each_key_that_was_used_in_it)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "HOTKEYS GET", "(nil)");
    expect(c, "SET before x", "OK");
    expect(c, "HOTKEYS START METRICS 2 CPU NET", "OK");
    expect(c, "SET within xxxxxxxxxx", "OK");
    expect(c, "GET within", "\"xxxxxxxxxx\"");
    fixture_advance(f, 1500);
    const char *reply = told(c, "HOTKEYS GET");
    cr_expect(strstr(reply, "\"within\"") != NULL && strstr(reply, "\"before\"") == NULL, "%s", reply);
    static const char *const fields[] = { "tracking-active",
                                          "sample-ratio",
                                          "selected-slots",
                                          "all-commands-all-slots-us",
                                          "net-bytes-all-commands-all-slots",
                                          "collection-start-time-unix-ms",
                                          "collection-duration-ms",
                                          "total-cpu-time-user-ms",
                                          "total-cpu-time-sys-ms",
                                          "total-net-bytes",
                                          "by-cpu-time-us",
                                          "by-net-bytes" };
    const char *at = reply;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const char *found = strstr(at, fields[i]);
        cr_assert_not_null(found, "%s is not there, or not in its place:\n%s", fields[i], reply);
        at = found;
    }
    cr_expect(strstr(reply, "(integer) 1500") != NULL, "%s", reply);
    expect(c, "HOTKEYS STOP", "OK");
    expect(c, "SET behind x", "OK");
    cr_expect(!tells(c, "behind") && tells(c, "within"));
    expect(c, "HOTKEYS RESET", "OK");
    expect(c, "HOTKEYS GET", "(nil)");
    fixture_close(&f);
}

Test(hotkeys, the_next_command_of_the_same_pipeline_is_in_the_window)
{
    struct fixture *f = open_with_loops("1");
    struct slice reply;
    cr_assert(client_send(&f->client, SLICE("SET a 1\r\nHOTKEYS START METRICS 1 NET\r\nSET b 1\r\n")));
    for (int i = 0; i < 3; i++) cr_assert(client_read(&f->client, &reply));
    cr_expect(tells(&f->client, "\"b\"") && !tells(&f->client, "\"a\""));
    cr_expect(!tells(&f->client, "by-cpu-time-us") && !tells(&f->client, "total-cpu"));
    fixture_close(&f);
}

Test(hotkeys, commands_of_all_loops_are_told)
{
    struct fixture *f = open_with_loops("2");
    struct client others[3];
    char line[40];
    for (int i = 0; i < 3; i++) fixture_connect(f, &others[i]);
    expect(&f->client, "HOTKEYS START METRICS 1 NET COUNT 64", "OK");
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "SET of:%d x", i);
        expect(&others[i], line, "OK");
    }
    for (int i = 0; i < 3; i++) {
        snprintf(line, sizeof line, "\"of:%d\"", i);
        cr_expect(tells(&f->client, line), "%s", line);
        client_close(&others[i]);
    }
    fixture_close(&f);
}

Test(hotkeys, a_window_ends_by_itself)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "HOTKEYS START METRICS 1 CPU DURATION 2", "OK");
    expect(c, "SET within x", "OK");
    fixture_advance(f, 2000);
    fixture_advance(f, 1000);
    expect(c, "SET behind x", "OK");
    const char *reply = told(c, "HOTKEYS GET");
    cr_expect(strstr(reply, "\"within\"") != NULL && strstr(reply, "\"behind\"") == NULL, "%s", reply);
    cr_expect(strstr(reply, "(integer) 2000") != NULL, "%s", reply);
    expect(c, "HOTKEYS STOP", "(nil)");
    expect(c, "HOTKEYS START METRICS 1 CPU", "OK");
    cr_expect(!tells(c, "within"));
    fixture_close(&f);
}

Test(hotkeys, one_window_is_open_at_a_time)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "HOTKEYS STOP", "(nil)");
    expect(c, "HOTKEYS RESET", "OK");
    expect(c, "HOTKEYS START METRICS 1 CPU", "OK");
    expect(c, "HOTKEYS START METRICS 1 CPU", "(error) ERR hotkey tracking session already in progress");
    expect(c, "HOTKEYS RESET", "(error) ERR hotkey tracking session in progress, stop tracking first");
    fixture_close(&f);
}

Test(hotkeys, samples_are_scaled)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    struct buffer lines = { 0 };
    struct slice read;
    expect(c, "SET k 0123456789", "OK");
    expect(c, "HOTKEYS START METRICS 1 NET SAMPLE 10", "OK");
    for (int i = 0; i < 20000; i++) buffer_printf(&lines, "GET k\r\n");
    cr_assert(client_send(c, buffer_slice(&lines)));
    for (int i = 0; i < 20000; i++) cr_assert(client_read(c, &read));
    buffer_clear(&lines);
    const char *reply = told(c, "HOTKEYS GET");
    const char *at = strstr(reply, "\"k\"");
    cr_assert_not_null(at, "%s", reply);
    long long bytes = strtoll(strstr(at, "(integer) ") + strlen("(integer) "), NULL, 10);
    long long truth = 20000 * (long long)strlen("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n"
                                                "$10\r\n0123456789\r\n");
    cr_expect(bytes > truth * 9 / 10 && bytes < truth * 11 / 10, "%lld, and it is %lld", bytes, truth);
    fixture_close(&f);
}

/* Those of clients that have keys, each with its bytes on the wire. */
Test(hotkeys, a_total_is_the_sum_of_what_keys_took)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "HOTKEYS START METRICS 2 CPU NET", "OK");
    for (int i = 0; i < 100; i++) expect(c, "PING", "PONG");
    const char *reply = told(c, "HOTKEYS GET");
    cr_expect_eq(number_behind(reply, "net-bytes-all-commands-all-slots"), 0);
    cr_expect_eq(number_behind(reply, "all-commands-all-slots-us"), 0);
    expect(c, "SET k v", "OK"); /* *3 $3 SET $1 k $1 v and +OK */
    expect(c, "EVAL \"return redis.call('set', 'nested', 'v')\" 0", "OK");
    reply = told(c, "HOTKEYS GET");
    cr_expect_eq(number_behind(strstr(reply, "by-net-bytes"), "\"k\""), 4 + 9 + 7 + 7 + 5, "%s", reply);
    cr_expect_eq(number_behind(reply, "net-bytes-all-commands-all-slots"), 4 + 9 + 7 + 7 + 5);
    cr_expect_eq(number_behind(reply, "total-net-bytes"), 4 + 9 + 7 + 7 + 5);
    cr_expect(strstr(reply, "nested") == NULL, "%s", reply);
    fixture_close(&f);
}

Test(hotkeys, who_may_not_read_a_key_is_not_told_of_it)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "HOTKEYS START METRICS 2 NET CPU", "OK");
    expect(c, "MSET public 1 secret 1", "OK");
    expect(c, "ACL SETUSER watcher on nopass +@all ~public", "OK");
    expect(c, "AUTH watcher any", "OK");
    cr_expect(tells(c, "public") && !tells(c, "secret"));
    fixture_close(&f);
}

Test(hotkeys, wrong_words_are_refused)
{
    static const char *const talk[][2] = {
        { "HOTKEYS START", "METRICS parameter is required" },
        { "HOTKEYS START METRICS", "METRICS parameter is required" },
        { "HOTKEYS START COUNT 5", "METRICS parameter is required" },
        { "HOTKEYS START METRICS 0 CPU", "METRICS count must be > 0 and <= 2" },
        { "HOTKEYS START METRICS 3 CPU NET", "METRICS count must be > 0 and <= 2" },
        { "HOTKEYS START METRICS 2 CPU", "METRICS count does not match number of metric types provided" },
        { "HOTKEYS START METRICS 2 CPU CPU", "METRICS CPU defined more than once!" },
        { "HOTKEYS START METRICS 2 NET NET", "METRICS NET defined more than once!" },
        { "HOTKEYS START METRICS 1 MEM", "METRICS no valid metrics passed. Supported: CPU|NET" },
        { "HOTKEYS START METRICS 1 CPU COUNT 65", "COUNT must be between 1 and 64" },
        { "HOTKEYS START METRICS 1 CPU COUNT 0", "COUNT must be between 1 and 64" },
        { "HOTKEYS START METRICS 1 CPU DURATION 0", "DURATION must be between 1 and 1000000" },
        { "HOTKEYS START METRICS 1 CPU SAMPLE 0", "SAMPLE ratio must be positive" },
        { "HOTKEYS START METRICS 1 CPU SLOTS 1 0", "SLOTS parameter cannot be used in non-cluster mode" },
        { "HOTKEYS START METRICS 1 CPU COUNT", "syntax error" },
        { "HOTKEYS START METRICS 1 CPU ALWAYS 1", "syntax error" },
    };
    struct fixture *f = open_with_loops("1");
    for (size_t i = 0; i < sizeof talk / sizeof *talk; i++) {
        char error[120];
        snprintf(error, sizeof error, "(error) ERR %s", talk[i][1]);
        expect(&f->client, talk[i][0], error);
    }
    expect(&f->client, "HOTKEYS GET", "(nil)");
    fixture_close(&f);
}
