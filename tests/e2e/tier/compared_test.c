/*
 * The near cache: writes that compare first, in front of an upstream that knows them, which is one of ours,
 * and of a Redis 7.0, which does not; and commands about what a cache has not, which are the upstream's.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"

TestSuite(tier_compared, .timeout = 60);

struct pair {
    struct instance upstream, server;
    struct client direct, client;
};

static struct pair p;

static void open_pair(void)
{
    char url[64];
    instance_start(&p.upstream, INSTANCE_NUTHATCH, NULL);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", p.upstream.port);
    instance_start(&p.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url, "--threads", "2"));
    cr_assert(client_open_tcp(&p.direct, p.upstream.port));
    cr_assert(client_open_tcp(&p.client, p.server.port));
    tier_wait_link(&p.client, "up");
}

static void close_pair(void)
{
    client_close(&p.client);
    client_close(&p.direct);
    instance_stop(&p.server);
    instance_stop(&p.upstream);
}

Test(tier_compared, a_value_that_was_stored_on_a_condition_is_a_copy)
{
    open_pair();
    expect(&p.client, "SET k v", "OK");
    tier_expect_hit(&p.client, "GET k", "\"v\"");
    expect(&p.client, "SET k w IFEQ v", "OK");
    expect(&p.direct, "GET k", "\"w\"");
    tier_expect_hit(&p.client, "GET k", "\"w\"");
    expect(&p.client, "SET k x IFEQ v", "(nil)");
    expect(&p.client, "GET k", "\"w\"");
    expect(&p.client, "SET k x IFNE v GET", "\"w\"");
    expect(&p.client, "GET k", "\"x\"");
    expect(&p.client, "SET k y IFDEQ 0000000000000000", "(nil)");
    expect(&p.client, "GET k", "\"x\"");
    expect(&p.client, "SET k y IFDNE 0000000000000000 EX 100", "OK");
    tier_expect_hit(&p.client, "GET k", "\"y\"");
    expect(&p.client, "TTL k", "(integer) 100");
    expect(&p.client, "SET k z IFEQ y KEEPTTL", "OK");
    expect(&p.client, "GET k", "\"z\"");
    expect(&p.client, "TTL k", "(integer) 100");
    close_pair();
}

Test(tier_compared, a_copy_goes_with_the_key_that_was_removed_on_a_condition)
{
    open_pair();
    expect(&p.client, "SET lock mine", "OK");
    tier_expect_hit(&p.client, "GET lock", "\"mine\"");
    expect(&p.client, "DELIFEQ lock yours", "(integer) 0");
    expect(&p.client, "GET lock", "\"mine\"");
    expect(&p.client, "DELIFEQ lock mine", "(integer) 1");
    expect(&p.client, "GET lock", "(nil)");
    expect(&p.client, "SET lock mine", "OK");
    tier_expect_hit(&p.client, "GET lock", "\"mine\"");
    expect(&p.client, "DELEX lock IFNE yours", "(integer) 1");
    expect(&p.client, "GET lock", "(nil)");
    expect(&p.client, "SET lock hello", "OK");
    expect(&p.client, "DIGEST lock", "\"9555e8555c62dcfd\"");
    expect(&p.client, "DELEX lock IFDEQ 9555e8555c62dcfd", "(integer) 1");
    expect(&p.client, "GET lock", "(nil)");
    close_pair();
}

Test(tier_compared, copies_of_all_keys_go_that_were_stored_at_once)
{
    open_pair();
    expect(&p.client, "MSET a 1 b 2", "OK");
    tier_expect_hit(&p.client, "MGET a b", "1) \"1\"\n2) \"2\"");
    expect(&p.client, "MSETEX 2 a 3 b 4 NX EX 100", "(integer) 0");
    expect(&p.client, "MGET a b", "1) \"1\"\n2) \"2\"");
    expect(&p.client, "MSETEX 2 a 3 b 4 EX 100", "(integer) 1");
    expect(&p.client, "MGET a b", "1) \"3\"\n2) \"4\"");
    expect(&p.client, "TTL b", "(integer) 100");
    expect(&p.client, "MSETEX 2 a 5", "(error) ERR wrong number of key-value pairs");
    expect(&p.client, "GET a", "\"3\"");
    close_pair();
}

Test(tier_compared, what_somebody_else_does_so_drops_the_copy)
{
    open_pair();
    expect(&p.client, "MSET a 1 b 2 c 3", "OK");
    tier_expect_hit(&p.client, "MGET a b c", "1) \"1\"\n2) \"2\"\n3) \"3\"");
    expect(&p.direct, "SET a 4 IFEQ 1", "OK");
    tier_wait_reply(&p.client, "GET a", "\"4\"");
    expect(&p.direct, "MSETEX 2 a 5 b 6 PX 100000", "(integer) 1");
    tier_wait_reply(&p.client, "MGET a b", "1) \"5\"\n2) \"6\"");
    expect(&p.direct, "DELIFEQ b 6", "(integer) 1");
    tier_wait_reply(&p.client, "GET b", "(nil)");
    expect(&p.direct, "DELEX c IFNE 4", "(integer) 1");
    tier_wait_reply(&p.client, "GET c", "(nil)");
    close_pair();
}

static struct tier_example t;

Test(tier_compared, an_upstream_that_does_not_know_it_says_so_and_copies_stay_right)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET k v", "OK");
    tier_expect_hit(&t.client, "GET k", "\"v\"");
    expect(&t.client, "SET k w IFEQ v", "(error) ERR syntax error");
    expect(&t.client, "GET k", "\"v\"");
    expect_start(&t.client, "DELIFEQ k v", "(error) ERR unknown command 'DELIFEQ'");
    expect_start(&t.client, "DELEX k", "(error) ERR unknown command 'DELEX'");
    expect_start(&t.client, "DIGEST k", "(error) ERR unknown command 'DIGEST'");
    expect_start(&t.client, "MSETEX 1 k w", "(error) ERR unknown command 'MSETEX'");
    expect(&t.client, "GET k", "\"v\"");
    expect(&t.direct, "GET k", "\"v\"");
    tier_close(&t);
}

Test(tier_compared, what_a_cache_has_not_is_asked_of_the_upstream)
{
    tier_open(&t, NULL);
    expect(&t.client, "MODULE LIST", "(empty array)");
    expect(&t.client, "CLUSTER INFO", "(error) ERR This instance has cluster support disabled");
    expect(&t.client, "CLUSTER NONSENSE", "(error) ERR unknown subcommand 'NONSENSE'. Try CLUSTER HELP.");
    expect(&t.client, "ROLE", "1) \"master\"\n2) (integer) 0\n3) (empty array)");
    expect(&t.client, "REPLICAOF NO ONE", "OK");
    expect(&t.client, "FAILOVER", "(error) ERR FAILOVER requires connected replicas.");
    expect_start(&t.client, "LASTSAVE", "(integer) ");
    expect_start(&t.client, "WAITAOF 0 0 0", "(error) ERR unknown command 'WAITAOF'");
    /* What would make something else of the connection is not passed on. */
    expect(&t.client, "READONLY", "(error) ERR This instance has cluster support disabled");
    expect(&t.client, "READONLY x", "(error) ERR wrong number of arguments for 'readonly' command");
    expect(&t.client, "SYNC", "(error) ERR 'SYNC' cannot be used through a near cache");
    expect(&t.client, "PSYNC ? -1", "(error) ERR 'PSYNC' cannot be used through a near cache");
    expect(&t.client, "PSYNC", "(error) ERR wrong number of arguments for 'psync' command");
    expect(&t.client, "REPLCONF capa eof", "(error) ERR 'REPLCONF' cannot be used through a near cache");
    tier_close(&t);
}

Test(tier_compared, what_a_cache_has_not_is_answered_without_a_link_where_that_is_asked_for)
{
    tier_open(&t, OPTIONS("--upstream-on-failure", "local"));
    instance_stop(&t.redis);
    tier_wait_link(&t.client, "down");
    expect(&t.client, "MODULE LIST", "(empty array)");
    expect(&t.client, "CLUSTER INFO", "(error) ERR This instance has cluster support disabled");
    expect(&t.client, "ROLE", "1) \"master\"\n2) (integer) 0\n3) (empty array)");
    expect(&t.client, "SAVE", "(error) ERR");
    instance_stop(&t.server);
    client_close(&t.client);
    client_close(&t.direct);
}
