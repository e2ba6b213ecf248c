/*
 * redis-benchmark against this server, at the depths and numbers of connections that people use.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/process/capture.h"
#include "tests/support/process/instance.h"

static struct instance server;

static void open_server(void)
{
    instance_start(&server, INSTANCE_NUTHATCH, NULL);
}

static void close_server(void)
{
    instance_stop(&server);
}

TestSuite(redis_benchmark, .init = open_server, .fini = close_server, .timeout = 600);

/* `tests` as redis-benchmark names them; `titles`, ended by NULL, are what it then prints. */
static void run_tests(const char *tests, const char *const *titles, const char *const *options)
{
    struct capture out;
    char port[16];
    snprintf(port, sizeof port, "%d", server.port);
    capture_run(&out,
                ARGV("redis-benchmark", "-p", port, "-t", tests, "-n", "4000", "-r", "1000", "-q", "-P",
                     options[0], "-c", options[1], options[2]),
                SLICE(""), 120000);
    cr_assert_eq(out.code, 0, "%s", out.text);
    cr_assert(!capture_contains(&out, "rror"), "%s", out.text);
    cr_assert(!capture_contains(&out, "WARNING"), "%s", out.text);
    for (; *titles != NULL; titles++)
        cr_assert(capture_contains(&out, *titles), "%s is missing from:\n%s", *titles, out.text);
    capture_clear(&out);
}

static void run(const char *depth, const char *connections, const char *protocol)
{
    static const char *const titles[] = { "PING_INLINE", "PING_MBULK",     "SET", "GET",
                                          "INCR",        "MSET (10 keys)", NULL };
    const char *const options[] = { depth, connections, *protocol == '3' ? "-3" : "-q" };
    run_tests("ping,set,get,incr,mset", titles, options);
}

/* All that it does when it is not told what, but for streams. */
static void run_default(const char *depth, const char *connections, const char *protocol)
{
    static const char *const titles[] = {
        "PING_INLINE", "PING_MBULK", "SET",        "GET",        "INCR",
        "LPUSH",       "RPUSH",      "LPOP",       "RPOP",       "SADD",
        "HSET",        "SPOP",       "ZADD",       "ZPOPMIN",    "LPUSH (needed to benchmark LRANGE)",
        "LRANGE_100",  "LRANGE_300", "LRANGE_500", "LRANGE_600", "MSET (10 keys)",
        NULL
    };
    const char *const options[] = { depth, connections, *protocol == '3' ? "-3" : "-q" };
    run_tests("ping,set,get,incr,lpush,rpush,lpop,rpop,sadd,hset,spop,zadd,zpopmin,lrange,mset", titles,
              options);
}

Test(redis_benchmark, every_type_without_a_pipeline)
{
    run_default("1", "50", "2");
}

Test(redis_benchmark, every_type_at_depth_16_in_resp3)
{
    run_default("16", "50", "3");
}

Test(redis_benchmark, fifty_connections_without_a_pipeline)
{
    run("1", "50", "2");
}

Test(redis_benchmark, fifty_connections_at_depth_16)
{
    run("16", "50", "2");
}

Test(redis_benchmark, fifty_connections_that_track_what_they_read)
{
    static const char *const titles[] = { "SET", "GET", "INCR", NULL };
    const char *const options[] = { "16", "50", "--enable-tracking" };
    run_tests("set,get,incr", titles, options);
}

Test(redis_benchmark, fifty_connections_at_depth_64)
{
    run("64", "50", "2");
}

Test(redis_benchmark, five_hundred_connections_without_a_pipeline)
{
    run("1", "500", "2");
}

Test(redis_benchmark, five_hundred_connections_at_depth_16)
{
    run("16", "500", "2");
}

Test(redis_benchmark, five_hundred_connections_at_depth_64)
{
    run("64", "500", "2");
}

Test(redis_benchmark, resp3_at_depth_16)
{
    run("16", "50", "3");
}

Test(redis_benchmark, nothing_is_left_of_its_connections)
{
    struct client client;
    run("16", "500", "2");
    cr_assert(client_open_tcp(&client, server.port));
    expect(&client, "SET still here", "OK");
    expect_start(&client, "CLIENT LIST", "\"id=");
    struct slice list = client_ask(&client, "CLIENT LIST");
    size_t lines = 0;
    for (size_t i = 0; i < list.len; i++) lines += i + 3 < list.len && memcmp(list.data + i, "\nid=", 4) == 0;
    cr_assert_leq(lines, 2);
    client_close(&client);
}
