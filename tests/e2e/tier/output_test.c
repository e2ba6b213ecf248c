/* Clients of a near cache that are owed much by the upstream and read nothing. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

#define MEGABYTE ((int64_t)1024 * 1024)
/* A sanitizer keeps what was freed, 256 MB at most; that of threads has as much again beside what was
 * touched, and then some, to tell who did. */
#if defined(__SANITIZE_THREAD__)
#define SLACK (800 * MEGABYTE)
#else
#define SLACK ((PACE_SANITIZED ? 300 : 12) * MEGABYTE)
#endif

TestSuite(tier_output, .timeout = 300);

static struct tier_example t;

static int64_t most_growth(int64_t before)
{
    int64_t most = 0;
    for (int i = 0; i < 30; i++) {
        expect(&t.client, "PING", "PONG");
        int64_t growth = instance_rss_bytes(&t.server) - before;
        if (growth > most) most = growth;
        pace_sleep_ms(20);
    }
    return most;
}

/* By this server's limit, or by the Redis's, whichever is met first. */
static void wait_for_disconnection(void)
{
    for (int i = 0; i < 2000; i++) {
        const char *clients = client_ask(&t.client, "INFO clients").data;
        if (strstr(clients, "connected_clients:1\r\n") != NULL) return;
        pace_sleep_ms(10);
    }
    cr_assert_fail("it is still connected");
}

/* A11 */
Test(tier_output, a_subscriber_that_never_reads_is_closed_at_its_limit)
{
    struct client subscriber;
    /* It is read no further than to some megabytes, so that it may be the limit over time that it meets. */
    tier_open(&t, OPTIONS("--client-output-buffer-limit", "pubsub 32mb 1mb 3"));
    struct buffer text = { 0 };
    buffer_printf(&text, "%01000000d", 1);
    cr_assert(client_open_tcp(&subscriber, t.server.port));
    cr_assert(client_send(&subscriber, SLICE("SUBSCRIBE news\r\n")));
    tier_wait_reply(&t.direct, "PUBSUB NUMSUB news", "1) \"news\"\n2) (integer) 1");
    int64_t before = instance_rss_bytes(&t.server);
    for (int i = 0; i < 200; i++) {
        struct slice argv[] = { SLICE("PUBLISH"), SLICE("news"), buffer_slice(&text) }, reply;
        cr_assert(client_send_argv(&t.direct, 3, argv));
        cr_assert(client_read(&t.direct, &reply));
        if (i % 20 == 0) pace_sleep_ms(20);
    }
    cr_assert_lt(most_growth(before), 64 * MEGABYTE + SLACK);
    wait_for_disconnection();
    client_close(&subscriber);
    buffer_clear(&text);
    tier_close(&t);
}

static void push(struct client *to, struct slice bytes)
{
    (void)client_push(to, bytes, 300 * PACE);
}

enum { KEYS = 4000, VALUE = 100000 };

static void set_values(void)
{
    struct slice reply;
    struct buffer sets = { 0 };
    for (int i = 0; i < KEYS; i++) buffer_printf(&sets, "SETRANGE k%d %d x\r\n", i, VALUE - 1);
    cr_assert(client_send(&t.direct, buffer_slice(&sets)));
    for (int i = 0; i < KEYS; i++) cr_assert(client_read(&t.direct, &reply));
    buffer_clear(&sets);
}

static void ask_for_all(const char *format, int64_t most)
{
    struct client client;
    struct buffer gets = { 0 };
    for (int i = 0; i < KEYS; i++) buffer_printf(&gets, format, i);
    cr_assert(client_open_tcp(&client, t.server.port));
    int64_t before = instance_rss_bytes(&t.server);
    push(&client, buffer_slice(&gets));
    int64_t growth = most_growth(before);
    cr_assert_lt(growth, most + SLACK, "%lld MB", (long long)(growth / MEGABYTE));
    for (int i = 0; i < KEYS; i++) {
        struct slice reply;
        cr_assert(client_read(&client, &reply), "reply %d: %s", i, client_trouble_name(client.trouble));
        cr_assert_geq(reply.len, VALUE);
    }
    client_close(&client);
    buffer_clear(&gets);
}

/* A11: what goes up for one client at once is bounded by what it may leave unread. */
Test(tier_output, misses_of_a_client_that_reads_nothing_wait)
{
    tier_open(&t, OPTIONS("--near-cache-max-value", "1000"));
    set_values();
    ask_for_all("GET k%d\r\n", 24 * MEGABYTE);
    ask_for_all("GETEX k%d\r\n", 24 * MEGABYTE);
    tier_close(&t);
}

/* Small replies may be many: nobody waits for their sake. */
Test(tier_output, a_deep_pipeline_of_small_replies_is_answered_in_order)
{
    enum { COMMANDS = 20000 };
    struct buffer lines = { 0 };
    tier_open(&t, OPTIONS("--threads", "2"));
    expect(&t.direct, "SET n 0", "OK");
    for (int i = 0; i < COMMANDS; i++) buffer_printf(&lines, "INCR n\r\n");
    cr_assert(client_send(&t.client, buffer_slice(&lines)));
    for (int i = 0; i < COMMANDS; i++) {
        struct slice reply;
        char wanted[32];
        snprintf(wanted, sizeof wanted, ":%d\r\n", i + 1);
        cr_assert(client_read(&t.client, &reply));
        cr_assert(slice_equal(reply, slice_of_cstr(wanted)), "%.*s", (int)reply.len, reply.data);
    }
    buffer_clear(&lines);
    tier_close(&t);
}

enum { BIG = 3000000, BIGS = 40 };

static void set_big(void)
{
    char text[64];
    snprintf(text, sizeof text, "SETRANGE big %d x", BIG - 1);
    expect(&t.direct, text, "(integer) 3000000");
}

static int64_t peak_of_server(void)
{
    char path[64], line[256];
    long long kilobytes = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)t.server.child.pid);
    FILE *status = fopen(path, "r");
    cr_assert_not_null(status);
    while (fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %lld", &kilobytes) == 1) break;
    fclose(status);
    return (int64_t)kilobytes * 1024;
}

/* A long reply goes on in the memory in which it came, whether it is moved on its way or not. */
Test(tier_output, a_long_array_is_held_about_once)
{
    struct buffer mget = { 0 };
    struct slice reply;
    tier_open(&t, NULL);
    set_big();
    buffer_printf(&mget, "MGET");
    for (int i = 0; i < BIGS; i++) buffer_printf(&mget, " big");
    buffer_printf(&mget, "\r\n");
    int64_t before = instance_rss_bytes(&t.server);
    cr_assert(client_send(&t.client, buffer_slice(&mget)));
    cr_assert(client_read(&t.client, &reply));
    cr_assert_gt(reply.len, (size_t)BIGS * BIG);
    int64_t grown = peak_of_server() - before;
    cr_assert_lt(grown, (int64_t)2 * BIGS * BIG + SLACK, "%lld MB", (long long)(grown / MEGABYTE));
    buffer_clear(&mget);
    tier_close(&t);
}

/* What the first replies are like is not known: few are asked for until it is. */
Test(tier_output, the_first_replies_of_a_client_that_reads_nothing_are_few)
{
    struct client clients[5];
    tier_open(&t, NULL);
    set_big();
    int64_t before = instance_rss_bytes(&t.server);
    for (int i = 0; i < 5; i++) {
        cr_assert(client_open_tcp(&clients[i], t.server.port));
        for (int j = 0; j < BIGS; j++) cr_assert(client_send(&clients[i], SLICE("GETEX big\r\n")));
    }
    int64_t growth = most_growth(before);
    cr_assert_lt(growth, (int64_t)5 * 6 * BIG + SLACK, "%lld MB", (long long)(growth / MEGABYTE));
    for (int i = 0; i < 5; i++) client_close(&clients[i]);
    tier_close(&t);
}

static void queue_megabytes(struct client *client, int count)
{
    struct buffer text = { 0 };
    struct slice reply;
    buffer_printf(&text, "%01000000d", 1);
    for (int i = 0; i < count; i++) {
        struct slice argv[] = { SLICE("SET"), SLICE("k"), buffer_slice(&text) };
        if (!client_send_argv(client, 3, argv) || !client_read(client, &reply)) break;
    }
    buffer_clear(&text);
}

/* The upstream holds them, and whoever queued them answers for it. */
Test(tier_output, queued_commands_are_on_the_account_until_the_transaction_ends)
{
    struct client watcher;
    tier_open(&t, OPTIONS("--client-query-buffer-limit", "2mb"));
    cr_assert(client_open_tcp(&watcher, t.server.port));
    expect(&t.client, "MULTI", "OK");
    queue_megabytes(&t.client, 3);
    cr_assert_not_null(strstr(client_ask(&watcher, "CLIENT LIST").data, "multi-mem=30"));
    expect(&t.client, "DISCARD", "OK");
    cr_assert_null(strstr(client_ask(&watcher, "CLIENT LIST").data, "multi-mem=3"));
    client_close(&watcher);
    tier_close(&t);
}

Test(tier_output, a_client_that_queues_more_than_clients_may_hold_is_evicted)
{
    struct client other;
    struct slice reply;
    tier_open(&t, OPTIONS("--maxmemory-clients", "10mb"));
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&t.client, "MULTI", "OK");
    queue_megabytes(&t.client, 30);
    cr_assert_not(client_send(&t.client, SLICE("PING\r\n")) && client_read(&t.client, &reply));
    expect(&other, "PING", "PONG");
    client_close(&other);
    tier_close(&t);
}
