/*
 * Who may ask what over HTTP, from where, and under which name of the server.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--http-hosts", "cache.example", "--http-cors-origins",
                                       "https://app.example", "--threads", "1"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(http_access, .init = open_all, .fini = close_all);

static const struct {
    const char *host;
    int status;
} hosts[] = {
    { "localhost", 404 },
    { "LOCALHOST:1", 404 },
    { "127.0.0.1", 404 },
    { "127.0.0.1:80", 404 },
    { "cache.example", 404 },
    { "Cache.Example:8080", 404 },
    { "evil.example", 421 },
    { "127.evil.example", 421 },
    { "127.0.0.1.evil.example", 421 },
    { "localhost.evil.example", 421 },
    { "evil.example:80", 421 },
    { "127.0.0.2", 421 },
    { "[::1]", 421 },
    { "localhost:x", 421 },
    { "localhost:80:80", 421 },
    { "", 421 },
    { "cache.example.", 421 },
    { "a@localhost", 421 },
    { "localhost,evil", 421 },
    { "0", 421 },
    { "2130706433", 421 },
};

Test(http_access, a_request_is_for_a_name_of_this_server)
{
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct buffer text = { 0 };
        buffer_printf(&text, "GET /keys/k HTTP/1.1\r\nHost: %s\r\n\r\n", hosts[i].host);
        struct http_answer answer = http_raw(&server.http, buffer_slice(&text));
        cr_expect_eq(answer.status, hosts[i].status, "%s: %d", hosts[i].host, answer.status);
        buffer_clear(&text);
    }
    http_expect_raw(&server.http, SLICE("GET /keys/k HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), 421);
    http_expect_raw(&server.http, SLICE("GET /keys/k HTTP/1.1\r\n\r\n"), 400);
    http_server_reconnect(&server);
    http_expect_raw(&server.http, SLICE("GET /keys/k HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n"),
                    400);
}

Test(http_access, names_that_are_listed_later_count_at_once)
{
    http_expect_raw(&server.http, SLICE("GET /keys/k HTTP/1.1\r\nHost: new.example\r\n\r\n"), 421);
    expect(&server.resp, "CONFIG SET http-hosts \"new.example\"", "OK");
    http_expect_raw(&server.http, SLICE("GET /keys/k HTTP/1.1\r\nHost: new.example\r\n\r\n"), 404);
    http_expect_raw(&server.http, SLICE("GET /keys/k HTTP/1.1\r\nHost: cache.example\r\n\r\n"), 421);
}

static const struct {
    const char *line, *fields;
    int status;
} origins[] = {
    { "GET /keys/k", "Origin: https://evil.example\r\n", 200 }, /* the browser does not show it to the page */
    { "PUT /keys/k", "Origin: https://evil.example\r\n\r\nx", 403 },
    { "POST /keys/k", "Origin: null\r\n\r\nx", 403 },
    { "DELETE /keys/k", "Origin: https://evil.example\r\n", 403 },
    { "PURGE /tags", "Surrogate-Key: a\r\nOrigin: https://evil.example\r\n", 403 },
    { "POST /invalidate", "Content-Type: application/json\r\nOrigin: https://evil.example\r\n\r\n{}", 403 },
    { "PUT /keys/k", "Sec-Fetch-Site: cross-site\r\n\r\nx", 403 },
    { "PUT /keys/k", "Sec-Fetch-Site: same-site\r\n\r\nx", 403 },
    { "PUT /keys/k", "Sec-Fetch-Site: same-origin\r\n\r\nx", 204 },
    { "PUT /keys/k", "Sec-Fetch-Site: none\r\n\r\nx", 204 },
    { "PUT /keys/k", "Sec-Fetch-Site: bogus\r\n\r\nx", 403 },
    { "PUT /keys/k", "Sec-Fetch-Site: \r\n\r\nx", 403 },
    { "PUT /keys/k", "Origin: http://localhost\r\nSec-Fetch-Site: bogus\r\n\r\nx", 403 },
    { "PUT /keys/k", "Origin: http://localhost\r\n\r\nx", 204 },
    { "PUT /keys/k", "Origin: http://localhost:1\r\n\r\nx", 403 },
    { "PUT /keys/k", "Origin: ftp://localhost\r\n\r\nx", 403 },
    { "PUT /keys/k", "Origin: https://app.example\r\nSec-Fetch-Site: cross-site\r\n\r\nx", 204 },
    { "PUT /keys/k", "Origin: https://app.example.evil\r\n\r\nx", 403 },
    { "GET /keys/k", "Origin: https://evil.example\r\nNuthatch-Lease: 5\r\n", 403 },
    { "OPTIONS /keys/k", "Origin: https://evil.example\r\nAccess-Control-Request-Method: PUT\r\n", 403 },
};

Test(http_access, pages_of_other_origins_change_nothing)
{
    expect(&server.resp, "SET k v", "OK");
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        struct http_answer answer = http_ask(&server.http, origins[i].line, origins[i].fields);
        cr_expect_eq(answer.status, origins[i].status, "%s %s: %d", origins[i].line, origins[i].fields,
                     answer.status);
        bool listed = strstr(origins[i].fields, "app.example\r") != NULL;
        cr_expect_eq(http_answer_field(&answer, "Access-Control-Allow-Origin").data != NULL, listed);
    }
    struct http_answer answer =
        http_expect(&server.http, "OPTIONS /keys/k",
                    "Origin: https://app.example\r\nAccess-Control-Request-Method: PUT\r\n", 204);
    cr_assert(http_answer_has(&answer, "Access-Control-Allow-Origin", "https://app.example"));
    cr_assert(http_answer_has(&answer, "Vary", "Origin"));
    static const char *const told[] = { "ETag", "Retry-After", "Content-Range", "Nuthatch-Token" };
    struct slice exposed = http_answer_field(&answer, "Access-Control-Expose-Headers");
    for (size_t i = 0; i < sizeof told / sizeof *told; i++)
        cr_expect(memmem(exposed.data, exposed.len, told[i], strlen(told[i])) != NULL, "%s", told[i]);
}

Test(http_access, a_user_may_what_he_may_as_any_client)
{
    expect(&server.resp, "ACL SETUSER ann on >secret ~a:* +@all", "OK");
    expect(&server.resp, "ACL SETUSER off >secret ~* +@all", "OK");
    expect(&server.resp, "SET a:1 v", "OK");
    /* ann:secret */
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic YW5uOnNlY3JldA==\r\n", 200);
    http_expect(&server.http, "GET /keys/b", "Authorization: Basic YW5uOnNlY3JldA==\r\n", 403);
    http_expect(&server.http, "GET /keys/b", "", 404); /* each request says who it is */
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic YW5uOnNlY3JldA==\r\n", 200);
    struct http_answer answer =
        http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic YW5uOndyb25n\r\n", 401);
    cr_assert(http_answer_field(&answer, "WWW-Authenticate").data != NULL);
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic !!!!\r\n", 401);
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic \r\n", 401);
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Digest x\r\n", 401);
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic b2ZmOnNlY3JldA==\r\n", 401);
    expect(&server.resp, "ACL SETUSER ann <secret >other", "OK");
    http_expect(&server.http, "GET /keys/a:1", "Authorization: Basic YW5uOnNlY3JldA==\r\n", 401);
}

Test(http_access, who_may_not_store_is_given_no_lease)
{
    expect(&server.resp, "ACL SETUSER ann on >secret ~a:* +@read", "OK");
    struct http_answer answer =
        http_expect(&server.http, "GET /keys/a:1",
                    "Authorization: Basic YW5uOnNlY3JldA==\r\nNuthatch-Lease: 5000\r\n", 404);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "miss"));
    cr_assert(http_answer_field(&answer, "Nuthatch-Token").data == NULL);
    answer = http_expect(&server.http, "GET /keys/a:1", "Nuthatch-Lease: 5000\r\n", 404);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "win"));
}

Test(http_access, without_a_name_one_is_the_default_user)
{
    http_expect(&server.http, "GET /keys/k", "", 404);
    expect(&server.resp, "CONFIG SET requirepass secret", "OK");
    http_expect(&server.http, "GET /keys/k", "", 401);
    http_expect(&server.http, "PUT /keys/k", "\r\nx", 401);
    /* default:secret */
    http_expect(&server.http, "GET /keys/k", "Authorization: Basic ZGVmYXVsdDpzZWNyZXQ=\r\n", 404);
    http_expect(&server.http, "GET /keys/k", "", 401);
    http_expect(&server.http, "GET /healthz", "", 200);
    http_expect(&server.http, "GET /readyz", "", 200);
}

Test(http_access, a_token_stands_for_a_user)
{
    expect(&server.resp, "ACL SETUSER bob on ~b:* +@all", "OK");
    /* printf token | sha256sum */
    expect(&server.resp,
           "CONFIG SET http-token \"bob 3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0\"",
           "OK");
    http_expect(&server.http, "GET /keys/b:1", "Authorization: Bearer token\r\n", 404);
    http_expect(&server.http, "GET /keys/a", "Authorization: Bearer token\r\n", 403);
    http_expect(&server.http, "GET /keys/b:1", "Authorization: Bearer tokem\r\n", 401);
    expect(&server.resp, "CONFIG SET http-token \"\"", "OK");
    http_expect(&server.http, "GET /keys/b:1", "Authorization: Bearer token\r\n", 401);
}

Test(http_access, who_says_a_name_while_clients_are_paused_waits)
{
    expect(&server.resp, "ACL SETUSER ann on >secret ~* +@all", "OK");
    expect(&server.resp, "CLIENT PAUSE 100 ALL", "OK");
    http_expect(&server.http, "GET /keys/k", "Authorization: Basic YW5uOnNlY3JldA==\r\n", 404);
    expect(&server.resp, "CLIENT PAUSE 100 ALL", "OK");
    http_expect(&server.http, "PUT /keys/k", "\r\nv", 201);
}

static const struct {
    const char *line, *fields;
    int status, to_reader;
} conditions[] = {
    /* "x" is not the tag of what is there, TAG is. */
    { "PUT /keys/p:1", "If-Match: \"x\"\r\n\r\nv", 403, 412 },
    { "PUT /keys/p:1", "If-Match: TAG\r\n\r\nv", 403, 204 },
    { "PUT /keys/p:1", "If-None-Match: TAG\r\n\r\nv", 403, 412 },
    { "PUT /keys/p:1", "If-None-Match: W/\"x\"\r\n\r\nv", 403, 204 },
    { "PUT /keys/p:1", "If-None-Match: *\r\nIf-None-Match: TAG\r\n\r\nv", 403, 412 },
    { "PUT /keys/p:1", "If-Match: *\r\n\r\nv", 204, 204 },
    { "PUT /keys/p:1", "If-None-Match: *\r\n\r\nv", 412, 412 },
    { "PUT /keys/p:2", "If-Match: \"x\"\r\n\r\nv", 403, 412 },
    { "PUT /keys/p:1", "Nuthatch-Cost: 1\r\nIf-Match: TAG\r\n\r\nv", 403, 204 },
    { "DELETE /keys/p:1", "If-Match: \"x\"\r\n", 403, 412 },
    { "DELETE /keys/p:1", "If-None-Match: TAG\r\n", 403, 412 },
    { "DELETE /keys/p:1", "Nuthatch-Soft: 1\r\nIf-Match: \"x\"\r\n", 403, 412 },
    { "DELETE /keys/p:2", "If-Match: \"x\"\r\n", 403, 404 },
};

#define WRITER "Authorization: Basic d286cA==\r\n" /* wo:p */

static void check_condition(size_t i, const char *tag, const char *credentials, int status)
{
    struct buffer fields = { 0 };
    const char *text = conditions[i].fields, *at = strstr(text, "TAG");
    buffer_printf(&fields, "%s%.*s", credentials, at != NULL ? (int)(at - text) : (int)strlen(text), text);
    if (at != NULL) buffer_printf(&fields, "%s%s", tag, at + 3);
    buffer_append(&fields, "", 1);
    struct http_answer answer = http_ask(&server.http, conditions[i].line, fields.data);
    cr_expect_eq(answer.status, status, "%s %s: %d", conditions[i].line, fields.data, answer.status);
    buffer_clear(&fields);
}

Test(http_access, a_condition_tells_nobody_what_he_may_not_read)
{
    expect(&server.resp, "ACL SETUSER wo reset on >p %W~* +@all", "OK");
    expect(&server.resp, "SET p:1 v", "OK");
    struct http_answer answer = http_expect(&server.http, "GET /keys/p:1", "", 200);
    char tag[64];
    slice_to_cstr(http_answer_field(&answer, "ETag"), tag, sizeof tag);
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++) {
        check_condition(i, tag, WRITER, conditions[i].status);
        check_condition(i, tag, "", conditions[i].to_reader);
    }
    expect(&server.resp, "ACL SETUSER wo %RW~p:*", "OK");
    http_expect(&server.http, "PUT /keys/p:1", WRITER "If-Match: \"x\"\r\n\r\nv", 412);
}

Test(http_access, of_an_invalidation_nothing_happens_if_a_part_of_it_is_not_allowed)
{
    static const char *const bodies[] = {
        "{\"keys\":[\"k\"],\"tags\":[\"mine\",\"theirs\"]}",
        "{\"keys\":[\"k\"],\"match\":\"x\"}",
        "{\"keys\":[\"k\",\"other\"],\"tags\":[\"mine\"]}",
    };
    expect(&server.resp, "ACL SETUSER wo reset on >p ~k ~nuthatch:tag:mine +@all", "OK");
    expect(&server.resp, "CACHE SET k v EX 100 TAGS 1 mine", "OK");
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        char fields[200];
        snprintf(fields, sizeof fields, WRITER "Content-Type: application/json\r\n\r\n%s", bodies[i]);
        http_expect(&server.http, "POST /invalidate", fields, 403);
        expect(&server.resp, "GET k", "\"v\"");
    }
    http_expect(&server.http, "POST /invalidate",
                WRITER "Content-Type: application/json\r\n\r\n{\"keys\":[\"k\"],\"tags\":[\"mine\"]}", 200);
    expect(&server.resp, "GET k", "(nil)");
}
