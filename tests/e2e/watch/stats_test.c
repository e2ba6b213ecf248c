/*
 * /stats.json: what a page is told, and what it is not.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/process/capture.h"

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--threads", "2"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(stats, .init = open_all, .fini = close_all, .timeout = 120);

static bool tells(const struct http_answer *answer, const char *text)
{
    return memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

Test(stats, its_figures_are_those_of_info_and_it_is_json_whatever_a_key_holds)
{
    struct capture out;
    char port[16];
    if (instance_encrypts()) cr_skip_test("a client of Python's is not told of the certificates");
    snprintf(port, sizeof port, "%d", server.instance.port);
    capture_run(
        &out,
        ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/watch/stats_client.py", port, server.port_text),
        SLICE(""), 60000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

static bool has(struct slice text, const char *words)
{
    return memmem(text.data, text.len, words, strlen(words)) != NULL;
}

Test(stats, who_watches_is_told_of_them_as_of_info)
{
    static const char *const lines[] = { "GET /stats.json", "GET /metrics" };
    struct client monitor;
    struct slice line;
    expect(&server.resp, "CONFIG SET slowlog-log-slower-than 0", "OK");
    cr_assert(client_open_tcp(&monitor, server.instance.port));
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        expect(&server.resp, "SLOWLOG RESET", "OK");
        expect(&monitor, "MONITOR", "OK");
        http_expect(&server.http, lines[i], "", 200);
        cr_assert(client_read(&monitor, &line));
        cr_expect(has(line, "\"info\""), "%.*s", (int)line.len, line.data);
        cr_expect(has(client_ask(&server.resp, "SLOWLOG GET 5"), "$4\r\ninfo\r\n"), "%s", lines[i]);
        cr_expect(has(client_ask(&server.resp, "CLIENT LIST"), " cmd=info "), "%s", lines[i]);
        client_close(&monitor);
        cr_assert(client_open_tcp(&monitor, server.instance.port));
    }
    client_close(&monitor);
}

Test(stats, a_query_is_known_or_refused)
{
    http_expect(&server.http, "HEAD /stats.json", "", 200);
    http_expect(&server.http, "GET /stats.json?since=0", "", 200);
    http_expect(&server.http, "GET /stats.json?since=x", "", 400);
    http_expect(&server.http, "GET /stats.json?since", "", 400);
    http_expect(&server.http, "GET /stats.json?all=1", "", 400);
    http_expect(&server.http, "GET /stats.json?why=", "", 400);
    http_expect(&server.http, "GET /stats.json?why=%2", "", 400);
    http_expect(&server.http, "GET /stats.json?why=k&db=16", "", 400);
    http_expect(&server.http, "POST /stats.json", "\r\n", 405);
    struct http_answer answer = http_expect(&server.http, "GET /stats.json?why=k&db=1", "", 200);
    cr_expect(tells(&answer, "{\"why\":null}"));
}

static const struct {
    const char *rules, *part;
} parts[] = {
    { "+info", "\"memory\":{" },     { "+info", "\"history\":{" },        { "+cache|top", "\"hot\":[" },
    { "+slowlog", "\"slowlog\":[" }, { "+client|list", "\"clients\":[" },
};

/* A part by itself, whose command gives the right to it. */
Test(stats, what_a_user_may_not_see_is_absent)
{
    char line[128];
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        expect(&server.resp, "ACL SETUSER watcher reset on nopass ~* +auth", "OK");
        http_expect(&server.http, "GET /stats.json", "Authorization: Basic d2F0Y2hlcjp4\r\n", 403);
        snprintf(line, sizeof line, "ACL SETUSER watcher %s", parts[i].rules);
        expect(&server.resp, line, "OK");
        struct http_answer answer =
            http_expect(&server.http, "GET /stats.json", "Authorization: Basic d2F0Y2hlcjp4\r\n", 200);
        for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
            bool may = strcmp(parts[p].rules, parts[i].rules) == 0;
            cr_expect_eq(tells(&answer, parts[p].part), may, "%s, by %s", parts[p].part, parts[i].rules);
        }
    }
    http_expect(&server.http, "GET /stats.json?why=k", "Authorization: Basic d2F0Y2hlcjp4\r\n", 403);
}

Test(stats, a_user_sees_hot_keys_that_it_may_read)
{
    expect(&server.resp, "ACL SETUSER watcher on nopass ~mine:* +auth +cache|top", "OK");
    for (int i = 0; i < 2000; i++) {
        expect(&server.resp, "SET mine:1 v", "OK");
        expect(&server.resp, "SET theirs:1 v", "OK");
    }
    struct http_answer answer = http_expect(&server.http, "GET /stats.json", "", 200);
    cr_expect(tells(&answer, "{\"key\":\"mine:1\"") && tells(&answer, "{\"key\":\"theirs:1\""));
    answer = http_expect(&server.http, "GET /stats.json", "Authorization: Basic d2F0Y2hlcjp4\r\n", 200);
    cr_expect(tells(&answer, "{\"key\":\"mine:1\"") && !tells(&answer, "theirs:1"));
}

/* The walk goes over all keys for who looks, and its sums are told when it is through. */
static bool comes_to_tell(const char *path, const char *text)
{
    for (int i = 0; i < 500; i++) {
        struct http_answer answer = http_expect(&server.http, path, "", 200);
        if (tells(&answer, text)) return true;
        usleep(20000);
    }
    return false;
}

Test(stats, big_keys_and_prefixes_are_those_of_the_last_walk)
{
    expect(&server.resp, "MSET user:1 a user:2 b other c", "OK");
    expect(&server.resp, "RPUSH list:1 a b c", "(integer) 3");
    cr_expect(comes_to_tell("GET /stats.json", "{\"prefix\":\"user\",\"keys\":2,\"bytes\":"));
    cr_expect(comes_to_tell("GET /stats.json", "{\"key\":\"list:1\",\"type\":\"list\",\"bytes\":"));
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_prefix_keys{prefix=\"user\"} 2\n"));
}

Test(stats, keys_without_a_prefix_are_summed_for_who_may_read_all)
{
    expect(&server.resp, "ACL SETUSER watcher on nopass ~user:* ~:* +auth +info +cache|top", "OK");
    expect(&server.resp, "MSET user:1 a other c", "OK");
    cr_expect(comes_to_tell("GET /stats.json", "{\"prefix\":\"\",\"keys\":1,"));
    struct http_answer answer =
        http_expect(&server.http, "GET /stats.json", "Authorization: Basic d2F0Y2hlcjp4\r\n", 200);
    cr_expect(tells(&answer, "{\"prefix\":\"user\"") && !tells(&answer, "{\"prefix\":\"\""));
    answer = http_expect(&server.http, "GET /metrics", "Authorization: Basic d2F0Y2hlcjp4\r\n", 200);
    cr_expect(!tells(&answer, "prefix=\"\""));
}

/* Prometheus takes no two samples of one name. */
Test(stats, prefixes_of_any_bytes_are_labels_that_differ)
{
    static const struct slice keys[] = { SLICE("\xff:1"), SLICE("\\xff:1"), SLICE("q\"n\n:1"),
                                         SLICE("(other):1") };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const struct slice argv[] = { SLICE("SET"), keys[i], SLICE("v") };
        cr_assert(client_send_argv(&server.resp, 3, argv));
        expect_next(&server.resp, "OK");
    }
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_prefix_keys{prefix=\"\\\\xff\"} 1\n"));
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_prefix_keys{prefix=\"\\\\x5cxff\"} 1\n"));
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_prefix_keys{prefix=\"q\\\"n\\n\"} 1\n"));
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_prefix_keys{prefix=\"(other)\"} 1\n"));
}

Test(stats, who_waits_for_what_another_computes_is_counted)
{
    struct client waiter;
    expect_start(&server.resp, "CACHE GET k LEASE 60000", "1) \"win\"");
    cr_assert(client_open_tcp(&waiter, server.instance.port));
    client_send_line(&waiter, "CACHE GET k LEASE 60000 WAIT 60000");
    cr_expect(comes_to_tell("GET /stats.json", "\"leases\":{\"now\":1,\"waiters\":1}"));
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_cache_waiters 1\n"));
    expect(&server.resp, "SET k v", "OK");
    expect_next(&waiter, "1) \"hit\"\n2) \"v\"\n3) (nil)");
    cr_expect(comes_to_tell("GET /metrics", "nuthatch_cache_waiters 0\n"));
    client_close(&waiter);
}

Test(stats, who_has_taken_a_command_away_has_taken_its_part_away)
{
    struct http_server renamed;
    http_server_start(&renamed,
                      OPTIONS("--rename-command", "INFO", "", "--rename-command", "SLOWLOG", "slow"));
    struct http_answer answer = http_expect(&renamed.http, "GET /stats.json", "", 200);
    cr_expect_not(tells(&answer, "\"memory\":{"));
    cr_expect(tells(&answer, "\"slowlog\":["));
    http_expect(&renamed.http, "GET /metrics", "", 501);
    http_server_stop(&renamed);
}
