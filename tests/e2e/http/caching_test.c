/*
 * How long a value is kept, with what it depends on, and what caches are told of it, over HTTP.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/pace.h"

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--threads", "2"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(http_caching, .init = open_all, .fini = close_all);

/* What is said of a value, and what becomes of it (RFC 9111, 5861, 9213). */
static const struct {
    const char *fields;
    int status;
    int64_t ttl_ms; /* -1: none */
    int64_t grace_ms;
} kept[] = {
    { "", 201, -1, -1 },
    { "Cache-Control: max-age=60\r\n", 201, 60000, -1 },
    { "Cache-Control: public, MAX-AGE=\"60\"\r\n", 201, 60000, -1 },
    { "Cache-Control: max-age=60, s-maxage=10\r\n", 201, 10000, -1 },
    { "Cache-Control: s-maxage=10\r\nCache-Control: max-age=60\r\n", 201, 10000, -1 },
    { "Cache-Control: max-age=60, stale-while-revalidate=5\r\n", 201, 60000, 5000 },
    { "Cache-Control: max-age=60, stale-while-revalidate=5, stale-if-error=7\r\n", 201, 60000, 7000 },
    { "Cache-Control: max-age=60\r\nSurrogate-Control: max-age=50\r\n", 201, 50000, -1 },
    { "Cache-Control: max-age=60\r\nSurrogate-Control: max-age=50\r\nCDN-Cache-Control: max-age=40\r\n", 201,
      40000, -1 },
    { "Cache-Control: max-age=60\r\nNuthatch-TTL: 2500\r\n", 201, 2500, -1 },
    { "Cache-Control: max-age=99999999999999\r\n", 201, INT64_C(2147483647000), -1 },
    { "Cache-Control: max-age=60, max-age=3600\r\n", 201, 60000, -1 },
    { "Cache-Control: max-age=60\r\nCache-Control: max-age=70\r\n", 201, 60000, -1 },
    { "Cache-Control: s-maxage=60, s-maxage=70, max-age=80\r\n", 201, 60000, -1 },
    { "Cache-Control: max-age=60, stale-if-error=5, stale-if-error=70\r\n", 201, 60000, 5000 },
    { "Cache-Control: max-age=60, max-age=x\r\n", 400, 0, 0 },
    { "Surrogate-Control: max-age=60, max-age=70\r\n", 201, 60000, -1 },
    { "CDN-Cache-Control: max-age=60, max-age=70\r\n", 201, 70000, -1 },
    { "CDN-Cache-Control: max-age=60\r\nCDN-Cache-Control: max-age=70\r\n", 201, 70000, -1 },
    { "CDN-Cache-Control: \r\nCache-Control: max-age=60\r\n", 201, 60000, -1 },
    { "CDN-Cache-Control: , ,\r\nSurrogate-Control:\r\nCache-Control: max-age=60, max-age=70\r\n", 201, 60000,
      -1 },
    { "CDN-Cache-Control: public\r\nCache-Control: max-age=60\r\n", 201, -1, -1 },
    { "Cache-Control: no-store\r\n", 400, 0, 0 },
    { "Cache-Control: max-age=60, no-store\r\n", 400, 0, 0 },
    { "Cache-Control: no-store\r\nCDN-Cache-Control: max-age=40\r\n", 201, 40000, -1 },
    { "Cache-Control: max-age=0\r\n", 400, 0, 0 },
    { "Cache-Control: max-age=abc\r\n", 400, 0, 0 },
    { "Cache-Control: max-age\r\n", 400, 0, 0 },
    { "Cache-Control: max-age=-1\r\n", 400, 0, 0 },
    { "Cache-Control: stale-while-revalidate=5\r\n", 400, 0, 0 },
    { "Cache-Control: max-age=60, stale-while-revalidate=31536000\r\n", 201, 60000, UINT32_MAX },
    { "Nuthatch-TTL: 2147483648\r\n", 201, INT64_C(2147483648), -1 },
    { "Nuthatch-TTL: 4000000000000\r\n", 201, INT64_C(4000000000000), -1 },
    { "Nuthatch-TTL: 9223372036854775807\r\n", 400, 0, 0 },
    { "Nuthatch-TTL: 9223372036854775808\r\n", 400, 0, 0 },
    { "Nuthatch-TTL: 99999999999999999999999\r\n", 400, 0, 0 },
    { "Nuthatch-TTL: 0\r\n", 400, 0, 0 },
    { "Nuthatch-TTL: -1\r\n", 400, 0, 0 },
    { "Nuthatch-TTL: \r\n", 400, 0, 0 },
    { "Nuthatch-TTL: soon\r\n", 400, 0, 0 },
    { "Nuthatch-Cost: 4294967295\r\n", 201, -1, -1 },
    { "Nuthatch-Cost: 4294967296\r\n", 400, 0, 0 },
    { "Nuthatch-TTL: 5\r\nNuthatch-TTL: 6\r\n", 400, 0, 0 },
};

static int64_t number_behind(struct slice text, const char *word)
{
    const char *at = memmem(text.data, text.len, word, strlen(word));
    const char *colon = at != NULL ? memchr(at, ':', (size_t)(text.data + text.len - at)) : NULL;
    return colon != NULL ? strtoll(colon + 1, NULL, 10) : -2;
}

Test(http_caching, what_is_said_of_a_value_is_how_long_it_is_kept)
{
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
        char rest[300];
        client_ask(&server.resp, "DEL k");
        snprintf(rest, sizeof rest, "%s\r\nhello", kept[i].fields);
        struct http_answer answer = http_ask(&server.http, "PUT /keys/k", rest);
        cr_expect_eq(answer.status, kept[i].status, "%s: %d", kept[i].fields, answer.status);
        if (answer.status == 0 || answer.status == 400) http_server_reconnect(&server);
        if (kept[i].status != 201) continue;
        struct slice meta = client_ask(&server.resp, "CACHE GET k PEEK META");
        int64_t ttl_ms = number_behind(meta, "ttl"), grace_ms = number_behind(meta, "grace");
        bool close =
            kept[i].ttl_ms < 0 ? ttl_ms == -1 : ttl_ms <= kept[i].ttl_ms && ttl_ms > kept[i].ttl_ms - 2000;
        cr_expect(close, "%s: %lld", kept[i].fields, (long long)ttl_ms);
        cr_expect_eq(grace_ms, kept[i].grace_ms, "%s: %lld", kept[i].fields, (long long)grace_ms);
    }
}

Test(http_caching, a_number_that_does_not_fit_is_named)
{
    static const struct {
        const char *line, *fields, *why;
    } wrong[] = {
        { "PUT /keys/k", "Nuthatch-TTL: 9223372036854775807\r\n\r\nv",
          "the time to live is too many milliseconds\n" },
        { "PUT /keys/k", "Nuthatch-TTL: 9223372036854775807\r\nSurrogate-Key: a\r\n\r\nv",
          "the time to live is too many milliseconds\n" },
        { "PUT /keys/k", "Nuthatch-Cost: 4294967296\r\n\r\nv",
          "a cost is at most 4294967295 milliseconds\n" },
        { "GET /keys/k", "Nuthatch-Lease: 600001\r\n",
          "a lease is of 1 to 600000 milliseconds, a retry or a pass of 1 to 86400000\n" },
        { "DELETE /keys/k", "Nuthatch-Token: 7811d389e75065c0\r\nNuthatch-Pass: 86400001\r\n",
          "a lease is of 1 to 600000 milliseconds, a retry or a pass of 1 to 86400000\n" },
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct http_answer answer = http_expect(&server.http, wrong[i].line, wrong[i].fields, 400);
        cr_expect(slice_equal(answer.body, slice_of_cstr(wrong[i].why)), "%zu: %.*s", i, (int)answer.body.len,
                  answer.body.data);
    }
}

Test(http_caching, a_media_type_and_a_coding_are_kept)
{
    http_expect(&server.http, "PUT /keys/t", "Content-Type: text/html; charset=utf-8\r\n\r\n<p>", 201);
    struct http_answer answer = http_expect(&server.http, "GET /keys/t", "", 200);
    cr_assert(http_answer_has(&answer, "Content-Type", "text/html; charset=utf-8"));
    cr_assert(http_answer_has(&answer, "Content-Security-Policy", "sandbox; default-src 'none'"));
    http_expect(&server.http, "PUT /keys/z", "Content-Type: text/css\r\nContent-Encoding: gzip\r\n\r\nzz",
                201);
    answer = http_expect(&server.http, "GET /keys/z", "Accept-Encoding: br, gzip;q=0.5\r\n", 200);
    cr_assert(http_answer_has(&answer, "Content-Type", "text/css"));
    cr_assert(http_answer_has(&answer, "Content-Encoding", "gzip"));
    cr_assert(http_answer_has(&answer, "Vary", "Accept-Encoding"));
    http_expect(&server.http, "GET /keys/z", "", 200);
    http_expect(&server.http, "GET /keys/z", "Accept-Encoding: *\r\n", 200);
    http_expect(&server.http, "GET /keys/z", "Accept-Encoding: br\r\n", 406);
    http_expect(&server.http, "GET /keys/z", "Accept-Encoding: gzip;q=0, *\r\n", 406);
    http_expect(&server.http, "PUT /keys/x", "Content-Type: nonsense\r\n\r\n1", 400);
    http_expect(&server.http, "PUT /keys/x", "Content-Type: text/html\x80\r\n\r\n1", 400);
    http_expect(&server.http, "PUT /keys/x", "Content-Encoding: gzip, br\r\n\r\n1", 400);
}

/* Nobody else has the token, and the key is kept for who won it. */
Test(http_caching, who_has_won_is_told_so_whatever_else_it_is_told)
{
    static const struct {
        const char *fields;
        int status;
    } asked[] = {
        { "", 200 },
        { "If-Match: \"x\"\r\n", 412 },
        { "If-None-Match: *\r\n", 304 },
        { "Accept-Encoding: br\r\n", 406 },
        { "Range: bytes=99-\r\n", 416 },
        { "Range: bytes=0-0\r\n", 206 },
    };
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char rest[200];
        client_ask(&server.resp, "DEL q");
        http_expect(&server.http, "PUT /keys/q",
                    "Content-Encoding: gzip\r\nCache-Control: max-age=9, stale-if-error=9\r\n\r\nhello", 201);
        http_expect(&server.http, "PURGE /keys/q", "Nuthatch-Soft: 1\r\n", 204);
        snprintf(rest, sizeof rest, "Nuthatch-Lease: 5000\r\n%s", asked[i].fields);
        struct http_answer answer = http_ask(&server.http, "GET /keys/q", rest);
        cr_expect_eq(answer.status, asked[i].status, "%s: %d", asked[i].fields, answer.status);
        cr_expect(http_answer_has(&answer, "Nuthatch-State", "win"), "%s", asked[i].fields);
        cr_expect_eq(http_answer_field(&answer, "Nuthatch-Token").len, 16, "%s", asked[i].fields);
    }
}

static void fill(const char *format, int from, int to)
{
    struct buffer lines = { 0 };
    struct slice reply;
    for (int i = from; i <= to; i++) buffer_printf(&lines, format, i, i);
    cr_assert(client_send(&server.resp, buffer_slice(&lines)));
    for (int i = from; i <= to; i++) cr_assert(client_read(&server.resp, &reply) && reply.data[0] == '+');
    buffer_clear(&lines);
}

/* What cannot be kept is refused before anything is stored, and what no key is of any more makes room. */
Test(http_caching, a_media_type_too_many_is_refused_until_one_is_gone)
{
    static const char coded[] = "Content-Type: text/css\r\nContent-Encoding: gzip\r\n\r\nzz";
    expect(&server.resp, "FLUSHALL", "OK");
    for (int from = 1; from <= 65535; from += 4369) fill("CACHE SET k%d v TYPE t/%d\r\n", from, from + 4368);
    expect(&server.resp, "CACHE SET x v TYPE new/one", "(error) ERR too many media types");
    http_expect(&server.http, "PUT /keys/x", coded, 507);
    expect(&server.resp, "EXISTS x", "(integer) 0");
    http_expect(&server.http, "PUT /keys/x", "Content-Type: t/9\r\n\r\n1", 201);
    expect(&server.resp, "DEL k17", "(integer) 1");
    http_expect(&server.http, "PUT /keys/x", coded, 204);
    struct http_answer answer = http_expect(&server.http, "GET /keys/x", "Accept-Encoding: gzip\r\n", 200);
    cr_assert(http_answer_has(&answer, "Content-Encoding", "gzip"));
    expect(&server.resp, "CACHE SET y v TYPE new/one", "(error) ERR too many media types");
    expect(&server.resp, "FLUSHALL", "OK");
    bool cleared = false; /* what was flushed is freed behind the reply */
    for (int i = 0; i < 500 && !cleared; i++) {
        cleared = client_ask(&server.resp, "CACHE SET y v TYPE new/one").data[0] == '+';
        if (!cleared) usleep(10000);
    }
    cr_expect(cleared);
}

Test(http_caching, the_same_bytes_as_another_type_have_another_tag)
{
    char first[64];
    http_expect(&server.http, "PUT /keys/a", "\r\nhello", 201);
    struct http_answer answer = http_expect(&server.http, "HEAD /keys/a", "", 200);
    slice_to_cstr(http_answer_field(&answer, "ETag"), first, sizeof first);
    answer = http_expect(&server.http, "PUT /keys/a", "Content-Type: text/plain\r\n\r\nhello", 204);
    cr_assert(!http_answer_has(&answer, "ETag", first));
    slice_to_cstr(http_answer_field(&answer, "ETag"), first, sizeof first);
    answer = http_expect(&server.http, "GET /keys/a", "", 200);
    cr_assert(http_answer_has(&answer, "ETag", first));
    char rest[100];
    snprintf(rest, sizeof rest, "If-Match: %s\r\n\r\nother", first);
    http_expect(&server.http, "PUT /keys/a", rest, 204);
    http_expect(&server.http, "PUT /keys/a", rest, 412);
}

Test(http_caching, a_tag_that_is_purged_takes_its_values_along)
{
    static const char *const fields[] = { "Surrogate-Key: a t b\r\n", "xkey: t\r\n", "Cache-Tag: a,t, b\r\n",
                                          "Cache-Groups: \"a\", \"t\"\r\n" };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        char rest[100];
        snprintf(rest, sizeof rest, "%s\r\n1", fields[i]);
        http_expect(&server.http, "PUT /keys/k", rest, 201);
        struct http_answer answer = http_expect(&server.http, "PURGE /tags", "Surrogate-Key: t\r\n", 200);
        cr_assert(slice_equal(answer.body, SLICE("{\"tags\":1}\n")));
        http_expect(&server.http, "GET /keys/k", "", 404);
    }
    http_expect(&server.http, "PURGE /tags", "", 400);
    http_expect(&server.http, "GET /tags", "", 405);
}

Test(http_caching, a_soft_purge_leaves_a_stale_value_for_its_grace)
{
    http_expect(&server.http, "PUT /keys/k",
                "Cache-Control: max-age=60, stale-while-revalidate=60\r\nCache-Tag: t\r\n\r\nold", 201);
    http_expect(&server.http, "PURGE /keys/k", "Fastly-Soft-Purge: 1\r\n", 204);
    struct http_answer answer = http_expect(&server.http, "GET /keys/k", "", 200);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "stale"));
    cr_assert(http_answer_has(&answer, "Cache-Status", "nuthatch; hit; ttl=-1"));
    cr_assert(http_answer_has(&answer, "Cache-Control", "no-cache"));
    expect(&server.resp, "CONFIG SET http-cache-control ttl", "OK");
    answer = http_expect(&server.http, "GET /keys/k", "", 200);
    struct slice control = http_answer_field(&answer, "Cache-Control");
    cr_assert(control.len > 9 && memcmp(control.data, "max-age=0", 9) == 0);
    expect(&server.resp, "GET k", "(nil)");
    http_expect(&server.http, "PUT /keys/k", "If-None-Match: *\r\n\r\nnew", 201);
    http_expect(&server.http, "PURGE /tags", "Cache-Tag: t\r\nNuthatch-Soft: 1\r\n", 200);
    http_expect(&server.http, "GET /keys/k", "", 200);
}

Test(http_caching, what_is_left_of_its_life_is_told_where_that_is_asked_for)
{
    expect(&server.resp, "CONFIG SET http-cache-control ttl", "OK");
    http_expect(&server.http, "PUT /keys/k", "Cache-Control: max-age=100, stale-while-revalidate=30\r\n\r\nv",
                201);
    struct http_answer answer = http_expect(&server.http, "GET /keys/k", "", 200);
    int seconds = -1, grace = -1;
    char text[100];
    slice_to_cstr(http_answer_field(&answer, "Cache-Control"), text, sizeof text);
    cr_assert_eq(sscanf(text, "max-age=%d, stale-while-revalidate=%d", &seconds, &grace), 2);
    cr_assert(seconds > 90 && seconds <= 100 && grace == 30);
    cr_assert_eq(http_answer_field(&answer, "Expires").len, 29);
    cr_assert(http_answer_field(&answer, "Age").data == NULL);
    expect(&server.resp, "SET plain v", "OK");
    answer = http_expect(&server.http, "GET /keys/plain", "", 200);
    cr_assert(http_answer_has(&answer, "Cache-Control", "no-cache"));
}

static void await_a_waiter(void)
{
    int64_t deadline_ms = pace_now_ms() + 10000 * PACE;
    for (;;) {
        struct slice told = client_ask(&server.resp, "INFO clients");
        if (memmem(told.data, told.len, "blocked_clients:1\r", 18) != NULL) return;
        cr_assert_lt(pace_now_ms(), deadline_ms, "nobody waits");
        pace_sleep_ms(5);
    }
}

Test(http_caching, who_finds_nothing_wins_the_lease_and_others_wait_for_what_he_brings)
{
    struct client other;
    char token[64], rest[128];
    cr_assert(client_open_tcp(&other, server.port));
    struct http_answer answer = http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 60000\r\n", 404);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "win"));
    slice_to_cstr(http_answer_field(&answer, "Nuthatch-Token"), token, sizeof token);
    answer = http_expect(&other, "GET /keys/k", "Nuthatch-Lease: 5000\r\n", 202);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "busy"));
    cr_assert(http_answer_has(&answer, "Retry-After", "1"));
    cr_assert(client_send(&other, SLICE("GET /keys/k HTTP/1.1\r\nHost: localhost\r\nNuthatch-Lease: 5000\r\n"
                                        "Prefer: wait=30\r\n\r\n"
                                        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    await_a_waiter();
    http_server_reconnect(&server); /* the lease is not the connection's */
    snprintf(rest, sizeof rest, "Nuthatch-Token: %s\r\n\r\ncomputed", token);
    http_expect(&server.http, "PUT /keys/k", rest, 201);
    answer = http_next(&other, false);
    cr_assert_eq(answer.status, 200);
    cr_assert(slice_equal(answer.body, SLICE("computed")));
    cr_assert(http_answer_has(&answer, "Cache-Status", "nuthatch; fwd=miss; collapsed"));
    cr_assert_eq(http_next(&other, false).status, 200);
    http_expect(&server.http, "PUT /keys/k", rest, 409);
    client_close(&other);
}

Test(http_caching, a_lease_ends_without_a_value_where_its_winner_says_so)
{
    char token[64], rest[128];
    struct http_answer answer = http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 60000\r\n", 404);
    slice_to_cstr(http_answer_field(&answer, "Nuthatch-Token"), token, sizeof token);
    snprintf(rest, sizeof rest, "Nuthatch-Token: %s\r\nNuthatch-Retry: 9\r\nNuthatch-Pass: 9\r\n", token);
    http_expect(&server.http, "DELETE /keys/k", rest, 400);
    snprintf(rest, sizeof rest, "Nuthatch-Token: %s\r\nNuthatch-Retry: 4294967296\r\n", token);
    http_expect(&server.http, "DELETE /keys/k", rest, 400);
    snprintf(rest, sizeof rest, "Nuthatch-Token: %s\r\nNuthatch-Pass: 4294967296\r\n", token);
    http_expect(&server.http, "DELETE /keys/k", rest, 400);
    snprintf(rest, sizeof rest, "Nuthatch-Token: %s\r\nNuthatch-Retry: 60000\r\n", token);
    http_expect(&server.http, "DELETE /keys/k", rest, 204);
    http_expect(&server.http, "DELETE /keys/k", rest, 409);
    answer = http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 5000\r\n", 503);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "fail"));
    http_expect(&server.http, "GET /keys/k", "", 404);
    http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 0\r\n", 400);
    http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: x\r\n", 400);
    http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 4294967297\r\n", 400);
}

/* Whoever waits, of the first connections that this server had. */
static void unblock_with_error(void)
{
    char line[64] = "PING";
    for (int id = 1; !slice_equal(client_ask(&server.resp, line), SLICE(":1\r\n")); id = id % 16 + 1)
        snprintf(line, sizeof line, "CLIENT UNBLOCK %d ERROR", id);
}

Test(http_caching, who_is_woken_while_he_waits_is_to_try_again)
{
    http_expect(&server.http, "GET /keys/k", "Nuthatch-Lease: 60000\r\n", 404);
    cr_assert(client_send(&server.http, SLICE("GET /keys/k HTTP/1.1\r\nHost: localhost\r\n"
                                              "Nuthatch-Lease: 5000\r\nPrefer: wait=30\r\n\r\n")));
    unblock_with_error();
    struct http_answer answer = http_next(&server.http, false);
    cr_assert_eq(answer.status, 503);
    cr_assert(http_answer_has(&answer, "Retry-After", "1"));
    http_expect(&server.http, "GET /keys/k", "", 404);
}

Test(http_caching, an_object_says_what_is_to_be_invalidated)
{
    expect(&server.resp, "MSET a 1 b 2 page:1 3 page:2 4", "OK");
    struct http_answer answer = http_expect(
        &server.http, "POST /invalidate",
        "Content-Type: application/json\r\n\r\n{\"keys\": [\"a\", \"\\u0062\", \"none\"], \"tags\":[\"t\"], "
        "\"match\":\"page:*\", \"soft\": false }",
        200);
    cr_assert(slice_equal(answer.body, SLICE("{\"keys\":2,\"tags\":1,\"match\":2}\n")));
    expect(&server.resp, "DBSIZE", "(integer) 0");
    answer = http_expect(&server.http, "POST /invalidate", "Content-Type: application/json\r\n\r\n{}", 200);
    cr_assert(slice_equal(answer.body, SLICE("{}\n")));
    static const char *const wrong[] = { "",
                                         "[]",
                                         "{\"keys\":\"a\"}",
                                         "{\"keys\":[1]}",
                                         "{\"other\":1}",
                                         "{\"keys\":[\"a\"]",
                                         "{} {}",
                                         "{\"soft\":1}",
                                         "{\"keys\":[\"\\ud800\"]}",
                                         "{\"keys\":[\"\"]}",
                                         "{,}",
                                         "{\"keys\":[\"a\",]}" };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char rest[200];
        snprintf(rest, sizeof rest, "Content-Type: application/json\r\n\r\n%s", wrong[i]);
        http_expect(&server.http, "POST /invalidate", rest, 400);
    }
    http_expect(&server.http, "POST /invalidate", "Content-Type: text/plain\r\n\r\n{}", 415);
    http_expect(&server.http, "POST /invalidate", "\r\n{}", 415);
}
