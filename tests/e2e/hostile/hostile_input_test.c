/*
 * Clients that send what nobody should: memory grows by what they send at most, others are served all the
 * while, and nothing of them stays when they have gone.
 */
#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "proto/base/buffer.h"
#include "tests/e2e/events/bystander.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

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
    bystander_open(NULL);
    post_all(server.port);
    expect(&bystander, "EXISTS pwned", "(integer) 0");
    cr_assert_eq(count_in_log(&server, warning), 1);
    bystander_close();
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
    bystander_open(OPTIONS("--requirepass", "pw"));
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
    bystander_close();
    buffer_clear(&bytes);
}

/* C6 */
Test(hostile_input, what_follows_a_wrong_password_or_reset_comes_from_a_stranger, .timeout = 300)
{
    struct buffer bytes = { 0 };
    bystander_open(OPTIONS("--requirepass", "pw"));
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
    bystander_close();
    buffer_clear(&bytes);
}

/* C6 */
Test(hostile_input, what_follows_a_change_of_a_limit_is_held_against_the_new_one, .timeout = 300)
{
    static char text[2 << 20];
    struct buffer bytes = { 0 };
    bystander_open(OPTIONS("--proto-max-bulk-len", "1mb"));
    ADD(&bytes, SLICE("CONFIG"), SLICE("SET"), SLICE("proto-max-bulk-len"), SLICE("3mb"));
    ADD(&bytes, SLICE("SET"), SLICE("k"), slice_of(text, sizeof(text)));
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    expect_next(&client, "OK");
    expect_next(&client, "OK");
    bystander_close();
    buffer_clear(&bytes);
}

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
    bystander_open(NULL);
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
    bystander_close();
}

/* C15 */
Test(hostile_input, who_sends_no_more_is_answered_all_the_same, .timeout = 300)
{
    static const char line[] = "GET k\r\n";
    struct buffer bytes = { 0 };
    struct slice reply;
    bystander_open(OPTIONS("--threads", "2"));
    expect(&bystander, "SETRANGE k 9999 x", "(integer) 10000");
    for (int i = 0; i < 1000; i++) buffer_append(&bytes, line, strlen(line));
    buffer_append(&bytes, "CLIENT LIST\r\n", strlen("CLIENT LIST\r\n"));
    child_signal(&server.child, SIGSTOP);
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    cr_assert_eq(shutdown(client.fd, SHUT_WR), 0);
    child_signal(&server.child, SIGCONT);
    for (int i = 0; i < 1001; i++) cr_assert(client_read(&client, &reply), "reply %d", i);
    expect_closed(&client);
    bystander_close();
    buffer_clear(&bytes);
}

/* C15: one that waits and has sent too much to be read on */
Test(hostile_input, who_waits_with_a_full_buffer_may_go, .timeout = 300)
{
    static char text[3 << 20];
    struct buffer bytes = { 0 };
    bystander_open(NULL);
    ADD(&bytes, SLICE("SET"), SLICE("k"), SLICE("v"));
    ADD(&bytes, SLICE("ECHO"), slice_of(text, sizeof(text)));
    expect(&bystander, "CLIENT PAUSE 100000 WRITE", "OK");
    cr_assert(client_send(&client, buffer_slice(&bytes)));
    pace_sleep_ms(100);
    reset(&client);
    wait_for_clients(&bystander, 1);
    bystander_close();
    buffer_clear(&bytes);
}

#define MEGABYTE ((int64_t)1 << 20)

/* A sanitizer keeps what was freed, and has more of everything. */
static void expect_growth_below(int64_t before, int64_t most)
{
    int64_t growth = instance_rss_bytes(&server) - before;
    if (!PACE_SANITIZED) cr_assert_lt(growth, most, "%lld bytes", (long long)growth);
}

static void expect_memory_to_return(int64_t before, int64_t slack)
{
    int64_t end_ms = pace_now_ms() + 20000;
    while (!PACE_SANITIZED && instance_rss_bytes(&server) > before + slack) {
        cr_assert_lt(pace_now_ms(), end_ms, "memory did not return");
        pace_sleep_ms(50);
    }
}

static void expect_prompt_service(void)
{
    for (int i = 0; i < 20; i++) {
        int64_t start_ms = pace_now_ms();
        expect(&bystander, "PING", "PONG");
        cr_assert_lt(pace_now_ms() - start_ms, 2000 * PACE, "another client had to wait");
    }
}

/* A value of 512 MB is announced, and 3 MB of it are sent. */
static struct buffer begun_value(void)
{
    static const char head[] = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$536870912\r\n";
    struct buffer begun = { 0 };
    buffer_append(&begun, head, strlen(head));
    size_t len = 3 * (size_t)MEGABYTE;
    memset(buffer_reserve(&begun, len), 'x', len);
    buffer_commit(&begun, len);
    return begun;
}

/* C1 */
Test(hostile_input, values_that_are_announced_cost_what_is_sent_of_them, .timeout = 300)
{
    enum { CROWD = 40 };
    static struct client crowd[CROWD];
    struct buffer begun = begun_value();
    int64_t sent = CROWD * (int64_t)begun.len;
    bystander_open(NULL);
    int64_t before = instance_rss_bytes(&server);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < CROWD; i++) {
            cr_assert(client_open_tcp(&crowd[i], server.port));
            cr_assert(client_send(&crowd[i], buffer_slice(&begun)));
        }
        expect_prompt_service();
        expect_growth_below(before, 2 * sent);
        int64_t used = info_number(&bystander, "\r\nused_memory:");
        cr_assert(used < before + 2 * sent, "what is reserved is not used: %lld", (long long)used);
        for (int i = 0; i < CROWD; i++) reset(&crowd[i]);
        wait_for_clients(&bystander, 2);
        expect_memory_to_return(before, 16 * MEGABYTE);
    }
    int64_t start_ms = pace_now_ms();
    bystander_close();
    cr_assert_lt(pace_now_ms() - start_ms, 10000 * PACE, "SIGTERM was not obeyed");
    buffer_clear(&begun);
}

/* C4 */
Test(hostile_input, a_great_many_arguments_are_on_the_clients_account_and_given_back, .timeout = 300)
{
    enum { ARGUMENTS = 1000000 };
    struct buffer bytes = { 0 };
    bystander_open(NULL);
    int64_t before = instance_rss_bytes(&server);
    buffer_printf(&bytes, "*%d\r\n", ARGUMENTS);
    for (int i = 0; i < ARGUMENTS; i++) buffer_append(&bytes, "$0\r\n\r\n", 6);
    size_t most = bytes.len - 6;
    cr_assert(client_send(&client, slice_of(bytes.data, most)));
    int64_t end_ms = pace_now_ms() + 5000 * PACE, counted;
    while ((counted = info_number(&bystander, "\r\nmem_clients_normal:")) < (int64_t)most + ARGUMENTS * 16) {
        cr_assert_lt(pace_now_ms(), end_ms, "only %lld bytes are counted", (long long)counted);
        pace_sleep_ms(20);
    }
    cr_assert(client_send(&client, slice_of(bytes.data + most, 6)));
    struct slice reply;
    cr_assert(client_read(&client, &reply));
    cr_assert_eq(memcmp(reply.data, "-ERR unknown command ''", 23), 0);
    expect_memory_to_return(before, 8 * MEGABYTE);
    for (end_ms = pace_now_ms() + 5000 * PACE;
         info_number(&bystander, "\r\nmem_clients_normal:") > MEGABYTE;) {
        cr_assert_lt(pace_now_ms(), end_ms, "the account keeps what was given back");
        pace_sleep_ms(20);
    }
    bystander_close();
    buffer_clear(&bytes);
}

/* B13 */
Test(hostile_input, what_is_sent_of_a_value_counts_against_the_limits_at_once, .timeout = 300)
{
    struct buffer begun = begun_value();
    bystander_open(OPTIONS("--maxmemory-clients", "2900kb"));
    client_send(&client, buffer_slice(&begun));
    expect_closed(&client);
    expect(&bystander, "CONFIG SET maxmemory-clients 0 client-query-buffer-limit 2900kb", "OK");
    client_close(&client);
    cr_assert(client_open_tcp(&client, server.port));
    client_send(&client, buffer_slice(&begun));
    expect_closed(&client);
    cr_assert_eq(info_number(&bystander, "\r\nclient_query_buffer_limit_disconnections:"), 1);
    bystander_close();
    buffer_clear(&begun);
}

/* B16 */
Test(hostile_input, a_client_sees_its_own_request_in_its_buffer, .timeout = 60)
{
    bystander_open(NULL);
    struct slice line = client_ask(&client, "CLIENT INFO");
    cr_assert_not_null(memmem(line.data, line.len, " qbuf=26 ", 9));
    cr_assert_null(memmem(line.data, line.len, " qbuf-free=0 ", 13));
    cr_assert_not_null(memmem(line.data, line.len, " argv-mem=10 ", 13));
    cr_assert_geq(info_number(&client, "\r\nclient_recent_max_input_buffer:"), 26);
    bystander_close();
}

static rlim_t open_descriptors(pid_t pid)
{
    char path[64];
    rlim_t count = 0;
    snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
    DIR *directory = opendir(path);
    cr_assert_not_null(directory);
    while (readdir(directory) != NULL) count++;
    closedir(directory);
    return count - 2;
}

/* C9 */
Test(hostile_input, without_a_descriptor_left_new_clients_wait_and_nobody_else_does, .timeout = 300)
{
    enum { CROWD = 10, ROOM = 3 };
    static struct client crowd[CROWD];
    struct rlimit limit;
    bystander_open(NULL);
    if (server.encrypted) cr_skip_test("hands cannot be shaken by who waits");
    expect(&bystander, "PING", "PONG");
    expect(&client, "PING", "PONG");
    cr_assert_eq(prlimit(server.child.pid, RLIMIT_NOFILE, NULL, &limit), 0);
    limit.rlim_cur = open_descriptors(server.child.pid) + ROOM;
    cr_assert_eq(prlimit(server.child.pid, RLIMIT_NOFILE, &limit, NULL), 0);
    for (int i = 0; i < CROWD; i++) {
        cr_assert(client_open_tcp(&crowd[i], server.port));
        cr_assert(client_send_line(&crowd[i], "PING"));
    }
    pace_sleep_ms(1500);
    expect_prompt_service();
    cr_assert_eq(count_in_log(&server, "Accepting client connection: accept: Too many open files"), 1);
    for (int i = 0; i < CROWD; i++) {
        expect_next(&crowd[i], "PONG");
        client_close(&crowd[i]);
    }
    wait_for_clients(&bystander, 2);
    bystander_close();
}
