/* Values that stay where they were received, and those that almost do: whatever is done to them later. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/base/random.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

/* Around where text gets a length of its own, around size classes, and beyond what is reserved at once. */
static const size_t lens[] = { 65533,  65534,  65535,  65536,   65537,   81900,   98304,   98305,   163840,
                               262144, 327400, 327680, 1048576, 4194304, 5000000, 9437184, 20000000 };
#define LENS (sizeof lens / sizeof *lens)

static struct slice text_of(struct buffer *text, size_t len, unsigned seed)
{
    struct random random = { seed };
    text->len = 0;
    char *bytes = buffer_reserve(text, len + 8);
    for (size_t i = 0; i < len; i += 8) {
        uint64_t eight = random_next(&random);
        memcpy(bytes + i, &eight, sizeof eight);
    }
    buffer_commit(text, len);
    return buffer_slice(text);
}

static void expect_text(struct client *client, const char *line, struct slice text)
{
    struct slice reply = client_ask(client, line);
    char header[32];
    int header_len = snprintf(header, sizeof header, "$%zu\r\n", text.len);
    cr_assert_eq(reply.len, text.len + (size_t)header_len + 2, "%s: %zu bytes", line, reply.len);
    cr_assert(memcmp(reply.data + header_len, text.data, text.len) == 0, "%s: other bytes", line);
}

static void send_argv(struct client *client, size_t argc, const struct slice *argv, const char *expected)
{
    struct slice reply;
    cr_assert(client_send_argv(client, argc, argv));
    cr_assert(client_read(client, &reply));
    cr_assert(reply.len == strlen(expected) && memcmp(reply.data, expected, reply.len) == 0, "%.*s",
              (int)(reply.len < 80 ? reply.len : 80), reply.data);
}

static void set(struct client *client, const char *key, struct slice text)
{
    struct slice argv[] = { SLICE("SET"), slice_of_cstr(key), text };
    send_argv(client, 3, argv, "+OK\r\n");
}

Test(large_values, are_what_was_set, .timeout = 300)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 };
    for (size_t i = 0; i < LENS; i++) {
        set(c, "k", text_of(&text, lens[i], (unsigned)i));
        expect_text(c, "GET k", buffer_slice(&text));
        set(c, "k", text_of(&text, lens[i], 99));
        expect_text(c, "GET k", buffer_slice(&text));
    }
    expect(c, "DEL k", "(integer) 1");
    buffer_clear(&text);
    example_close(&example);
}

/* Of any size, and with time between them: the kernel is asked to hold back what is not worth a read. */
static void send_in_pieces(struct client *client, struct slice bytes, size_t piece)
{
    for (size_t at = 0; at < bytes.len; at += piece) {
        size_t len = bytes.len - at < piece ? bytes.len - at : piece;
        cr_assert(client_send(client, slice_of(bytes.data + at, len)));
        pace_sleep_ms(1);
    }
}

static struct slice set_request(struct buffer *request, struct slice value)
{
    char header[64];
    int header_len = snprintf(header, sizeof header, "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%zu\r\n", value.len);
    request->len = 0;
    buffer_append(request, header, (size_t)header_len);
    buffer_append(request, value.data, value.len);
    buffer_append(request, "\r\n", 2);
    return buffer_slice(request);
}

Test(large_values, may_come_in_pieces, .timeout = 300)
{
    static const size_t pieces[] = { 3000, 65536, 100000, 1048576, 2000000 };
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 }, request = { 0 };
    for (size_t i = 0; i < LENS; i++) {
        struct slice value = text_of(&text, lens[i], (unsigned)i);
        size_t piece = pieces[i % (sizeof pieces / sizeof *pieces)];
        send_in_pieces(c, set_request(&request, value), piece < value.len / 500 ? value.len / 500 : piece);
        struct slice reply;
        cr_assert(client_read(c, &reply));
        cr_assert(slice_equal(reply, SLICE("+OK\r\n")));
        expect(c, "PING", "PONG");
        expect_text(c, "GET k", value);
    }
    buffer_clear(&text);
    buffer_clear(&request);
    example_close(&example);
}

/* Whoever leaves in the middle of a value is noticed, however little of it came last. */
Test(large_values, may_end_in_the_middle, .timeout = 60)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 }, request = { 0 };
    struct slice whole = set_request(&request, text_of(&text, 4194304, 1));
    for (size_t part = 70000; part < whole.len; part += 900000) {
        struct client leaver;
        cr_assert(client_open_tcp(&leaver, example.server.port));
        send_in_pieces(&leaver, slice_of(whole.data, part), 300000);
        client_close(&leaver);
    }
    for (int i = 0; i < 200; i++) {
        if (strstr(client_ask(c, "INFO clients").data, "connected_clients:1\r\n") != NULL) break;
        cr_assert_lt(i, 199, "a client is still there");
        pace_sleep_ms(20);
    }
    expect(c, "EXISTS k", "(integer) 0");
    buffer_clear(&text);
    buffer_clear(&request);
    example_close(&example);
}

Test(large_values, may_have_options_behind_them, .timeout = 300)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 };
    for (size_t i = 0; i < LENS; i++) {
        struct slice value = text_of(&text, lens[i], (unsigned)i);
        struct slice until[] = { SLICE("SET"), SLICE("k"), value, SLICE("EX"), SLICE("99") };
        send_argv(c, 5, until, "+OK\r\n");
        expect_text(c, "GET k", value);
        expect_start(c, "TTL k", "(integer) 9");
        struct slice late[] = { SLICE("SET"), SLICE("k"), value, SLICE("PXAT"), SLICE("1") };
        send_argv(c, 5, late, "+OK\r\n");
        expect(c, "EXISTS k", "(integer) 0");
        struct slice never[] = { SLICE("SET"), SLICE("k"), value, SLICE("XX") };
        send_argv(c, 4, never, "$-1\r\n");
        struct slice wrong[] = { SLICE("SET"), SLICE("k"), value, SLICE("EX"), SLICE("0") };
        send_argv(c, 5, wrong, "-ERR invalid expire time in 'set' command\r\n");
        struct slice setex[] = { SLICE("SETEX"), SLICE("k"), SLICE("100"), value };
        send_argv(c, 4, setex, "+OK\r\n");
        expect_text(c, "GETDEL k", value);
    }
    buffer_clear(&text);
    example_close(&example);
}

Test(large_values, may_be_changed_and_copied, .timeout = 300)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 };
    for (size_t i = 0; i < LENS; i++) {
        set(c, "k", text_of(&text, lens[i], (unsigned)i));
        expect(c, "COPY k other", "(integer) 1");
        cr_assert_gt(client_ask(c, "APPEND k more").len, 0);
        buffer_append(&text, "more", 4);
        expect_text(c, "GET k", buffer_slice(&text));
        cr_assert_gt(client_ask(c, "SETRANGE k 3 abc").len, 0);
        memcpy(text.data + 3, "abc", 3);
        expect(c, "EXPIRE k 4000000000", "(integer) 1");
        expect(c, "RENAME k again", "OK");
        expect_text(c, "GET again", buffer_slice(&text));
        expect_text(c, "GET other", text_of(&text, lens[i], (unsigned)i));
        expect(c, "SET other small", "OK");
        expect(c, "GET other", "\"small\"");
        expect(c, "DEL again other", "(integer) 2");
    }
    buffer_clear(&text);
    example_close(&example);
}

/* What comes behind a large value in the same memory is run, and several values in one command are all read.
 */
Test(large_values, may_be_followed_by_requests, .timeout = 300)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 }, all = { 0 };
    struct slice reply;
    for (size_t i = 0; i < LENS; i++) {
        struct slice value = text_of(&text, lens[i], (unsigned)i);
        all.len = 0;
        client_format_argv(&all, 3, (struct slice[]){ SLICE("SET"), SLICE("k"), value });
        client_format_argv(&all, 2, (struct slice[]){ SLICE("STRLEN"), SLICE("k") });
        client_format_argv(&all, 2, (struct slice[]){ SLICE("DEL"), SLICE("k") });
        client_format_argv(&all, 3, (struct slice[]){ SLICE("SET"), SLICE("k"), value });
        client_format_argv(&all, 5, (struct slice[]){ SLICE("MSET"), SLICE("m"), value, SLICE("m"), value });
        cr_assert(client_send(c, buffer_slice(&all)));
        for (int replies = 0; replies < 5; replies++) cr_assert(client_read(c, &reply));
        expect_text(c, "GET k", value);
        expect_text(c, "GET m", value);
    }
    buffer_clear(&text);
    buffer_clear(&all);
    example_close(&example);
}

/* Logs and monitors read the arguments after the command has run. */
Test(large_values, are_seen_by_logs_and_monitors, .timeout = 60)
{
    struct example example;
    struct client *c = example_open(&example), monitor;
    struct buffer text = { 0 };
    cr_assert(client_open_tcp(&monitor, example.server.port));
    expect(&monitor, "MONITOR", "OK");
    expect(c, "CONFIG SET slowlog-log-slower-than 0 latency-monitor-threshold 1", "OK");
    set(c, "k", text_of(&text, 300000, 1));
    expect_text(c, "GET k", buffer_slice(&text));
    cr_assert_gt(client_ask(c, "SLOWLOG GET 3").len, 0);
    struct slice line;
    for (int lines = 0; lines < 2; lines++) cr_assert(client_read(&monitor, &line));
    expect_start(c, "MEMORY USAGE k", "(integer) 3277");
    client_close(&monitor);
    buffer_clear(&text);
    example_close(&example);
}

static void expect_next_text(struct client *client, struct slice text)
{
    struct slice reply;
    cr_assert(client_read(client, &reply));
    cr_assert_gt(reply.len, text.len + 2, "%zu bytes", reply.len);
    cr_assert(memcmp(reply.data + reply.len - text.len - 2, text.data, text.len) == 0);
}

/* They are sent from where they are, as far as the kernel takes them; nobody reads before all were asked for.
 */
Test(large_values, leave_in_order_with_what_stands_around_them, .timeout = 300)
{
    enum { TIMES = 30 };
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 };
    expect(c, "SET small s", "OK");
    for (size_t i = 0; i < LENS; i++) {
        if (lens[i] > 1048576) break;
        set(c, "k", text_of(&text, lens[i], (unsigned)i));
        for (int times = 0; times < TIMES; times++) {
            cr_assert(client_send_line(c, "GET small"));
            cr_assert(client_send_line(c, "GET k"));
        }
        cr_assert(client_send_line(c, "GET nobody"));
        for (int times = 0; times < TIMES; times++) {
            expect_next(c, "\"s\"");
            expect_next_text(c, buffer_slice(&text));
        }
        expect_next(c, "(nil)");
    }
    buffer_clear(&text);
    example_close(&example);
}

Test(large_values, are_not_sent_to_who_does_not_want_to_hear, .timeout = 300)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer text = { 0 };
    set(c, "k", text_of(&text, 300000, 1));
    cr_assert(client_send_line(c, "CLIENT REPLY SKIP"));
    cr_assert(client_send_line(c, "GET k"));
    expect(c, "PING", "PONG");
    cr_assert(client_send_line(c, "CLIENT REPLY OFF"));
    cr_assert(client_send_line(c, "GET k"));
    expect(c, "CLIENT REPLY ON", "OK");
    expect_text(c, "GET k", buffer_slice(&text));
    buffer_clear(&text);
    example_close(&example);
}
