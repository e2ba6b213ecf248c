/*
 * Clients that do not read, come in crowds, or stay for ever: memory returns to where it was, and others are
 * served all the while.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/events/bystander.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define MEGABYTE (1024 * 1024)
#define COMMANDS 100000

/* Send without ever reading; gives up when the server has not taken a byte for half a second. The bytes
 * that went out. */
static size_t push(struct client *to, struct slice bytes)
{
    return client_push(to, bytes, 500 * PACE);
}

static void write_gets(struct buffer *out)
{
    for (int i = 0; i < COMMANDS; i++) buffer_printf(out, "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n");
}

static void expect_prompt_service(void)
{
    for (int i = 0; i < 50; i++) {
        int64_t start_ms = pace_now_ms();
        expect(&bystander, "STRLEN k", "(integer) 1000");
        cr_assert_lt(pace_now_ms() - start_ms, 500 * PACE, "another client had to wait");
    }
}

static int count_clients(void)
{
    struct slice list = client_ask(&bystander, "CLIENT LIST");
    int lines = -2; /* those of the bulk string itself */
    for (size_t i = 0; i < list.len; i++) lines += list.data[i] == '\n';
    return lines;
}

/* Redis keeps what its allocator has once had, and a sanitizer keeps what was freed. */
static bool rss_returns_to(int64_t limit_bytes)
{
    if (PACE_SANITIZED || instance_is_redis(INSTANCE_NUTHATCH)) return true;
    int64_t deadline_ms = pace_now_ms() + 5000 * PACE;
    while (instance_rss_bytes(&server) > limit_bytes) {
        if (pace_now_ms() > deadline_ms) return false;
        pace_sleep_ms(20);
    }
    return true;
}

Test(hostile_clients, one_that_never_reads_cannot_fill_the_memory, .timeout = 300)
{
    struct buffer gets = { 0 };
    bystander_open(NULL);
    expect(&bystander, "SETRANGE k 999 x", "(integer) 1000");
    int64_t before = instance_rss_bytes(&server);
    write_gets(&gets);
    push(&client, buffer_slice(&gets));
    int64_t growth = instance_rss_bytes(&server) - before;
    expect_prompt_service();
    if (!PACE_SANITIZED && !instance_is_redis(INSTANCE_NUTHATCH)) {
        cr_assert_lt(growth, 40 * MEGABYTE, "%lld bytes", (long long)growth);
    }
    client_close(&client);
    cr_assert(rss_returns_to(before + 8 * MEGABYTE), "memory did not return");
    expect_prompt_service();
    bystander_close();
    buffer_clear(&gets);
}

Test(hostile_clients, one_that_reads_late_gets_every_reply, .timeout = 300)
{
    struct buffer gets = { 0 };
    bystander_open(NULL);
    expect(&bystander, "SETRANGE k 999 x", "(integer) 1000");
    write_gets(&gets);
    size_t sent = push(&client, buffer_slice(&gets));
    cr_assert(client_send(&client, slice_of(gets.data + sent, gets.len - sent)));
    for (int i = 0; i < COMMANDS; i++) {
        struct slice reply;
        cr_assert(client_read(&client, &reply), "reply %d: %s", i, client_trouble_name(client.trouble));
        cr_assert_eq(reply.len, 1009);
    }
    expect(&client, "PING", "PONG");
    bystander_close();
    buffer_clear(&gets);
}

Test(hostile_clients, one_over_the_output_buffer_limit_is_closed, .timeout = 300)
{
    struct buffer gets = { 0 };
    bystander_open(OPTIONS("--client-output-buffer-limit", "normal 1mb 0 0"));
    expect(&bystander, "SETRANGE k 999 x", "(integer) 1000");
    /* More than the kernel holds for a connection. */
    expect(&bystander, "SETRANGE large 33554431 x", "(integer) 33554432");
    for (int i = 0; i < 4; i++) buffer_printf(&gets, "GET large\r\n");
    push(&client, buffer_slice(&gets));
    expect_prompt_service();
    /* A client that began to read now could keep up with the server. */
    for (int i = 0; i < 1000 && count_clients() > 1; i++) pace_sleep_ms(10);
    expect_closed(&client);
    bystander_close();
    buffer_clear(&gets);
}

Test(hostile_clients, one_over_the_query_buffer_limit_is_closed, .timeout = 300)
{
    struct buffer bytes = { 0 };
    bystander_open(OPTIONS("--client-query-buffer-limit", "1mb"));
    buffer_printf(&bytes, "*2\r\n$4\r\nECHO\r\n$10000000\r\n%05000000d", 1);
    push(&client, buffer_slice(&bytes));
    expect_closed(&client);
    expect(&bystander, "PING", "PONG");
    bystander_close();
    buffer_clear(&bytes);
}

Test(hostile_clients, the_largest_goes_when_all_together_take_too_much, .timeout = 300)
{
    struct client spared;
    struct buffer half = { 0 };
    bystander_open(OPTIONS("--maxmemory-clients", "6mb"));
    cr_assert(client_open_tcp(&spared, server.port));
    expect(&spared, "CLIENT NO-EVICT ON", "OK");
    buffer_printf(&half, "*2\r\n$4\r\nECHO\r\n$10000000\r\n%04000000d", 1);
    push(&spared, buffer_slice(&half));
    pace_sleep_ms(300);
    expect(&bystander, "PING", "PONG");
    push(&client, buffer_slice(&half));
    expect_closed(&client);
    expect(&bystander, "PING", "PONG");
    cr_assert_eq(count_clients(), 2);
    client_close(&spared);
    bystander_close();
    buffer_clear(&half);
}

/* Room is reserved for what is announced, but memory is taken by what comes. */
Test(hostile_clients, a_large_value_counts_as_much_as_came_of_it, .timeout = 300)
{
    struct buffer begun = { 0 };
    bystander_open(OPTIONS("--maxmemory-clients", "1mb"));
    buffer_printf(&begun, "*2\r\n$4\r\nECHO\r\n$10000000\r\n%0100000d", 1);
    push(&client, buffer_slice(&begun));
    pace_sleep_ms(300);
    expect(&bystander, "PING", "PONG");
    cr_assert_eq(count_clients(), 2);
    for (int more = 0; more < 20; more++) push(&client, buffer_slice(&begun));
    expect_closed(&client);
    bystander_close();
    buffer_clear(&begun);
}

Test(hostile_clients, ten_thousand_connections_opened_and_dropped, .timeout = 300)
{
    enum { CROWD = 200 };
    static struct client crowd[CROWD];
    bystander_open(NULL);
    expect(&bystander, "SETRANGE k 999 x", "(integer) 1000");
    int64_t before = instance_rss_bytes(&server);
    for (int round = 0; round < 10000 / CROWD; round++) {
        for (int i = 0; i < CROWD; i++) {
            cr_assert(client_open_tcp(&crowd[i], server.port), "round %d, connection %d", round, i);
            if (i % 3 == 0) client_send(&crowd[i], SLICE("*2\r\n$3\r\nGET\r\n$1"));
            if (i % 3 == 1) client_send_line(&crowd[i], "GET k");
        }
        for (int i = 0; i < CROWD; i++) client_close(&crowd[i]);
        expect(&bystander, "STRLEN k", "(integer) 1000");
    }
    pace_sleep_ms(200);
    expect_prompt_service();
    cr_assert_leq(count_clients(), 3);
    cr_assert(rss_returns_to(before + 8 * MEGABYTE), "memory did not return");
    bystander_close();
}

Test(hostile_clients, one_too_many_is_told_and_closed, .timeout = 60)
{
    struct client third, fourth;
    bystander_open(OPTIONS("--maxclients", "3"));
    if (server.encrypted) cr_skip_test("nothing can be told before hands are shaken");
    cr_assert(client_open_tcp(&third, server.port));
    expect(&client, "PING", "PONG");
    expect(&bystander, "PING", "PONG");
    expect(&third, "PING", "PONG");
    cr_assert(client_open_tcp(&fourth, server.port));
    expect_next(&fourth, "(error) ERR max number of clients reached");
    expect_closed(&fourth);
    client_close(&fourth);
    client_close(&third);
    pace_sleep_ms(50 * PACE);
    cr_assert(client_open_tcp(&third, server.port));
    expect(&third, "PING", "PONG");
    client_close(&third);
    bystander_close();
}

TestSuite(memory_full, .timeout = 300);

/* The server follows its resident memory, so what was full a moment ago may take a little more. */
static void expect_refused_when_full(const char *write)
{
    /* With large pieces first, then with what is no larger than the write. */
    static const char *const pieces[] = { "SETRANGE key:%d 1000 x", "SET k:%d v" };
    static int filled;
    for (size_t piece = 0; piece < 2; piece++) {
        struct slice reply = { 0 };
        for (int i = 0; i < 20000; i++) {
            char line[64];
            snprintf(line, sizeof line, pieces[piece], filled++);
            reply = client_ask(&client, line);
            if (reply.len > 0 && *reply.data == '-') break;
        }
        cr_assert(reply.len > 4 && memcmp(reply.data, "-OOM", 4) == 0, "memory was never full");
    }
    expect(&client, write, "(error) OOM command not allowed when used memory > 'maxmemory'.");
}

Test(memory_full, writes_are_refused_and_reads_are_not)
{
    bystander_open(OPTIONS("--maxmemory", "8mb", "--maxmemory-policy", "noeviction"));
    expect(&client, "SET first 1", "OK");
    expect_refused_when_full("SET more v");
    expect_refused_when_full("APPEND first v");
    expect_refused_when_full("INCR first");
    expect(&client, "GET first", "\"1\"");
    expect(&client, "EXPIRE first 100", "(integer) 1");
    expect(&client, "DEL first", "(integer) 1");
    expect(&client, "FLUSHALL", "OK");
    pace_sleep_ms(100);
    expect(&client, "SET more v", "OK");
    bystander_close();
}
