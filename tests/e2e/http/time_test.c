/*
 * Clients of HTTP that take their time.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "tests/support/client/expect.h"
#include "tests/support/client/http.h"
#include "tests/support/fixture.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct fixture *fixture;
static struct client http;

static void open_all(void)
{
    static struct scratch scratch;
    static char path[SCRATCH_PATH_MAX];
    scratch_init(&scratch);
    scratch_path(&scratch, "http", path);
    fixture = fixture_open(OPTIONS("--http-unixsocket", path));
    cr_assert(client_open_unix(&http, path));
}

static void close_all(void)
{
    client_close(&http);
    fixture_close(&fixture);
}

TestSuite(http_time, .init = open_all, .fini = close_all);

Test(http_time, a_head_that_does_not_come_to_its_end_is_given_up_after_ten_seconds)
{
    http_expect(&http, "GET /keys/k", "", 404);
    client_send(&http, SLICE("GET /keys/k HTTP/1.1\r\nHost: "));
    client_ask(&fixture->client, "PING");
    for (int i = 0; i < 9; i++) fixture_advance(fixture, 1000);
    cr_assert(recv(http.fd, &(char){ 0 }, 1, MSG_DONTWAIT | MSG_PEEK) < 0);
    for (int i = 0; i < 3; i++) fixture_advance(fixture, 1000);
    cr_assert_eq(http_next(&http, false).status, 408);
    expect_closed(&http);
}

Test(http_time, one_that_asks_nothing_is_closed_after_a_minute)
{
    http_expect(&http, "GET /keys/k", "", 404);
    for (int i = 0; i < 59; i++) fixture_advance(fixture, 1000);
    http_expect(&http, "GET /keys/k", "", 404);
    for (int i = 0; i < 63; i++) fixture_advance(fixture, 1000);
    expect_closed(&http);
}

Test(http_time, a_body_that_does_not_come_is_given_up)
{
    client_send(&http, SLICE("PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhello"));
    client_ask(&fixture->client, "PING");
    for (int i = 0; i < 63; i++) fixture_advance(fixture, 1000);
    cr_assert_eq(http_next(&http, false).status, 408);
    expect_closed(&http);
}

Test(http_time, who_is_paused_for_longer_than_anybody_is_waited_for_is_answered)
{
    http_expect(&http, "GET /keys/k", "", 404);
    expect(&fixture->client, "CLIENT PAUSE 100000 ALL", "OK");
    cr_assert(
        client_send(&http, SLICE("PUT /keys/k HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\nv")));
    for (int i = 0; i < 102; i++) fixture_advance(fixture, 1000);
    cr_assert_eq(http_next(&http, false).status, 201);
    http_expect(&http, "GET /keys/k", "", 200);
}

/* What has come by now, waiting for some of it. Nothing: the server has closed. */
static size_t read_some(int flags)
{
    static char room[64 << 10];
    struct pollfd socket = { .fd = http.fd, .events = POLLIN };
    cr_assert_eq(poll(&socket, 1, 10000 * PACE), 1);
    ssize_t len = recv(http.fd, room, sizeof room, flags);
    return len > 0 ? (size_t)len : 0;
}

/* As much as is left: what the server has not given to the kernel when it closes is lost. */
static size_t read_to_end(void)
{
    size_t len = 0;
    for (size_t part; (part = read_some(0)) > 0;) len += part;
    return len;
}

static void store_large(size_t len)
{
    struct buffer command = { 0 };
    buffer_printf(&command, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%zu\r\n", len);
    memset(buffer_reserve(&command, len), 'x', len);
    command.len += len;
    buffer_append(&command, "\r\n", 2);
    expect_raw(&fixture->client, buffer_slice(&command), SLICE("+OK\r\n"));
    buffer_clear(&command);
}

#define LARGE ((size_t)16 << 20)

static void expect_closed_unread(const char *fields)
{
    struct buffer request = { 0 };
    store_large(LARGE);
    buffer_printf(&request, "GET /keys/k HTTP/1.1\r\nHost: localhost\r\n%s\r\n", fields);
    cr_assert(client_send(&http, buffer_slice(&request)));
    buffer_clear(&request);
    cr_assert_gt(read_some(MSG_PEEK), 0);
    for (int i = 0; i < 63; i++) fixture_advance(fixture, 1000);
    cr_assert_lt(read_to_end(), LARGE);
}

Test(http_time, who_reads_nothing_is_closed_after_a_minute)
{
    expect_closed_unread("");
}

Test(http_time, who_reads_nothing_is_closed_after_a_minute_though_it_closes_anyway)
{
    expect_closed_unread("Connection: close\r\n");
}

Test(http_time, who_reads_slowly_gets_all_of_it)
{
    size_t len = 0;
    store_large(LARGE);
    cr_assert(
        client_send(&http, SLICE("GET /keys/k HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")));
    for (int i = 0; i < 200; i++) {
        if (i % 20 == 0) len += read_some(0);
        fixture_advance(fixture, 1000);
    }
    cr_assert_gt(len + read_to_end(), LARGE);
}

Test(http_time, a_value_is_gone_at_its_deadline_and_stale_before_that)
{
    http_expect(&http, "PUT /keys/k", "Cache-Control: max-age=10, stale-if-error=5\r\n\r\nv", 201);
    fixture_advance(fixture, 9000);
    struct http_answer answer = http_expect(&http, "GET /keys/k", "", 200);
    cr_assert(http_answer_has(&answer, "Cache-Status", "nuthatch; hit; ttl=1"));
    fixture_advance(fixture, 2000);
    answer = http_expect(&http, "GET /keys/k", "", 200);
    cr_assert(http_answer_has(&answer, "Nuthatch-State", "stale"));
    expect(&fixture->client, "GET k", "(nil)");
    fixture_advance(fixture, 5000);
    http_expect(&http, "GET /keys/k", "", 404);
}
