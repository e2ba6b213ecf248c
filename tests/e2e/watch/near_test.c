/*
 * /stats.json and /metrics of a server in front of a Redis: of the near cache.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"

static struct tier_example tier;
static struct client http;

static void open_all(void)
{
    static char port_text[16];
    int port = instance_free_port();
    snprintf(port_text, sizeof port_text, "%d", port);
    tier_open(&tier, OPTIONS("--http-port", port_text));
    cr_assert(client_open_tcp(&http, port));
}

static void close_all(void)
{
    client_close(&http);
    tier_close(&tier);
}

TestSuite(watch_near, .init = open_all, .fini = close_all, .timeout = 120);

static void expect_tells(const char *path, const char *text)
{
    struct http_answer answer = http_expect(&http, path, "", 200);
    cr_expect(memmem(answer.body.data, answer.body.len, text, strlen(text)) != NULL, "%s: %.*s", text,
              (int)answer.body.len, answer.body.data);
}

Test(watch_near, hits_are_those_of_the_near_cache)
{
    expect(&tier.direct, "SET k v", "OK");
    for (int i = 0; i < 3; i++) expect(&tier.client, "GET k", "\"v\"");
    expect_tells("GET /stats.json", "\"mode\":\"near cache\"");
    expect_tells("GET /stats.json", "\"nearcache\":{\"enabled\":1,\"mode\":\"coherent\",\"link\":\"up\"");
    expect_tells("GET /stats.json", "\"hits\":2,\"misses\":1,\"invalidated\":0}");
    expect_tells("GET /stats.json", "\"copies\":1}");
    expect_tells("GET /metrics", "nuthatch_nearcache_hits_total 2\n");
    expect_tells("GET /metrics", "nuthatch_nearcache_link_up 1\n");
}

Test(watch_near, why_a_key_is_local_is_told_to_who_may_read_it)
{
    expect(&tier.direct, "SET k v", "OK");
    expect(&tier.client, "GET k", "\"v\"");
    expect_tells("GET /stats.json?why=k", "{\"why\":[\"local: there is a copy");
    expect_tells("GET /stats.json?why=%6b", "{\"why\":[\"local: there is a copy");
    expect_tells("GET /stats.json?why=k&db=1", "{\"why\":[\"upstream: no local copy");
    expect(&tier.client, "ACL SETUSER default resetkeys ~mine:*", "OK");
    http_expect(&http, "GET /stats.json?why=k", "", 403);
    expect(&tier.client, "NEARCACHE WHY k",
           "(error) NOPERM this user has no permissions to access one of the keys used as arguments");
    expect_start(&tier.client, "NEARCACHE WHY mine:1", "\"upstream: no local copy");
    expect_tells("GET /stats.json?why=mine:1", "{\"why\":[\"upstream: no local copy");
}
