/*
 * Clients that send what nobody should: memory grows by what they send at most, others are served all the
 * while, and nothing of them stays when they have gone.
 */
#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier.h"
#include "tests/support/client.h"
#include "tests/support/expect.h"
#include "tests/support/instance.h"
#include "tests/support/pace.h"

static struct instance server;
static struct client client, bystander;

static void open_with(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
    cr_assert(client_open_tcp(&bystander, server.port));
}

static void close_server(void)
{
    client_close(&client);
    client_close(&bystander);
    instance_stop(&server);
}

/* A field of INFO; -1: there is none. */
static int64_t info_number(struct client *of, const char *field)
{
    struct slice info = client_ask(of, "INFO");
    const char *found = info.len > 0 ? memmem(info.data, info.len, field, strlen(field)) : NULL;
    return found != NULL ? strtoll(found + strlen(field), NULL, 10) : -1;
}

static void wait_for_clients(struct client *of, int64_t count)
{
    int64_t end_ms = pace_now_ms() + 5000 * PACE;
    while (info_number(of, "\r\nconnected_clients:") != count) {
        cr_assert_lt(pace_now_ms(), end_ms, "somebody is still there");
        pace_sleep_ms(20);
    }
}

static int count_in_log(const struct instance *of, const char *text)
{
    char line[1024];
    int count = 0;
    FILE *log = fopen(of->log_path, "r");
    cr_assert_not_null(log);
    while (fgets(line, sizeof(line), log) != NULL) count += strstr(line, text) != NULL;
    fclose(log);
    return count;
}

/* --- HTTP ------------------------------------------------------------------------------------------------
 */

static const struct slice posts[] = {
    SLICE("POST / HTTP/1.1\r\nHost: x\r\n\r\nSET pwned 1\r\n"),
    SLICE("GET / HTTP/1.1\r\nHost: x\r\n\r\nSET pwned 1\r\n"),
    SLICE("post /\r\nSET pwned 1\r\n"),
    SLICE("HOST: x\r\nSET pwned 1\r\n"),
    SLICE("*2\r\n$4\r\nPoSt\r\n$1\r\n/\r\nSET pwned 1\r\n"),
    SLICE("*2\r\n$5\r\nhost:\r\n$1\r\nx\r\nSET pwned 1\r\n"),
};

static void post_all(int port)
{
    for (size_t i = 0; i < sizeof(posts) / sizeof(posts[0]); i++) {
        struct client browser;
        cr_assert(client_open_tcp(&browser, port));
        cr_assert(client_send(&browser, posts[i]));
        expect_closed(&browser);
        client_close(&browser);
    }
}

static const char warning[] =
    "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: "
    "commands to Redis. This is likely due to an attacker attempting to use Cross "
    "Protocol Scripting to compromise your Redis instance. Connection from 127.0.0.1:";

/* A2 */
Test(hostile_input, a_browser_runs_nothing_and_is_told_of_once, .timeout = 300)
{
    open_with(NULL);
    post_all(server.port);
    expect(&bystander, "EXISTS pwned", "(integer) 0");
    cr_assert_eq(count_in_log(&server, warning), 1);
    close_server();
}

/* A2 */
Test(hostile_input, a_browser_does_not_reach_the_upstream, .timeout = 300)
{
    struct tier_example tier;
    tier_open(&tier, NULL);
    post_all(tier.server.port);
    expect(&tier.client, "EXISTS pwned", "(integer) 0");
    cr_assert_eq(count_in_log(&tier.server, warning), 1);
    cr_assert_eq(count_in_log(&tier.redis, "SECURITY ATTACK"), 0);
    tier_close(&tier);
}

/* --- who the client is by then ---------------------------------------------------------------------------
 */

static void add(struct buffer *out, size_t argc, const struct slice *argv)
{
    client_format_argv(out, argc, argv);
}

#define ADD(out, ...)                                                                                        \
    add(out, sizeof((struct slice[]){ __VA_ARGS__ }) / sizeof(struct slice), (struct slice[]){ __VA_ARGS__ })

static const char long_text[20000];

/* What a stranger may not send. */
static void add_large(struct buffer *out)
{
    struct slice text = slice_of(long_text, sizeof(long_text));
    ADD(out, SLICE("MSET"), SLICE("a"), SLICE("1"), SLICE("b"), SLICE("2"), SLICE("c"), SLICE("3"),
        SLICE("d"), SLICE("4"), SLICE("e"), SLICE("5"), SLICE("f"), SLICE("6"));
    ADD(out, SLICE("SET"), SLICE("k"), text);
}

/* C6 */
Test(hostile_input, what_follows_auth_is_read_from_who_the_client_is_then, .timeout = 300)
{
    struct buffer bytes = { 0 };
    open_with(OPTIONS("--requirepass", "pw"));
    ADD(&bytes, SLICE("AUTH"), SLICE("pw"));
    add_large(&bytes);
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    for (int i = 0; i < 3; i++) expect_next(&client, "OK");
    bytes.len = 0;
    ADD(&bytes, SLICE("HELLO"), SLICE("2"), SLICE("AUTH"), SLICE("default"), SLICE("pw"));
    add_large(&bytes);
    cr_assert(client_send(&bystander, buffer_slice(&bytes)));
    struct slice greeting;
    cr_assert(client_read(&bystander, &greeting));
    for (int i = 0; i < 2; i++) expect_next(&bystander, "OK");
    close_server();
    buffer_clear(&bytes);
}

/* C6 */
Test(hostile_input, what_follows_a_wrong_password_or_reset_is_a_strangers, .timeout = 300)
{
    struct buffer bytes = { 0 };
    open_with(OPTIONS("--requirepass", "pw"));
    ADD(&bytes, SLICE("AUTH"), SLICE("wrong"));
    add_large(&bytes);
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    expect_next(&client, "(error) WRONGPASS invalid username-password pair or user is disabled.");
    expect_next(&client, "(error) ERR Protocol error: unauthenticated multibulk length");
    expect_closed(&client);
    bytes.len = 0;
    ADD(&bytes, SLICE("AUTH"), SLICE("pw"));
    ADD(&bytes, SLICE("RESET"));
    ADD(&bytes, SLICE("SET"), SLICE("k"), slice_of(long_text, sizeof(long_text)));
    cr_assert(client_send(&bystander, buffer_slice(&bytes)));
    expect_next(&bystander, "OK");
    expect_next(&bystander, "RESET");
    expect_next(&bystander, "(error) ERR Protocol error: unauthenticated bulk length");
    expect_closed(&bystander);
    close_server();
    buffer_clear(&bytes);
}

/* C6 */
Test(hostile_input, what_follows_a_change_of_a_limit_is_held_against_the_new_one, .timeout = 300)
{
    static char text[2 << 20];
    struct buffer bytes = { 0 };
    open_with(OPTIONS("--proto-max-bulk-len", "1mb"));
    ADD(&bytes, SLICE("CONFIG"), SLICE("SET"), SLICE("proto-max-bulk-len"), SLICE("3mb"));
    ADD(&bytes, SLICE("SET"), SLICE("k"), slice_of(text, sizeof(text)));
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    expect_next(&client, "OK");
    expect_next(&client, "OK");
    close_server();
    buffer_clear(&bytes);
}

/* --- the end of input ------------------------------------------------------------------------------------
 */

static void reset(struct client *leaver)
{
    struct linger at_once = { .l_onoff = 1 };
    setsockopt(leaver->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    client_close(leaver);
}

/* C15: data and the peer's end come in one turn */
Test(hostile_input, who_goes_in_the_middle_of_a_request_is_gone, .timeout = 300)
{
    enum { CROWD = 100 };
    static const struct slice parts[] = { SLICE("AUT"), SLICE("*2\r\n$3\r\nGET\r\n$100000\r\nk"),
                                          SLICE("PING\r\nPIN"), SLICE("\r\n") };
    static struct client crowd[CROWD];
    open_with(NULL);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < CROWD; i++) cr_assert(client_open_tcp(&crowd[i], server.port));
        wait_for_clients(&bystander, CROWD + 2);
        child_signal(&server.child, SIGSTOP);
        for (int i = 0; i < CROWD; i++) {
            cr_assert(client_send(&crowd[i], parts[i % 4]));
            if (round == 0)
                reset(&crowd[i]);
            else
                client_close(&crowd[i]);
        }
        child_signal(&server.child, SIGCONT);
        wait_for_clients(&bystander, 2);
    }
    close_server();
}

/* C15 */
Test(hostile_input, who_sends_no_more_is_answered_all_the_same, .timeout = 300)
{
    static const char line[] = "GET k\r\n";
    struct buffer bytes = { 0 };
    struct slice reply;
    open_with(OPTIONS("--threads", "2"));
    expect(&bystander, "SETRANGE k 9999 x", "(integer) 10000");
    for (int i = 0; i < 1000; i++) buffer_append(&bytes, line, strlen(line));
    buffer_append(&bytes, "CLIENT LIST\r\n", strlen("CLIENT LIST\r\n"));
    child_signal(&server.child, SIGSTOP);
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    cr_assert_eq(shutdown(client.fd, SHUT_WR), 0);
    child_signal(&server.child, SIGCONT);
    for (int i = 0; i < 1001; i++) cr_assert(client_read(&client, &reply), "reply %d", i);
    expect_closed(&client);
    close_server();
    buffer_clear(&bytes);
}

/* C15: one that waits and has sent too much to be read on */
Test(hostile_input, who_waits_with_a_full_buffer_may_go, .timeout = 300)
{
    static char text[3 << 20];
    struct buffer bytes = { 0 };
    open_with(NULL);
    ADD(&bytes, SLICE("SET"), SLICE("k"), SLICE("v"));
    ADD(&bytes, SLICE("ECHO"), slice_of(text, sizeof(text)));
    expect(&bystander, "CLIENT PAUSE 100000 WRITE", "OK");
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    pace_sleep_ms(100);
    reset(&client);
    wait_for_clients(&bystander, 1);
    close_server();
    buffer_clear(&bytes);
}
