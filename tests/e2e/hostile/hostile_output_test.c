/*
 * Clients that ask for much and read nothing: what the server holds for them is bounded, and others are
 * served all the while.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/alloc.h"
#include "proto/base/buffer.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define MEGABYTE ((int64_t)1024 * 1024)
/* What resident memory may grow by besides what is told: caches of allocators. A sanitizer keeps what was
 * freed, 256 MB at most. */
#define SLACK ((PACE_SANITIZED ? 300 : 12) * MEGABYTE)
/* Another client's wait. */
#define PROMPT_MS (3000 * PACE)

TestSuite(hostile_output, .timeout = 300);

static struct instance server;
static struct client bystander;

static void open_with(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&bystander, server.port));
    bystander.timeout_ms = 60000;
}

static void close_server(void)
{
    client_close(&bystander);
    instance_stop(&server);
}

static struct client attacker(void)
{
    struct client client;
    cr_assert(client_open_tcp(&client, server.port));
    return client;
}

/* Send without ever reading, as long as the server takes it. */
static void push(struct client *to, struct slice bytes)
{
    (void)client_push(to, bytes, 300 * PACE);
}

static void push_lines(struct client *to, const char *line, int times)
{
    struct buffer lines = { 0 };
    for (int i = 0; i < times; i++) buffer_printf(&lines, "%s\r\n", line);
    push(to, buffer_slice(&lines));
    buffer_clear(&lines);
}

/* The most that is resident for a while, and that others wait for nobody meanwhile. */
static int64_t watch_growth(int64_t before)
{
    int64_t most = 0;
    for (int i = 0; i < 20; i++) {
        int64_t start = pace_now_ms();
        expect(&bystander, "PING", "PONG");
        cr_assert_lt(pace_now_ms() - start, PROMPT_MS, "somebody waited");
        int64_t growth = instance_rss_bytes(&server) - before;
        if (growth > most) most = growth;
        pace_sleep_ms(10);
    }
    return most;
}

static void expect_growth_below(int64_t before, int64_t bytes)
{
    int64_t growth = watch_growth(before);
    cr_assert_lt(growth, bytes + SLACK, "%lld MB", (long long)(growth / MEGABYTE));
}

static long long figure(const char *section, const char *name)
{
    char line[64], wanted[80];
    snprintf(line, sizeof line, "INFO %s", section);
    snprintf(wanted, sizeof wanted, "\n%s:", name);
    const char *found = strstr(client_ask(&bystander, line).data, wanted);
    cr_assert_not_null(found, "%s", name);
    return strtoll(found + strlen(wanted), NULL, 10);
}

static void expect_soon(const char *section, const char *name, long long wanted)
{
    for (int i = 0; i < 500; i++) {
        if (figure(section, name) == wanted) return;
        pace_sleep_ms(10);
    }
    cr_assert_eq(figure(section, name), wanted, "%s", name);
}

/* C2 */
Test(hostile_output, large_values_that_nobody_reads_are_not_held_again_and_again)
{
    open_with(NULL);
    expect(&bystander, "SETRANGE k 1048575 x", "(integer) 1048576");
    int64_t before = instance_rss_bytes(&server);
    struct client client = attacker();
    push_lines(&client, "GET k", 200);
    expect_growth_below(before, MEGABYTE);
    client_close(&client);
    close_server();
}

/* C2 */
Test(hostile_output, a_crowd_that_reads_nothing_costs_what_it_was_sent)
{
    enum { CROWD = 100 };
    static struct client clients[CROWD];
    open_with(OPTIONS("--maxmemory-clients", "64mb"));
    expect(&bystander, "CLIENT NO-EVICT ON", "OK");
    expect(&bystander, "SETRANGE k 1048575 x", "(integer) 1048576");
    int64_t before = instance_rss_bytes(&server);
    for (int i = 0; i < CROWD; i++) {
        clients[i] = attacker();
        cr_assert(client_send(&clients[i], SLICE("GET k\r\nGET k\r\nGET k\r\nGET k\r\nGET k\r\nGET k\r\n")));
    }
    expect_growth_below(before, 16 * MEGABYTE);
    for (int i = 0; i < 200 && figure("memory", "mem_clients_normal") > 64 * MEGABYTE; i++) pace_sleep_ms(10);
    cr_assert_leq(figure("memory", "mem_clients_normal"), 64 * MEGABYTE);
    for (int i = 0; i < CROWD; i++) client_close(&clients[i]);
    close_server();
}

/* C2 */
Test(hostile_output, limits_are_asked_before_a_large_value_is_queued)
{
    open_with(OPTIONS("--client-output-buffer-limit", "normal 3mb 0 0"));
    expect(&bystander, "SETRANGE k 4194303 x", "(integer) 4194304");
    struct client client = attacker();
    push_lines(&client, "GET k", 1);
    expect_closed(&client);
    client_close(&client);
    cr_assert_eq(figure("stats", "client_output_buffer_limit_disconnections"), 1);
    close_server();
}

/* 500 times a value of so many bytes, in one reply. */
static void expect_is_there_once(size_t len, int64_t growth)
{
    char set[64], header[32];
    snprintf(set, sizeof set, "SETRANGE k %zu x", len - 1);
    expect_start(&bystander, set, "(integer)");
    int64_t before = instance_rss_bytes(&server);
    struct client client = attacker();
    struct buffer line = { 0 };
    buffer_printf(&line, "MGET");
    for (int i = 0; i < 500; i++) buffer_printf(&line, " k");
    buffer_printf(&line, "\r\n");
    push(&client, buffer_slice(&line));
    expect_growth_below(before, growth);
    struct slice reply;
    cr_assert(client_read(&client, &reply));
    size_t header_len = (size_t)snprintf(header, sizeof header, "$%zu\r\n\r\n", len);
    cr_assert_eq(reply.len, strlen("*500\r\n") + 500 * (header_len + len));
    buffer_clear(&line);
    client_close(&client);
}

/* C3 */
Test(hostile_output, one_large_value_many_times_in_one_reply_is_there_once)
{
    open_with(NULL);
    expect_is_there_once(MEGABYTE, MEGABYTE);
    close_server();
}

/* C12: a buffer that grows by being copied costs more than the pieces. */
Test(hostile_output, what_can_be_pinned_is_not_copied_into_a_large_reply)
{
    open_with(NULL);
    expect_is_there_once(100000, 8 * MEGABYTE);
    close_server();
}

static void expect_ends(const char *line)
{
    int64_t before = instance_rss_bytes(&server);
    struct client client = attacker();
    push(&client, slice_of(line, strlen(line)));
    push(&client, SLICE("\r\n"));
    expect_closed(&client);
    client_close(&client);
    expect_growth_below(before, 40 * MEGABYTE);
}

/* C3: whatever a reply is made of */
Test(hostile_output, a_reply_is_not_built_past_the_limit)
{
    open_with(OPTIONS("--client-output-buffer-limit", "normal 8mb 0 0", "--enable-debug-command", "yes"));
    expect(&bystander, "SETRANGE k 99999 x", "(integer) 100000");
    expect(&bystander, "SETRANGE large 99999999 x", "(integer) 100000000");
    expect(&bystander, "DEBUG POPULATE 400000 a-name-of-some-length", "OK");
    struct buffer line = { 0 };
    buffer_printf(&line, "MGET");
    for (int i = 0; i < 5000; i++) buffer_printf(&line, " k");
    buffer_append(&line, "", 1);
    expect_ends(line.data);
    expect_ends("KEYS *");
    expect_ends("SCAN 0 COUNT 1000000000");
    expect_ends("GETRANGE large 5 99999990");
    expect_ends("GET large");
    expect(&bystander, "SETRANGE k 99998 xy", "(integer) 100000");
    cr_assert_eq(figure("stats", "client_output_buffer_limit_disconnections"), 5);
    buffer_clear(&line);
    close_server();
}

/* C3 */
Test(hostile_output, no_reply_about_commands_or_of_a_computation_is_built_past_the_limit)
{
    open_with(OPTIONS("--client-output-buffer-limit", "normal 1mb 0 0"));
    struct buffer line = { 0 };
    const char *commands[] = { "COMMAND DOCS", "COMMAND INFO" };
    for (int c = 0; c < 2; c++) {
        line.len = 0;
        buffer_printf(&line, "%s", commands[c]);
        for (int i = 0; i < 12000; i++) buffer_printf(&line, " set");
        buffer_append(&line, "", 1);
        expect_ends(line.data);
    }
    expect(&bystander, "CONFIG SET client-output-buffer-limit \"normal 40000 0 0\"", "OK");
    for (int second = 0; second < 2; second++) {
        line.len = 0;
        buffer_printf(&line, "SET %s ", second ? "b" : "a");
        for (int i = 0; i < 2000; i++) buffer_printf(&line, second ? "xz" : "xy");
        buffer_append(&line, "", 1);
        expect(&bystander, line.data, "OK");
    }
    expect_ends("LCS a b IDX WITHMATCHLEN");
    expect_start(&bystander, "LCS a b LEN", "(integer) 2000");
    cr_assert_eq(figure("stats", "client_output_buffer_limit_disconnections"), 3);
    buffer_clear(&line);
    close_server();
}

/* What its clients hold stands in MEMORY STATS as in INFO. */
Test(hostile_output, memory_stats_tells_what_clients_hold)
{
    open_with(NULL);
    struct client client = attacker();
    push(&client, SLICE("*1\r\n$3000000\r\n"));
    char *half = alloc_zeroed(2 * MEGABYTE);
    push(&client, slice_of(half, 2 * MEGABYTE));
    alloc_free(half);
    int64_t told = 0;
    for (int i = 0; i < 500 && told < MEGABYTE; i++) {
        pace_sleep_ms(10);
        struct slice reply = client_ask(&bystander, "MEMORY STATS");
        const char *name = memmem(reply.data, reply.len, "clients.normal\r\n:", 17);
        cr_assert_not_null(name);
        told = strtoll(name + 17, NULL, 10);
    }
    cr_assert_geq(told, MEGABYTE, "what the kernel still has is not held here");
    client_close(&client);
    close_server();
}

/* B12 */
Test(hostile_output, counts_as_in_redis)
{
    open_with(OPTIONS("--client-output-buffer-limit", "normal 100000 0 0", "--enable-debug-command", "yes"));
    expect(&bystander, "SETRANGE k 1499 x", "(integer) 1500");
    struct client client = attacker();
    push_lines(&client, "GET k", 100);
    expect_closed(&client);
    client_close(&client);
    client = attacker();
    push_lines(&client, "GET k", 60);
    struct slice reply;
    for (int i = 0; i < 60; i++) cr_assert(client_read(&client, &reply));
    client_close(&client);
    expect(&bystander, "FLUSHALL", "OK");
    expect(&bystander, "DEBUG POPULATE 7000 a-key", "OK");
    client = attacker();
    push_lines(&client, "KEYS *", 1);
    expect_closed(&client);
    client_close(&client);
    close_server();
}

/* What is pinned is on the account of who is sent it. */
Test(hostile_output, a_pinned_value_counts_for_its_reader)
{
    open_with(NULL);
    expect(&bystander, "SETRANGE k 8388607 x", "(integer) 8388608");
    struct client client = attacker();
    push_lines(&client, "GET k", 1);
    for (int i = 0; i < 200 && figure("memory", "mem_clients_normal") < MEGABYTE; i++) pace_sleep_ms(10);
    long long held = figure("memory", "mem_clients_normal");
    cr_assert_gt(held, MEGABYTE);
    expect(&bystander, "DEL k", "(integer) 1");
    struct slice reply;
    cr_assert(client_read(&client, &reply));
    cr_assert_eq(reply.len, strlen("$8388608\r\n\r\n") + 8388608);
    for (int i = 0; i < 200 && figure("memory", "mem_clients_normal") > 100000; i++) pace_sleep_ms(10);
    cr_assert_lt(figure("memory", "mem_clients_normal"), 100000);
    client_close(&client);
    close_server();
}

/* C8 */
Test(hostile_output, the_largest_clients_of_all_loops_go)
{
    enum { IDLE = 40, LARGE = 4 };
    static struct client idle[IDLE], large[LARGE];
    open_with(OPTIONS("--threads", "2", "--maxmemory-clients", "7mb"));
    for (int i = 0; i < IDLE; i++) idle[i] = attacker();
    struct buffer half = { 0 };
    buffer_printf(&half, "*2\r\n$4\r\nECHO\r\n$10000000\r\n%02900000d", 1);
    for (int i = 0; i < LARGE; i++) {
        large[i] = attacker();
        push(&large[i], buffer_slice(&half));
    }
    expect_soon("stats", "evicted_clients", 2);
    pace_sleep_ms(300);
    cr_assert_eq(figure("stats", "evicted_clients"), 2);
    for (int i = 0; i < IDLE; i++) expect(&idle[i], "PING", "PONG");
    for (int i = 0; i < IDLE; i++) client_close(&idle[i]);
    for (int i = 0; i < LARGE; i++) client_close(&large[i]);
    buffer_clear(&half);
    close_server();
}

/* Closed when the time of a soft limit is over, though nothing more is queued. */
Test(hostile_output, a_soft_limit_is_also_one_for_who_asks_for_nothing_more)
{
    open_with(OPTIONS("--client-output-buffer-limit", "normal 0 1mb 1"));
    expect(&bystander, "SETRANGE k 16777215 x", "(integer) 16777216");
    struct client client = attacker();
    push_lines(&client, "GET k", 1);
    expect_soon("stats", "client_output_buffer_limit_disconnections", 1);
    client_close(&client);
    close_server();
}

static void expect_part(struct client *asker, const char *line, const char *part)
{
    const char *reply = client_ask(asker, line).data;
    cr_assert_not_null(strstr(reply, part), "%s: no %s in %s", line, part, reply);
}

/* B16 */
Test(hostile_output, a_client_is_told_what_it_holds_while_its_command_runs)
{
    open_with(NULL);
    struct client client = attacker();
    expect_part(&client, "CLIENT INFO", " cmd=client|info ");
    expect_part(&client, "CLIENT INFO", " argv-mem=10 ");
    expect_part(&client, "CLIENT LIST", " argv-mem=10 ");
    expect_part(&client, "CLIENT INFO", " rbs=16384 ");
    expect(&bystander, "CLIENT PAUSE 60000 WRITE", "OK");
    cr_assert(client_send_line(&client, "SET paused 1"));
    expect_soon("clients", "blocked_clients", 1);
    expect_part(&bystander, "CLIENT LIST", " argv-mem=10 multi-mem=0 rbs=0 rbp=0 obl=0 oll=0 omem=0 ");
    expect_part(&bystander, "CLIENT LIST", " cmd=set ");
    expect(&bystander, "CLIENT UNPAUSE", "OK");
    expect_next(&client, "OK");
    expect_soon("clients", "blocked_clients", 0);
    client_close(&client);
    close_server();
}

static void wait_for_command(const char *shown)
{
    for (int i = 0; i < 2000; i++) {
        if (strstr(client_ask(&bystander, "CLIENT LIST").data, shown) != NULL) return;
        pace_sleep_ms(5);
    }
    cr_assert_fail("no%s", shown);
}

/* C11: with two threads, what is being sent stays what it was, whatever happens to its key. */
Test(hostile_output, a_value_on_its_way_stays_what_it_was)
{
    static const char *const changes[] = {
        "SETRANGE k 0 changed", "APPEND k more", "SET k other", "DEL k", "FLUSHALL",
        "RENAME k other",       "EXPIRE k -1",   "GETDEL k"
    };
    enum { LEN = 8388608 };
    open_with(OPTIONS("--threads", "2"));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct slice reply;
        struct client client = attacker(), other = attacker();
        expect(&bystander, "SETRANGE k 8388607 x", "(integer) 8388608");
        cr_assert(client_send_line(&client, "GET k"));
        cr_assert(client_send_line(&other, "GETRANGE k 0 -1"));
        wait_for_command(" cmd=get ");
        wait_for_command(" cmd=getrange ");
        client_ask(&bystander, changes[i]);
        for (int c = 0; c < 2; c++) {
            cr_assert(client_read(c == 0 ? &client : &other, &reply));
            cr_assert_eq(reply.len, strlen("$8388608\r\n\r\n") + LEN, "%s", changes[i]);
            const char *text = reply.data + strlen("$8388608\r\n");
            cr_assert_eq(text[LEN - 1], 'x');
            for (size_t at = 0; at + 1 < LEN; at++) cr_assert_eq(text[at], '\0', "%s: %zu", changes[i], at);
        }
        client_ask(&bystander, "FLUSHALL");
        client_close(&client);
        client_close(&other);
    }
    close_server();
}

/* A reply of EXEC that is put together when other loops have answered, and grows past the limit before that.
 */
Test(hostile_output, a_transaction_over_the_limit_closes_its_client_and_no_more, .timeout = 60)
{
    open_with(OPTIONS("--io-threads", "2", "--client-output-buffer-limit", "normal 1mb 0 0"));
    struct client client = attacker();
    expect(&client, "SETRANGE k 49999 x", "(integer) 50000");
    expect(&client, "MULTI", "OK");
    for (int i = 0; i < 200; i++) expect(&client, i % 50 == 49 ? "CLIENT LIST" : "GET k", "QUEUED");
    cr_assert(client_send_line(&client, "EXEC"));
    expect_closed(&client);
    expect(&bystander, "GET nothing", "(nil)");
    client_close(&client);
    close_server();
}
