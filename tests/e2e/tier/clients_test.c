/*
 * Programs that know nothing of a near cache, used through one: redis-cli, redis-benchmark, redis-py, a web
 * application.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/process/capture.h"

static struct tier_example tier;
static char port[16], upstream_port[16];

static void open_tier(void)
{
    tier_open(&tier, NULL);
    snprintf(port, sizeof port, "%d", tier.server.port);
    snprintf(upstream_port, sizeof upstream_port, "%d", tier.redis.port);
}

static void close_tier(void)
{
    tier_close(&tier);
}

TestSuite(tier_clients, .init = open_tier, .fini = close_tier, .timeout = 600);

static void expect_all_well(const char *const *argv)
{
    struct capture out;
    capture_run(&out, argv, SLICE(""), 90000);
    cr_assert(out.code == 0 && capture_contains(&out, "all well"), "%s", out.text);
    capture_clear(&out);
}

Test(tier_clients, an_application_uses_redis_py)
{
    expect_all_well(
        ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/tier/tier_client.py", port, upstream_port));
}

Test(tier_clients, a_web_application_has_it_as_its_first_cache)
{
    expect_all_well(ARGV(NUTHATCH_PYTHON, NUTHATCH_SOURCE_DIR "/tests/e2e/clients/fastapi_client.py",
                         NUTHATCH_SOURCE_DIR "/examples/fastapi", port, upstream_port));
}

static void run_cli(const char *input, const char *protocol, const char *wanted)
{
    struct capture out;
    capture_run(&out, ARGV("redis-cli", "-p", port, protocol), slice_of_cstr(input), 30000);
    cr_assert_eq(out.code, 0, "%s", out.text);
    cr_assert_str_eq(out.text, wanted);
    capture_clear(&out);
}

Test(tier_clients, redis_cli_works_as_on_a_redis)
{
    const char *input = "SET k v\nGET k\nRPUSH l a b\nLRANGE l 0 -1\nMULTI\nINCR n\nGET n\nEXEC\n"
                        "EVAL \"return redis.call('GET', KEYS[1])\" 1 k\nSELECT 1\nGET k\nXADD s 1-1 f v\n"
                        "NOSUCH x\nBLPOP l 1\n";
    run_cli(input, "-2",
            "OK\nv\n2\na\nb\nOK\nQUEUED\nQUEUED\n1\n1\nv\nOK\n\n1-1\n"
            "ERR unknown command 'NOSUCH', with args beginning with: 'x' \n\n\n");
    run_cli("HSET h f v\nHGETALL h\nZADD z 1.5 m\nZSCORE z m\n", "-3", "1\nf v\n1\n1.5\n");
}

Test(tier_clients, redis_cli_finds_what_lies_upstream)
{
    struct capture out;
    client_ask(&tier.direct, "MSET one 1 two 2 three 3");
    capture_run(&out, ARGV("redis-cli", "-p", port, "--scan", "--pattern", "t*"), SLICE(""), 30000);
    cr_assert(capture_contains(&out, "two") && capture_contains(&out, "three"), "%s", out.text);
    capture_clear(&out);
    capture_run(&out, ARGV("redis-cli", "-p", port, "--bigkeys"), SLICE(""), 30000);
    cr_assert(capture_contains(&out, "3 strings with 3 bytes"), "%s", out.text);
    capture_clear(&out);
}

static void run_benchmark(const char *depth, const char *protocol)
{
    static const char *const titles[] = { "PING_INLINE", "PING_MBULK", "SET",           "GET",
                                          "INCR",        "LPUSH",      "RPUSH",         "LPOP",
                                          "RPOP",        "SADD",       "HSET",          "SPOP",
                                          "ZADD",        "ZPOPMIN",    "LRANGE_100",    "LRANGE_300",
                                          "LRANGE_500",  "LRANGE_600", "MSET (10 keys)" };
    struct capture out;
    capture_run(&out,
                ARGV("redis-benchmark", "-p", port, "-n", "1000", "-r", "1000", "-P", depth, "-q", protocol),
                SLICE(""), 120000);
    cr_assert_eq(out.code, 0, "%s", out.text);
    cr_assert(!capture_contains(&out, "rror"), "%s", out.text);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        cr_assert(capture_contains(&out, titles[i]), "%s is missing from:\n%s", titles[i], out.text);
    }
    capture_clear(&out);
}

Test(tier_clients, the_whole_of_redis_benchmark)
{
    run_benchmark("1", "-q");
    run_benchmark("16", "-3");
}
