/*
 * Requests that are no requests, that mean two things, or that want too much: refused, and the connection
 * ends.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/http/server.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/pace.h"

static struct http_server server;

static void open_all(void)
{
    http_server_start(&server, OPTIONS("--threads", "1", "--http-max-body", "1mb"));
}

static void close_all(void)
{
    http_server_stop(&server);
}

TestSuite(http_hostile, .init = open_all, .fini = close_all);

#define SMUGGLED "GET /keys/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"

static const struct {
    const char *request;
    int status;
} requests[] = {
    /* Where the body ends is said twice, or not as it should be. */
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n" SMUGGLED,
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Length: "
      "5\r\n\r\n0\r\n\r\n" SMUGGLED,
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5, 5\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: +5\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0x5\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5 5\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length:\r\n\r\nhello", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0\r\n\r\n",
      501 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      501 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding:\x0b"
      "chunked\r\n\r\n0\r\n\r\n",
      400 },
    { "PUT /keys/k HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 },
    /* Lines that do not end as they should, or go on. */
    { "GET /keys/k HTTP/1.1\nHost: localhost\n\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\nX: y\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\r\n\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\rX: y\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\r\nX: a\r\n b\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\n Host: localhost\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost : localhost\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\r\nNo colon\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\r\n: empty\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\r\nX: \x01\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.1\r\nHost: localhost\r\nX\xc3\xa4: y\r\n\r\n", 400 },
    /* First lines. */
    { "GET /keys/k\r\nHost: localhost\r\n\r\n", 400 },
    { "GET  /keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET /keys/k  HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET /keys/k x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET\t/keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "\r\nGET /keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET http://localhost/keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET /keys/k#x HTTP/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "GET /keys/k HTTP/1.2\r\nHost: localhost\r\n\r\n", 505 },
    { "GET /keys/k HTTP/2.0\r\nHost: localhost\r\n\r\n", 505 },
    { "GET /keys/k HTTP/0.9\r\nHost: localhost\r\n\r\n", 505 },
    { "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400 },
    { "GET /keys/k http/1.1\r\nHost: localhost\r\n\r\n", 400 },
    { "HELO /keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n", 501 },
    { "get /keys/k HTTP/1.1\r\nHost: localhost\r\n\r\n", 501 },
    { "*1\r\n$4\r\nPING\r\n", 400 },
    { "\x16\x03\x01\x02", 400 },
    /* Chunks. */
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello\r\n0\r\n\r\n",
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello0\r\n\r\n",
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n",
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: "
      "chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
      400 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", 413 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX : y\r\n\r\n",
      400 },
    /* More than there is room for, and other wishes. */
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\n\r\n", 413 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1048577\r\nExpect: 100-continue\r\n\r\n",
      413 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nExpect: cake\r\n\r\nhello", 417 },
    { "PUT /keys/k HTTP/1.1\r\nHost: evil\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", 421 },
    { "PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nOrigin: http://evil\r\n\r\n", 403 },
};

Test(http_hostile, what_servers_could_read_in_two_ways_is_refused_and_the_connection_ends)
{
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        http_server_reconnect(&server);
        struct http_answer answer = http_raw(&server.http, slice_of_cstr(requests[i].request));
        cr_expect_eq(answer.status, requests[i].status, "%zu %s: %d", i, requests[i].request, answer.status);
        cr_expect(http_answer_has(&answer, "Connection", "close"), "%s", requests[i].request);
        expect_closed(&server.http);
    }
    expect(&server.resp, "EXISTS k smuggled", "(integer) 0");
}

Test(http_hostile, a_line_a_head_and_fields_have_their_limits)
{
    struct buffer text = { 0 };
    buffer_printf(&text, "GET /keys/%08000d HTTP/1.1\r\nHost: localhost\r\n\r\n", 1);
    http_expect_raw(&server.http, buffer_slice(&text), 400); /* a key that is too long */
    text.len = 0;
    buffer_printf(&text, "GET /keys/%09000d HTTP/1.1\r\nHost: localhost\r\n\r\n", 1);
    http_expect_raw(&server.http, buffer_slice(&text), 414);
    http_server_reconnect(&server);
    text.len = 0;
    buffer_printf(&text, "GET /keys/k HTTP/1.1\r\nHost: localhost\r\nX: %017000d\r\n\r\n", 1);
    http_expect_raw(&server.http, buffer_slice(&text), 431);
    for (int fields = 63; fields <= 64; fields++) {
        http_server_reconnect(&server);
        text.len = 0;
        buffer_printf(&text, "GET /keys/k HTTP/1.1\r\nHost: localhost\r\n");
        for (int i = 0; i < fields; i++) buffer_printf(&text, "X: y\r\n");
        buffer_printf(&text, "\r\n");
        http_expect_raw(&server.http, buffer_slice(&text), fields == 63 ? 404 : 431);
    }
    buffer_clear(&text);
}

Test(http_hostile, what_is_stored_or_named_never_becomes_a_field)
{
    http_expect(&server.http, "PUT /keys/a%0d%0aX-Evil:%201", "\r\nx\r\nX-Evil: 1", 201);
    struct http_answer answer = http_expect(&server.http, "GET /keys/a%0d%0aX-Evil:%201", "", 200);
    cr_assert(http_answer_field(&answer, "X-Evil").data == NULL);
    expect_start(&server.resp, "CACHE SET k v TYPE \"text/html\\r\\nX-Evil: 1\"", "(error)");
    expect(&server.resp, "CACHE SET k v TYPE \"nonsense; x\"", "OK");
    answer = http_expect(&server.http, "GET /keys/k", "", 200);
    cr_assert(http_answer_has(&answer, "Content-Type", "application/octet-stream"));
    answer = http_expect(&server.http, "GET /nothing%0d%0aX-Evil:1", "", 404);
    cr_assert(http_answer_field(&answer, "X-Evil").data == NULL);
}

Test(http_hostile, a_client_of_the_other_protocol_is_told_so)
{
    struct client client;
    cr_assert(client_open_tcp(&client, server.instance.port));
    client_send(&client, SLICE("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    client_wait_closed(&client);
    client_close(&client);
    expect(&server.resp, "PING", "PONG");
}

Test(http_hostile, who_is_one_too_many_is_told_so_in_http)
{
    expect(&server.resp, "CONFIG SET maxclients 2", "OK");
    struct client client;
    cr_assert(client_open_tcp(&client, server.port));
    cr_assert_eq(http_next(&client, false).status, 503);
    client_close(&client);
}
