/*
 * /keys/KEY over HTTP: what is stored and served, conditions, ranges, and connections that stay.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/process/instance.h"

static struct instance server;
static struct client http;
static struct client resp;
static char port_text[16];

static void open_all(void)
{
    int port = instance_free_port();
    snprintf(port_text, sizeof port_text, "%d", port);
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--http-port", port_text, "--threads", "2"));
    cr_assert(client_open_tcp(&http, port));
    cr_assert(client_open_tcp(&resp, server.port));
}

static void close_all(void)
{
    client_close(&http);
    client_close(&resp);
    instance_stop(&server);
}

TestSuite(http_keys, .init = open_all, .fini = close_all);

/* The XXH3-128 of "hello", as xxhsum -H2 says it. */
#define TAG_OF_HELLO "\"b5e9c1ad071b3e7fc779cfaa5e523818\""

Test(http_keys, a_value_is_created_served_replaced_and_deleted)
{
    http_expect(&http, "GET /keys/k", "", 404);
    http_expect(&http, "PUT /keys/k", "\r\nhello", 201);
    struct http_answer answer = http_expect(&http, "GET /keys/k", "", 200);
    cr_assert(slice_equal(answer.body, SLICE("hello")));
    cr_assert(http_answer_has(&answer, "ETag", TAG_OF_HELLO));
    cr_assert(http_answer_has(&answer, "Content-Type", "application/octet-stream"));
    cr_assert(http_answer_has(&answer, "Cache-Control", "no-cache"));
    cr_assert(http_answer_has(&answer, "X-Content-Type-Options", "nosniff"));
    cr_assert(http_answer_has(&answer, "Content-Security-Policy", "sandbox; default-src 'none'"));
    cr_assert(http_answer_field(&answer, "Date").len == 29);
    expect(&resp, "GET k", "\"hello\"");
    http_expect(&http, "PUT /keys/k", "\r\nother", 204);
    expect(&resp, "GET k", "\"other\"");
    answer = http_expect(&http, "HEAD /keys/k", "", 200);
    cr_assert(http_answer_has(&answer, "Content-Length", "5"));
    cr_assert_eq(answer.body.len, 0);
    http_expect(&http, "DELETE /keys/k", "", 204);
    http_expect(&http, "DELETE /keys/k", "", 404);
    expect(&resp, "EXISTS k", "(integer) 0");
    http_expect(&http, "POST /keys/k", "\r\n", 201);
    expect(&resp, "GET k", "\"\"");
    http_expect(&http, "PURGE /keys/k", "", 204);
}

Test(http_keys, a_key_is_bytes)
{
    http_expect(&http, "PUT /keys/a/b/../c", "\r\n1", 201);
    expect(&resp, "GET a/b/../c", "\"1\"");
    http_expect(&http, "PUT /keys/%00%ff%2F", "\r\n2", 201);
    expect(&resp, "GET \"\\x00\\xff/\"", "\"2\"");
    http_expect(&http, "GET /keys/%2500", "", 404);
    http_expect(&http, "GET /keys/", "", 400);
    http_expect(&http, "GET /keys/%4", "", 400);
    http_expect(&http, "GET /keys/%zz", "", 400);
    http_expect(&http, "GET /other", "", 404);
}

Test(http_keys, a_database_is_chosen_by_the_query_of_each_request)
{
    http_expect(&http, "PUT /keys/k?db=3", "\r\n1", 201);
    http_expect(&http, "GET /keys/k", "", 404);
    http_expect(&http, "GET /keys/k?db=3", "", 200);
    http_expect(&http, "GET /keys/k?db=99", "", 400);
    http_expect(&http, "GET /keys/k?db=x", "", 400);
    http_expect(&http, "GET /keys/k?", "", 400);
    http_expect(&http, "GET /keys/k?other=1", "", 400);
}

Test(http_keys, a_key_of_another_type_is_a_conflict)
{
    expect(&resp, "RPUSH list a", "(integer) 1");
    http_expect(&http, "GET /keys/list", "", 409);
    http_expect(&http, "PUT /keys/list", "If-None-Match: *\r\n\r\nx", 412);
    http_expect(&http, "PUT /keys/list", "\r\nx", 204);
}

Test(http_keys, an_integer_has_the_tag_of_its_text)
{
    expect(&resp, "SET n 41", "OK");
    expect(&resp, "INCR n", "(integer) 42");
    struct http_answer answer = http_expect(&http, "GET /keys/n", "", 200);
    cr_assert(slice_equal(answer.body, SLICE("42")));
    char tag[64], condition[100];
    slice_to_cstr(http_answer_field(&answer, "ETag"), tag, sizeof tag);
    snprintf(condition, sizeof condition, "If-Match: %s\r\n\r\n43", tag);
    http_expect(&http, "PUT /keys/n", condition, 204);
    http_expect(&http, "PUT /keys/n", condition, 412);
}

struct row {
    const char *request;
    const char *fields;
    const char *stored; /* NULL: nothing is */
    int status;
    const char *name, *value; /* of a field; NULL: any */
};

/* RFC 9110: 8.8, 13 and 14. */
static const struct row rows[] = {
    { "GET /keys/k", "If-None-Match: " TAG_OF_HELLO "\r\n", "hello", 304, "ETag", TAG_OF_HELLO },
    { "GET /keys/k", "If-None-Match: W/" TAG_OF_HELLO "\r\n", "hello", 304, NULL, NULL },
    { "GET /keys/k", "If-None-Match: \"a\", " TAG_OF_HELLO "\r\n", "hello", 304, "Cache-Control",
      "no-cache" },
    { "GET /keys/k", "If-None-Match: \"a\"\r\nIf-None-Match: " TAG_OF_HELLO "\r\n", "hello", 304, NULL,
      NULL },
    { "GET /keys/k", "If-None-Match: *\r\n", "hello", 304, NULL, NULL },
    { "GET /keys/k", "If-None-Match: *\r\n", NULL, 404, NULL, NULL },
    { "GET /keys/k", "If-None-Match: \"a\"\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "If-None-Match: " TAG_OF_HELLO "\r\n", "other", 200, NULL, NULL },
    { "HEAD /keys/k", "If-None-Match: " TAG_OF_HELLO "\r\n", "hello", 304, NULL, NULL },
    { "GET /keys/k", "If-Match: " TAG_OF_HELLO "\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "If-Match: W/" TAG_OF_HELLO "\r\n", "hello", 412, NULL, NULL },
    { "GET /keys/k", "If-Match: \"a\"\r\n", "hello", 412, NULL, NULL },
    { "GET /keys/k", "If-Match: \"a\"\r\n", NULL, 404, NULL, NULL },
    { "GET /keys/k", "If-Match: \"a\"\r\nIf-None-Match: " TAG_OF_HELLO "\r\n", "hello", 412, NULL, NULL },
    { "GET /keys/k", "If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT\r\n", "hello", 200, NULL, NULL },
    { "PUT /keys/k", "If-None-Match: *\r\n\r\nv", NULL, 201, NULL, NULL },
    { "PUT /keys/k", "If-None-Match: *\r\n\r\nv", "hello", 412, NULL, NULL },
    { "PUT /keys/k", "If-None-Match: " TAG_OF_HELLO "\r\n\r\nv", "hello", 412, NULL, NULL },
    { "PUT /keys/k", "If-None-Match: \"a\"\r\n\r\nv", "hello", 204, NULL, NULL },
    { "PUT /keys/k", "If-Match: *\r\n\r\nv", NULL, 412, NULL, NULL },
    { "PUT /keys/k", "If-Match: *\r\n\r\nv", "hello", 204, NULL, NULL },
    { "PUT /keys/k", "If-Match: " TAG_OF_HELLO "\r\n\r\nv", "hello", 204, NULL, NULL },
    { "PUT /keys/k", "If-Match: \"a\", " TAG_OF_HELLO "\r\n\r\nv", "hello", 204, NULL, NULL },
    { "PUT /keys/k", "If-Match: W/" TAG_OF_HELLO "\r\n\r\nv", "hello", 412, NULL, NULL },
    { "PUT /keys/k", "If-Match: " TAG_OF_HELLO "\r\n\r\nv", "other", 412, NULL, NULL },
    { "PUT /keys/k", "\r\nhello", "x", 204, "ETag", TAG_OF_HELLO },
    { "PUT /keys/k", "Content-Range: bytes 0-1/5\r\n\r\nhe", "x", 400, NULL, NULL },
    { "DELETE /keys/k", "If-Match: " TAG_OF_HELLO "\r\n", "hello", 204, NULL, NULL },
    { "DELETE /keys/k", "If-Match: \"a\"\r\n", "hello", 412, NULL, NULL },
    { "DELETE /keys/k", "If-Match: \"a\"\r\n", NULL, 404, NULL, NULL },
    { "GET /keys/k", "Range: bytes=1-3\r\n", "hello", 206, "Content-Range", "bytes 1-3/5" },
    { "GET /keys/k", "Range: bytes=3-\r\n", "hello", 206, "Content-Range", "bytes 3-4/5" },
    { "GET /keys/k", "Range: bytes=-2\r\n", "hello", 206, "Content-Range", "bytes 3-4/5" },
    { "GET /keys/k", "Range: bytes=-99\r\n", "hello", 206, "Content-Range", "bytes 0-4/5" },
    { "GET /keys/k", "Range: bytes=0-99\r\n", "hello", 206, "Content-Range", "bytes 0-4/5" },
    { "GET /keys/k", "Range: bytes=5-\r\n", "hello", 416, "Content-Range", "bytes */5" },
    { "GET /keys/k", "Range: bytes=-0\r\n", "hello", 416, "Content-Range", "bytes */5" },
    { "GET /keys/k", "Range: bytes=99999999999999999999999-\r\n", "hello", 416, NULL, NULL },
    { "GET /keys/k", "Range: bytes=3-1\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "Range: bytes=0-1,3-4\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "Range: lines=0-1\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "Range: bytes=0-1\r\nIf-Range: " TAG_OF_HELLO "\r\n", "hello", 206, NULL, NULL },
    { "GET /keys/k", "Range: bytes=0-1\r\nIf-Range: W/" TAG_OF_HELLO "\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "Range: bytes=0-1\r\nIf-Range: \"a\"\r\n", "hello", 200, NULL, NULL },
    { "GET /keys/k", "Range: bytes=0-1\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", "hello", 200, NULL,
      NULL },
    { "GET /keys/k", "Range: bytes=0-1\r\nIf-None-Match: " TAG_OF_HELLO "\r\n", "hello", 304, NULL, NULL },
    { "HEAD /keys/k", "Range: bytes=0-1\r\n", "hello", 200, "Content-Length", "5" },
    { "GET /keys/k", "Range: bytes=0-\r\n", "", 416, NULL, NULL },
    { "OPTIONS /keys/k", "", "hello", 204, "Allow", "GET, HEAD, PUT, POST, DELETE, PURGE, OPTIONS" },
    { "TRACE /keys/k", "", "hello", 501, NULL, NULL },
    { "PATCH /keys/k", "", "hello", 501, NULL, NULL },
    { "POST /healthz", "\r\n", NULL, 405, "Allow", "GET, HEAD" },
    { "GET /healthz", "", NULL, 200, NULL, NULL },
    { "GET /readyz", "", NULL, 200, NULL, NULL },
};

static void store(const char *value)
{
    char line[100];
    client_ask(&resp, "DEL k");
    if (value == NULL) return;
    snprintf(line, sizeof line, "SET k \"%s\"", value);
    expect(&resp, line, "OK");
}

Test(http_keys, conditions_and_ranges_are_as_rfc_9110_says)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct row *row = &rows[i];
        store(row->stored);
        struct http_answer answer = http_ask(&http, row->request, row->fields);
        struct slice value = row->name != NULL ? http_answer_field(&answer, row->name) : (struct slice){ 0 };
        cr_expect(answer.status == row->status &&
                      (row->name == NULL || http_answer_has(&answer, row->name, row->value)),
                  "row %zu, %s %s: %d, not %d; %.*s", i, row->request, row->fields, answer.status,
                  row->status, (int)value.len, value.data);
    }
}

Test(http_keys, a_range_is_that_part_of_the_value)
{
    store("hello");
    struct http_answer answer = http_expect(&http, "GET /keys/k", "Range: bytes=1-3\r\n", 206);
    cr_assert(slice_equal(answer.body, SLICE("ell")));
}

Test(http_keys, requests_that_are_sent_together_are_answered_in_their_order)
{
    cr_assert(client_send(&http, SLICE("PUT /keys/p HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n1"
                                       "GET /keys/p HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                       "DELETE /keys/p HTTP/1.1\r\nHost: localhost\r\n\r\n"
                                       "GET /keys/p HTTP/1.1\r\nHost: localhost\r\n\r\n")));
    cr_assert_eq(http_next(&http, false).status, 201);
    struct http_answer answer = http_next(&http, false);
    cr_assert(answer.status == 200 && slice_equal(answer.body, SLICE("1")));
    cr_assert_eq(http_next(&http, false).status, 204);
    cr_assert_eq(http_next(&http, false).status, 404);
}

Test(http_keys, a_connection_stays_or_ends_as_it_was_asked)
{
    http_expect_raw(&http,
                    SLICE("GET /healthz HTTP/1.0\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"), 200);
    http_expect(&http, "GET /healthz", "", 200);
    struct http_answer answer = http_expect(&http, "GET /healthz", "Connection: foo, close\r\n", 200);
    cr_assert(http_answer_has(&answer, "Connection", "close"));
    expect_closed(&http);
    client_close(&http);
    cr_assert(client_open_tcp(&http, atoi(port_text)));
    http_expect_raw(&http, SLICE("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n"), 200);
    expect_closed(&http);
}

Test(http_keys, a_body_in_chunks_is_put_together)
{
    http_expect_raw(&http,
                    SLICE("PUT /keys/c HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                          "5\r\nhello\r\n1;a=b\r\n,\r\n00006\r\n world\r\n0\r\nTrailer: x\r\n\r\n"),
                    201);
    expect(&resp, "GET c", "\"hello, world\"");
    http_expect(&http, "GET /keys/c", "", 200);
}

Test(http_keys, a_request_is_the_same_in_whatever_pieces_it_comes)
{
    static const char text[] = "PUT /keys/s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello"
                               "PUT /keys/t HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    for (size_t i = 0; i < sizeof text - 1; i++) {
        cr_assert(client_send(&http, slice_of(text + i, 1)));
        if (i % 7 == 0) client_ask(&resp, "PING");
    }
    cr_assert_eq(http_next(&http, false).status, 201);
    cr_assert_eq(http_next(&http, false).status, 201);
    expect(&resp, "MGET s t", "1) \"hello\"\n2) \"abcde\"");
}

Test(http_keys, a_large_value_comes_and_goes_whole)
{
    size_t len = 3000000;
    struct buffer request = { 0 };
    buffer_printf(
        &request,
        "PUT /keys/large HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: %zu\r\n\r\n",
        len);
    struct http_answer answer = http_expect_raw(&http, buffer_slice(&request), 100);
    request.len = 0;
    for (size_t i = 0; i < len; i++) buffer_append(&request, &"0123456789abcdefg"[i % 17], 1);
    http_expect_raw(&http, buffer_slice(&request), 201);
    answer = http_expect(&http, "GET /keys/large", "", 200);
    cr_assert(slice_equal(answer.body, buffer_slice(&request)));
    answer = http_expect(&http, "GET /keys/large", "Range: bytes=100000-2000000\r\n", 206);
    cr_assert(slice_equal(answer.body, slice_of(request.data + 100000, 1900001)));
    http_expect(&http, "HEAD /keys/large", "", 200);
    http_expect(&http, "GET /keys/large", "If-None-Match: *\r\n", 304);
    answer = http_expect(&http, "GET /keys/large", "", 200);
    cr_assert(slice_equal(answer.body, buffer_slice(&request)));
    buffer_clear(&request);
}

Test(http_keys, a_client_is_one_among_the_others)
{
    http_expect(&http, "PUT /keys/k", "\r\n1", 201);
    struct slice list = client_ask(&resp, "CLIENT LIST");
    cr_assert(memmem(list.data, list.len, "cmd=set", 7) != NULL);
    expect(&resp, "CONFIG SET slowlog-log-slower-than 0", "OK");
    http_expect(&http, "GET /keys/k", "", 200);
    list = client_ask(&resp, "SLOWLOG GET 1");
    cr_assert(memmem(list.data, list.len, "GET", 3) != NULL);
    expect(&resp, "CLIENT PAUSE 50 WRITE", "OK");
    http_expect(&http, "PUT /keys/k", "\r\n2", 204);
    expect(&resp, "CLIENT KILL TYPE normal", "(integer) 1");
    expect_closed(&http);
}
