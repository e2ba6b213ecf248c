/*
 * Through the near cache: leases are the upstream's, and a client's own connection to it is who has won them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/pace.h"

static struct tier_example t;
static struct client other;

static void open_tier(void)
{
    tier_open_before_ours(&t, NULL);
    cr_assert(client_open_tcp(&other, t.server.port));
}

static void close_tier(void)
{
    client_close(&other);
    tier_close(&t);
}

TestSuite(tier_leases, .init = open_tier, .fini = close_tier, .timeout = 120);

static void win(struct client *client, const char *line, char *token, size_t size)
{
    struct slice reply = client_ask(client, line);
    cr_assert(slice_equal(reply_part_text(reply_part(reply, 0)), SLICE("win")), "%.*s", (int)reply.len,
              reply.data);
    slice_to_cstr(reply_part_text(reply_part(reply, 2)), token, size);
}

static void wait_for_leases(long count)
{
    char line[64];
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    int len = snprintf(line, sizeof line, "\ncache_leases:%ld\r", count);
    for (;;) {
        struct slice info = client_ask(&t.direct, "INFO cache");
        if (memmem(info.data, info.len, line, (size_t)len) != NULL) return;
        cr_assert(pace_now_ms() < end_ms, "%.*s", (int)info.len, info.data);
        pace_sleep_ms(1);
    }
}

Test(tier_leases, one_computes_for_all)
{
    char token[32], line[96];
    win(&t.client, "CACHE GET k", token, sizeof token);
    expect(&other, "CACHE GET k", "1) \"busy\"\n2) (nil)\n3) (nil)");
    cr_assert(client_send_line(&other, "CACHE GET k WAIT 60000"));
    snprintf(line, sizeof line, "CACHE SET k v TOKEN %s TAGS 1 t", token);
    expect(&t.client, line, "OK");
    expect_next(&other, "1) \"hit\"\n2) \"v\"\n3) (nil)");
    expect(&t.direct, "CACHE GET k", "1) \"hit\"\n2) \"v\"\n3) (nil)");
    expect(&t.client, "CACHE INVALIDATE TAGS t", "(integer) 1");
    win(&other, "CACHE GET k", token, sizeof token);
    snprintf(line, sizeof line, "CACHE RELEASE k %s", token);
    expect(&t.client, line, "(integer) 1");
}

Test(tier_leases, a_winner_that_leaves_is_replaced)
{
    char token[32];
    win(&other, "CACHE GET k LEASE 600000", token, sizeof token);
    wait_for_leases(1);
    client_close(&other);
    wait_for_leases(0);
    win(&t.client, "CACHE GET k", token, sizeof token);
    cr_assert(client_open_tcp(&other, t.server.port));
}

Test(tier_leases, a_connection_is_given_back_with_the_last_lease)
{
    char token[32], line[96];
    win(&other, "CACHE GET k", token, sizeof token);
    snprintf(line, sizeof line, "CACHE SET k v TOKEN %s", token);
    expect(&other, line, "OK");
    win(&other, "CACHE GET l", token, sizeof token);
    expect(&other, "PING", "PONG");
    expect(&other, "GET k", "\"v\"");
    snprintf(line, sizeof line, "CACHE RELEASE l %s RETRY 1000", token);
    expect(&other, line, "(integer) 1");
    expect(&other, "CACHE GET l", "1) \"fail\"\n2) (nil)\n3) (nil)");
}
