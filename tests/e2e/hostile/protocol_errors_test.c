/*
 * Bytes that are no request, and requests that ask for too much: a clear error, and nobody else notices.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "proto/base/buffer.h"
#include "tests/e2e/events/bystander.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define MEGABYTE (1024 * 1024)

static void open_server(void)
{
    bystander_open(NULL);
}

TestSuite(protocol_errors, .init = open_server, .fini = bystander_close, .timeout = 300);

/* The error, the end of the connection, and life going on for others. */
#define expect_broken(bytes, error)                                                                          \
    do {                                                                                                     \
        expect_raw(&client, bytes, SLICE("-ERR Protocol error: " error "\r\n"));                             \
        expect_closed(&client);                                                                              \
        expect(&bystander, "PING", "PONG");                                                                  \
    } while (0)

Test(protocol_errors, a_length_of_arguments_that_is_no_number)
{
    expect_broken(SLICE("*abc\r\n"), "invalid multibulk length");
}

Test(protocol_errors, a_length_of_arguments_beyond_any_integer)
{
    expect_broken(SLICE("*99999999999999999999\r\n"), "invalid multibulk length");
}

Test(protocol_errors, more_arguments_than_an_int_can_count)
{
    expect_broken(SLICE("*2147483648\r\n$4\r\nPING\r\n"), "invalid multibulk length");
}

Test(protocol_errors, a_negative_number_of_arguments_is_no_command)
{
    cr_assert(client_send(&client, SLICE("*-10\r\n*0\r\n\r\n")));
    expect(&client, "PING", "PONG");
}

Test(protocol_errors, a_negative_length)
{
    expect_broken(SLICE("*2\r\n$3\r\nGET\r\n$-5\r\n"), "invalid bulk length");
}

Test(protocol_errors, a_length_that_is_no_number)
{
    expect_broken(SLICE("*2\r\n$3\r\nGET\r\n$1x\r\n"), "invalid bulk length");
}

Test(protocol_errors, a_length_over_the_limit)
{
    expect_broken(SLICE("*2\r\n$3\r\nGET\r\n$536870913\r\n"), "invalid bulk length");
}

Test(protocol_errors, a_length_beyond_any_integer)
{
    expect_broken(SLICE("*2\r\n$3\r\nGET\r\n$9223372036854775808\r\n"), "invalid bulk length");
}

Test(protocol_errors, something_else_where_a_length_belongs)
{
    expect_broken(SLICE("*1\r\n:1\r\n"), "expected '$', got ':'");
}

Test(protocol_errors, a_count_that_does_not_end)
{
    struct buffer bytes = { 0 };
    buffer_printf(&bytes, "*%070000d", 1);
    expect_broken(buffer_slice(&bytes), "too big mbulk count string");
    buffer_clear(&bytes);
}

Test(protocol_errors, a_length_that_does_not_end)
{
    struct buffer bytes = { 0 };
    buffer_printf(&bytes, "*1\r\n$%070000d", 1);
    expect_broken(buffer_slice(&bytes), "too big bulk count string");
    buffer_clear(&bytes);
}

Test(protocol_errors, an_inline_command_that_does_not_end)
{
    struct buffer bytes = { 0 };
    buffer_printf(&bytes, "GET %070000d", 1);
    expect_broken(buffer_slice(&bytes), "too big inline request");
    buffer_clear(&bytes);
}

Test(protocol_errors, quotes_that_do_not_end)
{
    expect_broken(SLICE("SET k \"v\r\n"), "unbalanced quotes in request");
}

Test(protocol_errors, what_was_complete_before_the_error_is_answered)
{
    expect_raw(&client, SLICE("*1\r\n$4\r\nPING\r\n*1\r\nPING\r\n"), SLICE("+PONG\r\n"));
    expect_next(&client, "(error) ERR Protocol error: expected '$', got 'P'");
    expect_closed(&client);
}

/* A suite of their own: Criterion cannot leave out what a suite does before each test. */
TestSuite(protocol_limits, .timeout = 300);

Test(protocol_limits, a_lowered_limit_of_lengths)
{
    bystander_open(OPTIONS("--proto-max-bulk-len", "1mb"));
    expect_broken(SLICE("*2\r\n$3\r\nGET\r\n$1048577\r\n"), "invalid bulk length");
    bystander_close();
}

Test(protocol_limits, a_stranger_may_send_little_before_the_password)
{
    bystander_open(OPTIONS("--requirepass", "secret"));
    expect_raw(&client, SLICE("*11\r\n"), SLICE("-ERR Protocol error: unauthenticated multibulk length\r\n"));
    expect_closed(&client);
    client_close(&client);
    cr_assert(client_open_tcp(&client, server.port));
    expect_raw(&client, SLICE("*2\r\n$4\r\nAUTH\r\n$16385\r\n"),
               SLICE("-ERR Protocol error: unauthenticated bulk length\r\n"));
    expect_closed(&client);
    expect(&bystander, "GET k", "(error) NOAUTH Authentication required.");
    expect(&bystander, "AUTH wrong", "(error) WRONGPASS invalid username-password pair or user is disabled.");
    expect(&bystander, "AUTH secret", "OK");
    expect(&bystander, "GET k", "(nil)");
    bystander_close();
}

/* What a client announces costs the server nothing until it comes. */
static void expect_no_memory_for(struct slice announcement)
{
    int64_t before = instance_rss_bytes(&server);
    cr_assert(client_send(&client, announcement));
    expect(&bystander, "SET k v", "OK");
    pace_sleep_ms(100);
    expect(&bystander, "GET k", "\"v\"");
    int64_t growth = instance_rss_bytes(&server) - before;
    if (!PACE_SANITIZED) cr_assert_lt(growth, 8 * MEGABYTE, "%lld bytes", (long long)growth);
    client_close(&client);
    expect(&bystander, "PING", "PONG");
}

Test(protocol_errors, a_billion_arguments_announced_and_never_sent)
{
    expect_no_memory_for(SLICE("*1000000000\r\n$3\r\nDEL\r\n$1\r\nk\r\n"));
}

Test(protocol_errors, a_key_of_512_megabytes_announced_and_never_sent)
{
    expect_no_memory_for(SLICE("*2\r\n$3\r\nGET\r\n$536870912\r\nkkkkkkkk"));
}

Test(protocol_errors, half_a_command_and_then_silence)
{
    cr_assert(client_send(&client, SLICE("*2\r\n$3\r\nGET\r\n$1")));
    expect(&bystander, "SET k v", "OK");
    pace_sleep_ms(50);
    expect_raw(&client, SLICE("\r\nk\r\n"), SLICE("$1\r\nv\r\n"));
}

Test(protocol_errors, half_a_command_and_then_the_end)
{
    cr_assert(client_send(&client, SLICE("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1000\r\nhalf")));
    client_close(&client);
    expect(&bystander, "EXISTS k", "(integer) 0");
    expect(&bystander, "PING", "PONG");
}

Test(protocol_errors, a_command_in_single_bytes)
{
    struct slice bytes = SLICE("*3\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$3\r\na\0b\r\nGET '\\r\\n'\r\n");
    for (size_t i = 0; i < bytes.len; i++) {
        cr_assert(client_send(&client, slice_of(bytes.data + i, 1)));
        if (i % 4 == 0) pace_sleep_ms(1);
    }
    expect_next(&client, "OK");
    expect_next(&client, "(nil)");
    expect(&client, "GET \"\\r\\n\"", "\"a\\x00b\"");
}

TestSuite(overflow, .init = open_server, .fini = bystander_close, .timeout = 120);

Test(overflow, of_a_counter)
{
    expect(&client, "SET n 9223372036854775807", "OK");
    expect(&client, "INCR n", "(error) ERR increment or decrement would overflow");
    expect(&client, "DECRBY n -1", "(error) ERR increment or decrement would overflow");
    expect(&client, "DECRBY n -9223372036854775808", "(error) ERR decrement would overflow");
    expect(&client, "INCRBY n 9223372036854775808", "(error) ERR value is not an integer or out of range");
    expect(&client, "GET n", "\"9223372036854775807\"");
    expect(&client, "SET n 9223372036854775808", "OK");
    expect(&client, "INCR n", "(error) ERR value is not an integer or out of range");
    expect(&client, "SET n 1e4932", "OK");
    expect(&client, "INCRBYFLOAT n 1e4932", "(error) ERR increment would produce NaN or Infinity");
}

Test(overflow, of_a_deadline)
{
    expect(&client, "SET k v", "OK");
    expect(&client, "EXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'expire' command");
    expect(&client, "EXPIRE k 9223372036854775", "(error) ERR invalid expire time in 'expire' command");
    expect(&client, "PEXPIRE k 9223372036854775807", "(error) ERR invalid expire time in 'pexpire' command");
    expect(&client, "SET k w EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command");
    expect(&client, "SET k w PX 0", "(error) ERR invalid expire time in 'set' command");
    expect(&client, "GETEX k PX -1", "(error) ERR invalid expire time in 'getex' command");
    expect(&client, "TTL k", "(integer) -1");
    expect(&client, "GET k", "\"v\"");
}

Test(overflow, of_a_length)
{
    static const char *const too_long =
        "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)";
    expect(&client, "SETRANGE k 9223372036854775807 x", too_long);
    expect(&client, "SETRANGE k 536870912 x", too_long);
    expect(&client, "SETRANGE k -1 x", "(error) ERR offset is out of range");
    expect(&client, "SETRANGE k 9223372036854775808 x",
           "(error) ERR value is not an integer or out of range");
    expect(&client, "EXISTS k", "(integer) 0");
}
