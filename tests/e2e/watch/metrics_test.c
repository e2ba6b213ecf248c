/*
 * /metrics: beside redis_exporter on the same server, and as Prometheus reads it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/process/capture.h"

#define SPIKE                                                                                                \
    "EVAL \"local t = redis.call('TIME') local from = t[1] * 1000000 + t[2] "                                \
    "repeat t = redis.call('TIME') until t[1] * 1000000 + t[2] - from > 3000\" 0"

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--threads", "2", "--maxmemory", "100mb"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(metrics, .init = open_all, .fini = close_all, .timeout = 120);

/* Of all that is told something is there: keys with a deadline, errors, slow commands, a spike. */
static void do_something(void)
{
    expect(&server.resp, "CONFIG SET slowlog-log-slower-than 0", "OK");
    expect(&server.resp, "CONFIG SET latency-monitor-threshold 1", "OK");
    expect(&server.resp, "MSET a 1 b 2 c 3", "OK");
    expect(&server.resp, "SET d 4 EX 100", "OK");
    expect(&server.resp, "GET a", "\"1\"");
    expect(&server.resp, "GET absent", "(nil)");
    expect_start(&server.resp, "LPUSH a 1", "(error) WRONGTYPE");
    expect_start(&server.resp, "NONSENSE", "(error) ERR unknown");
    expect(&server.resp, SPIKE, "(nil)");
    expect(&server.resp, "CONFIG SET slowlog-log-slower-than -1", "OK");
}

static void run_part(const char *part)
{
    struct capture out;
    char port[16];
    do_something();
    snprintf(port, sizeof port, "%d", server.instance.port);
    capture_run(&out,
                ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/watch/metrics_client.py", part, port,
                     server.port_text),
                SLICE(""), 90000);
    if (capture_contains(&out, "not here")) cr_skip_test("Debian's packages of Prometheus are not here");
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

Test(metrics, names_types_labels_and_values_are_those_of_redis_exporter)
{
    if (instance_encrypts()) cr_skip_test("the exporter is not told of the certificates");
    run_part("exporter");
}

Test(metrics, promtool_and_a_strict_reader_of_openmetrics_take_every_line)
{
    run_part("tools");
}

Test(metrics, prometheus_scrapes_them)
{
    run_part("scrape");
}

static bool has(const struct http_answer *answer, const char *text)
{
    return memmem(answer->body.data, answer->body.len, text, strlen(text)) != NULL;
}

Test(metrics, who_may_not_see_info_sees_nothing)
{
    http_expect(&server.http, "HEAD /metrics", "", 200);
    http_expect(&server.http, "POST /metrics", "\r\n", 405);
    http_expect(&server.http, "GET /metrics?all", "", 400);
    expect(&server.resp, "ACL SETUSER default -info", "OK");
    http_expect(&server.http, "GET /metrics", "", 403);
    expect(&server.resp, "ACL SETUSER default +info -slowlog", "OK");
    struct http_answer answer = http_expect(&server.http, "GET /metrics", "", 200);
    cr_expect(has(&answer, "redis_up 1\n"));
    cr_expect_not(has(&answer, "redis_slowlog_length"));
}

Test(metrics, counts_of_leases_and_tags_are_nuthatchs_own)
{
    expect(&server.resp, "SET k v", "OK");
    expect_start(&server.resp, "CACHE GET k", "1) \"hit\"");
    expect(&server.resp, "CACHE INVALIDATE TAGS t u", "(integer) 2");
    struct http_answer answer = http_expect(&server.http, "GET /metrics", "", 200);
    cr_expect(has(&answer, "nuthatch_cache_requests_total{state=\"hit\"} 1\n"));
    cr_expect(has(&answer, "nuthatch_cache_bumps_total{kind=\"hard\"} 2\n"));
    cr_expect(has(&answer, "nuthatch_loop_clients{loop=\"1\"}"));
    cr_expect_not(has(&answer, "nuthatch_nearcache_hits"));
    answer = http_expect(&server.http, "GET /metrics", "Accept: application/openmetrics-text\r\n", 200);
    cr_expect(has(&answer, "# TYPE nuthatch_cache_bumps counter\nnuthatch_cache_bumps_total"));
    cr_expect(has(&answer, "\n# EOF\n"));
    answer = http_expect(&server.http, "GET /metrics",
                         "Accept: application/openmetrics-text; version=0.0.1, text/plain\r\n", 200);
    cr_expect_not(has(&answer, "\n# EOF\n"));
}
