/*
 * Fields that are this server's own: where they mean something, and that they are never passed over.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--threads", "1"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(http_own_fields, .init = open_all, .fini = close_all);

static const struct {
    const char *line, *fields;
} refused[] = {
    { "GET /keys/k", "Nuthatch-Leese: 5000\r\n" },
    { "GET /keys/k", "nuthatch-: 1\r\n" },
    { "GET /keys/k", "Nuthatch-TTL: 5000\r\n" },
    { "GET /keys/k", "Nuthatch-Token: 7811d389e75065c0\r\n" },
    { "HEAD /keys/k", "Nuthatch-Soft: 1\r\n" },
    { "PUT /keys/k", "Nuthatch-Grace: 5000\r\n\r\nx" },
    { "PUT /keys/k", "Nuthatch-Lease: 5000\r\n\r\nx" },
    { "PUT /keys/k", "Nuthatch-Retry: 5000\r\n\r\nx" },
    { "PUT /keys/k", "Nuthatch-Jitter: 51\r\n\r\nx" },
    { "PUT /keys/k", "Nuthatch-Jitter: \r\n\r\nx" },
    { "DELETE /keys/k", "Nuthatch-Retry: 5000\r\n" }, /* of no lease */
    { "DELETE /keys/k", "Nuthatch-Renew: 5000\r\n" },
    { "DELETE /keys/k", "Nuthatch-Version: 1\r\n" },
    { "DELETE /keys/k", "Nuthatch-Soft: yes\r\n" },
    { "PURGE /keys/k", "Fastly-Soft-Purge: true\r\n" },
    { "DELETE /keys/k", "Nuthatch-Token: 7811d389e75065c0\r\nNuthatch-Soft: 1\r\n" },
    { "DELETE /keys/k", "Nuthatch-Token: 7811d389e75065c0\r\nIf-Match: *\r\n" },
    { "DELETE /keys/k", "Nuthatch-Token: 7811d389e75065c0\r\nNuthatch-Renew: 5\r\nNuthatch-Pass: 5\r\n" },
    { "PURGE /tags", "Surrogate-Key: t\r\nNuthatch-TTL: 1\r\n" },
    { "POST /invalidate", "Content-Type: application/json\r\nNuthatch-Soft: 1\r\n\r\n{\"tags\":[\"t\"]}" },
    { "GET /metrics", "Nuthatch-Version: 1\r\n" },
};

Test(http_own_fields, what_means_nothing_is_refused_and_does_nothing)
{
    expect(&server.resp, "CACHE SET k v TAGS 1 t", "OK");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct http_answer answer = http_ask(&server.http, refused[i].line, refused[i].fields);
        cr_expect_eq(answer.status, 400, "%s %s: %d", refused[i].line, refused[i].fields, answer.status);
    }
    expect(&server.resp, "GET k", "\"v\"");
    http_expect(&server.http, "GET /keys/k", "X-Nuthatch-Lease: 1\r\nOther: 1\r\n", 200);
    http_expect(&server.http, "DELETE /keys/k", "Nuthatch-Soft: 0\r\n", 204);
}

/* 'not modified': no value travels. */
Test(http_own_fields, an_old_value_is_renewed)
{
    char rest[128], token[64];
    http_expect(&server.http, "PUT /keys/k", "Cache-Control: max-age=60, stale-if-error=60\r\n\r\nv", 201);
    http_expect(&server.http, "PURGE /keys/k", "Nuthatch-Soft: 1\r\n", 204);
    struct http_answer answer = http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 60000\r\n", 200);
    slice_to_cstr(http_answer_field(&answer, "Nuthatch-Token"), token, sizeof token);
    snprintf(rest, sizeof rest, "Nuthatch-Token: %s\r\nNuthatch-Renew: 100000\r\n", token);
    http_expect(&server.http, "DELETE /keys/k", rest, 204);
    expect(&server.resp, "CACHE GET k PEEK", "1) \"hit\"\n2) \"v\"\n3) (nil)");
    expect(&server.resp, "TTL k", "(integer) 100");
    http_expect(&server.http, "DELETE /keys/k", rest, 409);
}

Test(http_own_fields, a_life_is_shortened_by_chance)
{
    for (int i = 0; i < 50; i++) {
        http_expect(&server.http, "PUT /keys/k", "Nuthatch-TTL: 1000000\r\nNuthatch-Jitter: 50\r\n\r\nv",
                    i == 0 ? 201 : 204);
        long long ttl_ms = strtoll(client_ask(&server.resp, "PTTL k").data + 1, NULL, 10);
        cr_assert(ttl_ms > 490000 && ttl_ms <= 1000000);
        if (ttl_ms < 980000) return;
    }
    cr_assert_fail("fifty lives, and none was shortened");
}

/* Of a text that is there, and empty, it is not said that there is none. */
Test(http_own_fields, an_empty_token_is_no_good_one)
{
    http_expect(&server.http, "PUT /keys/k", "Nuthatch-Token: \r\n\r\nv", 409);
    http_expect(&server.http, "PUT /keys/k", "Nuthatch-Version: \r\n\r\nv", 201);
    http_expect(&server.http, "GET /keys/k", "Nuthatch-Version: \r\n", 200);
    http_expect(&server.http, "GET /keys/k", "Nuthatch-Version: 1\r\n", 404);
}
