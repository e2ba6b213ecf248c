/*
 * What one client sends must not cost others the connections that they share.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"

TestSuite(tier_shared_connections, .timeout = 60);

static struct tier_example t;
static struct client other;

static void open_with(const char *const *redis_options, const char *const *options)
{
    static char url[96];
    static const char *all[16];
    size_t count = 0;
    instance_start(&t.redis, INSTANCE_REDIS, redis_options);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", t.redis.port);
    all[count++] = "--upstream";
    all[count++] = url;
    for (; options != NULL && *options != NULL; options++) all[count++] = *options;
    all[count] = NULL;
    instance_start(&t.server, INSTANCE_NUTHATCH, all);
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    cr_assert(client_open_tcp(&other, t.server.port));
    tier_wait_link(&t.client, "up");
}

static void close_all(void)
{
    client_close(&other);
    tier_close(&t);
}

/* A9 */
Test(tier_shared_connections, nobody_makes_something_else_of_one)
{
    open_with(NULL, NULL);
    expect(&t.client, "SCRIPT DEBUG YES", "(error) ERR 'SCRIPT' cannot be used through a near cache");
    expect(&t.client, "script debug sync", "(error) ERR 'script' cannot be used through a near cache");
    expect(&t.client, "REPLCONF listening-port 1",
           "(error) ERR 'REPLCONF' cannot be used through a near cache");
    expect(&t.client, "READONLY", "(error) ERR This instance has cluster support disabled");
    expect(&t.client, "ASKING", "(error) ERR This instance has cluster support disabled");
    expect(&other, "EVAL \"return 1\" 0", "(integer) 1");
    expect(&other, "RPUSH l a", "(integer) 1");
    expect_start(&t.client, "SCRIPT EXISTS 0", "1) (integer) 0");
    close_all();
}

/* A9: the upstream would take this server for a client of its own machine. */
Test(tier_shared_connections, what_is_for_clients_of_the_same_machine_is_this_servers_to_allow)
{
    open_with(OPTIONS("--enable-debug-command", "local", "--enable-module-command", "local"), NULL);
    expect_start(&t.client, "DEBUG SLEEP 0", "(error) ERR DEBUG command not allowed.");
    expect_start(&t.client, "MODULE LOAD /nosuch", "(error) ERR MODULE command not allowed.");
    expect(&t.client, "MODULE LIST", "(empty array)");
    close_all();
}

/* A10: of a reply that is too large only the client that asked for it learns. */
Test(tier_shared_connections, a_reply_that_the_upstream_closes_for_costs_only_the_offender)
{
    struct buffer name = { 0 };
    open_with(OPTIONS("--client-output-buffer-limit", "normal 1mb 0 0"), NULL);
    for (int i = 0; i < 100; i++) buffer_append(&name, "0123456789012345678901234567890123456789", 40);
    buffer_append(&name, "", 1);
    struct slice reply;
    for (int i = 0; i < 400; i++) {
        struct slice set[] = { SLICE("EVAL"), SLICE("return redis.call('set', ARGV[1] .. ARGV[2], 1)"),
                               SLICE("0"), slice_of_cstr(name.data), slice_of_cstr(name.data + i) };
        cr_assert(client_send_argv(&t.client, 5, set) && client_read(&t.client, &reply));
    }
    expect(&other, "SET k v", "OK");
    tier_expect_hit(&other, "GET k", "\"v\"");
    for (int i = 0; i < 20; i++) {
        cr_assert(client_send_line(&t.client, "KEYS *"));
        for (int j = 0; j < 5; j++) expect(&other, "LLEN none", "(integer) 0");
        cr_assert(client_read(&t.client, &reply));
        cr_assert_eq(reply.data[0], '-');
    }
    tier_expect_hit(&other, "GET k", "\"v\"");
    cr_assert_eq(tier_count(&other, "nearcache_reconnects"), 0);
    buffer_clear(&name);
    close_all();
}

/* A10 */
Test(tier_shared_connections, an_argument_that_the_upstream_closes_for_is_not_sent)
{
    static char large[2 << 20];
    struct slice reply;
    open_with(OPTIONS("--proto-max-bulk-len", "1mb"), NULL);
    memset(large, 'x', sizeof large);
    struct slice set[] = { SLICE("SET"), SLICE("k"), slice_of(large, sizeof large) };
    cr_assert(client_send_argv(&t.client, 3, set) && client_read(&t.client, &reply));
    cr_assert(slice_equal(reply, SLICE("-ERR Protocol error: invalid bulk length\r\n")));
    struct slice push[] = { SLICE("RPUSH"), SLICE("l"), slice_of(large, sizeof large) };
    cr_assert(client_send_argv(&t.client, 3, push) && client_read(&t.client, &reply));
    cr_assert_eq(reply.data[0], '-');
    expect(&t.client, "SET k v", "OK");
    cr_assert_eq(tier_count(&other, "nearcache_reconnects"), 0);
    close_all();
}
