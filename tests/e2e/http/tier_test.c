/*
 * HTTP in front of an upstream: plain reads and writes through the near cache, and what is refused.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct instance redis, server;
static struct client upstream, http, others;
static char port_text[16], url[64];

static void open_all(void)
{
    instance_start(&redis, INSTANCE_REDIS, NULL);
    int port = instance_free_port();
    snprintf(port_text, sizeof port_text, "%d", port);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d", redis.port);
    instance_start(&server, INSTANCE_NUTHATCH,
                   OPTIONS("--http-port", port_text, "--upstream", url, "--threads", "2"));
    cr_assert(client_open_tcp(&upstream, redis.port));
    cr_assert(client_open_tcp(&http, port));
    cr_assert(client_open_tcp(&others, port));
}

static void close_all(void)
{
    client_close(&upstream);
    client_close(&http);
    client_close(&others);
    instance_stop(&server);
    instance_stop(&redis);
}

TestSuite(http_tier, .init = open_all, .fini = close_all);

Test(http_tier, keys_of_an_upstream_are_read_and_written)
{
    http_expect(&http, "GET /keys/k", "", 404);
    http_expect(&http, "PUT /keys/k", "Content-Type: text/plain\r\n\r\nhello", 204);
    expect(&upstream, "GET k", "\"hello\"");
    for (int i = 0; i < 3; i++) {
        struct client *client = i % 2 == 0 ? &http : &others;
        struct http_answer answer = http_expect(client, "GET /keys/k", "", 200);
        cr_assert(slice_equal(answer.body, SLICE("hello")));
        cr_assert(http_answer_has(&answer, "ETag", "\"b5e9c1ad071b3e7fc779cfaa5e523818\""));
        if (i == 2) cr_assert(http_answer_has(&answer, "Cache-Status", "nuthatch; hit"));
    }
    http_expect(&http, "GET /keys/k", "If-None-Match: \"b5e9c1ad071b3e7fc779cfaa5e523818\"\r\n", 304);
    http_expect(&http, "GET /keys/k", "Range: bytes=1-2\r\n", 206);
    http_expect(&http, "HEAD /keys/k", "", 200);
    expect(&upstream, "SET fetched x", "OK");
    struct http_answer fetched = http_expect(&http, "GET /keys/fetched", "", 200);
    cr_assert(http_answer_has(&fetched, "Cache-Status", "nuthatch; fwd=miss"));
    http_expect(&http, "PUT /keys/k", "Cache-Control: max-age=100\r\n\r\nx", 204);
    expect_start(&upstream, "TTL k", "(integer) ");
    http_expect(&others, "DELETE /keys/k", "", 204);
    http_expect(&http, "DELETE /keys/k", "", 404);
    expect(&upstream, "RPUSH list a", "(integer) 1");
    http_expect(&http, "GET /keys/list", "", 409);
    http_expect(&http, "PUT /keys/k?db=2", "\r\n2", 204);
    http_expect(&http, "GET /keys/k?db=2", "", 200);
    http_expect(&http, "GET /keys/k", "", 404);
}

Test(http_tier, what_an_upstreams_keys_cannot_have_is_not_implemented)
{
    http_expect(&http, "PUT /keys/k", "If-Match: *\r\n\r\nx", 501);
    http_expect(&http, "PUT /keys/k", "If-None-Match: *\r\n\r\nx", 501);
    http_expect(&http, "PUT /keys/k", "Surrogate-Key: a\r\n\r\nx", 501);
    http_expect(&http, "PUT /keys/k", "Cache-Control: max-age=5, stale-if-error=5\r\n\r\nx", 501);
    http_expect(&http, "PUT /keys/k", "Content-Encoding: gzip\r\n\r\nx", 501);
    http_expect(&http, "GET /keys/k", "Nuthatch-Lease: 5\r\n", 501);
    http_expect(&http, "GET /keys/k", "Nuthatch-Version: 5\r\n", 501);
    http_expect(&http, "PUT /keys/k", "Nuthatch-Version: 5\r\n\r\nx", 501);
    http_expect(&http, "PUT /keys/k", "Nuthatch-Cost: 5\r\n\r\nx", 501);
    http_expect(&http, "PUT /keys/k", "Nuthatch-Jitter: 5\r\n\r\nx", 501);
    http_expect(&http, "DELETE /keys/k", "If-Match: *\r\n", 501);
    http_expect(&http, "PURGE /keys/k", "Nuthatch-Soft: 1\r\n", 501);
    http_expect(&http, "PURGE /tags", "Surrogate-Key: a\r\n", 501);
    http_expect(&http, "POST /invalidate", "Content-Type: application/json\r\n\r\n{\"keys\":[\"a\"]}", 501);
}

Test(http_tier, requests_that_are_sent_together_are_answered_in_their_order)
{
    struct buffer text = { 0 };
    for (int i = 0; i < 50; i++)
        buffer_printf(&text,
                      "PUT /keys/p%d HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n%02d"
                      "GET /keys/p%d HTTP/1.1\r\nHost: localhost\r\n\r\n",
                      i, i, i);
    cr_assert(client_send(&http, buffer_slice(&text)));
    for (int i = 0; i < 50; i++) {
        char wanted[16];
        snprintf(wanted, sizeof wanted, "%02d", i);
        cr_assert_eq(http_next(&http, false).status, 204);
        struct http_answer answer = http_next(&http, false);
        cr_assert_eq(answer.status, 200);
        cr_assert(slice_equal(answer.body, slice_of_cstr(wanted)));
    }
    buffer_clear(&text);
}

Test(http_tier, a_large_value_comes_through_whole)
{
    struct buffer request = { 0 }, value = { 0 };
    for (size_t i = 0; i < 2000000; i++) buffer_append(&value, &"0123456789abcdefg"[i % 17], 1);
    buffer_printf(&request, "PUT /keys/large HTTP/1.1\r\nHost: localhost\r\nContent-Length: %zu\r\n\r\n",
                  value.len);
    buffer_append(&request, value.data, value.len);
    http_expect_raw(&http, buffer_slice(&request), 204);
    for (int i = 0; i < 3; i++) {
        struct http_answer answer = http_expect(i == 1 ? &others : &http, "GET /keys/large", "", 200);
        cr_assert(slice_equal(answer.body, buffer_slice(&value)));
    }
    buffer_clear(&request);
    buffer_clear(&value);
}

Test(http_tier, without_the_upstream_one_is_told_so_and_the_server_is_not_ready)
{
    for (int i = 0; i < 200 && http_ask(&http, "GET /readyz", "").status != 200; i++) pace_sleep_ms(50);
    http_expect(&http, "GET /readyz", "", 200);
    child_signal(&redis.child, SIGKILL);
    child_wait(&redis.child, 10000);
    for (int i = 0; i < 200 && http_ask(&http, "GET /readyz", "").status == 200; i++) pace_sleep_ms(50);
    http_expect(&http, "GET /readyz", "", 503);
    http_expect(&http, "GET /healthz", "", 200);
    http_expect(&http, "GET /keys/k", "", 503);
    cr_assert(instance_restart(&redis));
}
