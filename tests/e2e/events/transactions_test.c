/*
 * Transactions, as far as a few clients beside those of a Redis do not show it (tests/differential/crowd):
 * what is queued and how much may be, who leaves amid it, commands that ask all loops, and large numbers.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "proto/reply_reader.h"
#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

TestSuite(transactions, .timeout = 120);

static struct instance server;
static struct client client, other;

static void open_with(const char *const *options)
{
    instance_start(&server, INSTANCE_NUTHATCH, options);
    cr_assert(client_open_tcp(&client, server.port));
    cr_assert(client_open_tcp(&other, server.port));
}

static void close_server(void)
{
    client_close(&client);
    client_close(&other);
    instance_stop(&server);
}

static long number_behind(struct slice text, const char *field)
{
    const char *found = text.len > 0 ? memmem(text.data, text.len, field, strlen(field)) : NULL;
    cr_assert_not_null(found, "no %s", field);
    return strtol(found + strlen(field), NULL, 10);
}

static long id_of(struct client *of)
{
    return number_behind(client_ask(of, "CLIENT ID"), ":");
}

/* What CLIENT LIST says of a client. */
static long listed(long id, const char *field)
{
    char line[64];
    snprintf(line, sizeof line, "CLIENT LIST ID %ld", id);
    return number_behind(client_ask(&other, line), field);
}

static long info(const char *field)
{
    return number_behind(client_ask(&other, "INFO everything"), field);
}

static void wait_for_info(const char *field, long number)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    while (info(field) != number) {
        cr_assert_lt(pace_now_ms(), end_ms, "%s is not %ld", field, number);
        pace_sleep_ms(2);
    }
}

static void add_command(struct buffer *out, const char *name, const char *key, const char *value, size_t len)
{
    struct slice argv[3] = { slice_of_cstr(name), slice_of_cstr(key), slice_of(value, len) };
    client_format_argv(out, value != NULL ? 3 : 2, argv);
}

/* A text of so many bytes. */
static char *make_text(size_t len)
{
    char *text = malloc(len);
    cr_assert_not_null(text);
    memset(text, 'x', len);
    return text;
}

/* As many SETs as are asked for; true: all were queued. */
static bool queue_sets(struct client *of, size_t count, size_t bytes)
{
    char *text = make_text(bytes);
    struct buffer line = { 0 };
    struct slice reply;
    add_command(&line, "SET", "queued", text, bytes);
    bool good = true;
    for (size_t i = 0; i < count && good; i++)
        good = client_send(of, buffer_slice(&line)) && client_read(of, &reply) &&
               slice_equal(reply, SLICE("+QUEUED\r\n"));
    buffer_clear(&line);
    free(text);
    return good;
}

Test(transactions, what_is_queued_is_on_the_account_of_its_client)
{
    open_with(NULL);
    long id = id_of(&client);
    long before = listed(id, " tot-mem=");
    expect(&client, "MULTI", "OK");
    cr_expect_eq(listed(id, " multi="), 0);
    cr_assert(queue_sets(&client, 1000, 1000));
    cr_expect_eq(listed(id, " multi="), 1000);
    cr_expect_geq(listed(id, " multi-mem="), 1000 * 1000);
    cr_expect_leq(listed(id, " multi-mem="), 1000 * 1200);
    cr_expect_geq(listed(id, " tot-mem="), before + 1000 * 1000);
    expect(&client, "DISCARD", "OK");
    cr_expect_eq(listed(id, " multi="), -1);
    cr_expect_eq(listed(id, " multi-mem="), 0);
    cr_expect_leq(listed(id, " tot-mem="), before + 64 * 1024);
    close_server();
}

Test(transactions, who_queues_without_end_is_closed_by_the_limit_of_what_it_may_send)
{
    open_with(OPTIONS("--client-query-buffer-limit", "1mb"));
    expect(&client, "MULTI", "OK");
    cr_expect_not(queue_sets(&client, 2000, 1000));
    cr_expect(client.trouble == CLIENT_CLOSED, "%s", client_trouble_name(client.trouble));
    expect(&other, "EXISTS queued", "(integer) 0");
    wait_for_info("\r\nconnected_clients:", 1);
    close_server();
}

Test(transactions, who_queues_without_end_is_evicted_when_clients_hold_too_much)
{
    open_with(OPTIONS("--maxmemory-clients", "4mb"));
    expect(&client, "MULTI", "OK");
    cr_expect_not(queue_sets(&client, 8000, 1000));
    cr_expect_eq(info("\r\nevicted_clients:"), 1);
    expect(&other, "EXISTS queued", "(integer) 0");
    close_server();
}

Test(transactions, nothing_is_executed_of_a_client_that_leaves_before_exec)
{
    open_with(OPTIONS("--io-threads", "2"));
    for (int i = 0; i < 20; i++) {
        struct client leaver;
        cr_assert(client_open_tcp(&leaver, server.port));
        expect(&leaver, "WATCH w", "OK");
        expect(&leaver, "MULTI", "OK");
        expect(&leaver, "INCR n", "QUEUED");
        client_close(&leaver);
    }
    wait_for_info("\r\nconnected_clients:", 2);
    expect(&other, "EXISTS n", "(integer) 0");
    expect(&other, "SET w 1", "OK");
    close_server();
}

#define ASKS_ALL                                                                                             \
    "MULTI\r\nINCR n\r\nCLIENT LIST\r\nINFO\r\nCLIENT LIST\r\nINCR n\r\nCLIENT LIST\r\nEXEC\r\nINCR m\r\n"

/* It leaves while its EXEC waits for what the other loops say, sometimes. */
Test(transactions, a_client_may_leave_while_its_exec_waits_for_other_loops)
{
    open_with(OPTIONS("--io-threads", "4"));
    for (int i = 0; i < 100; i++) {
        struct client leaver;
        cr_assert(client_open_tcp(&leaver, server.port));
        cr_assert(client_send(&leaver, SLICE(ASKS_ALL)));
        if (i % 2 == 0) pace_sleep_ms(i % 5);
        client_close(&leaver);
    }
    wait_for_info("\r\nconnected_clients:", 2);
    long n = number_behind(client_ask(&other, "INCRBY n 0"), ":");
    cr_expect_eq(n % 2, 0, "half of a transaction was executed");
    close_server();
}

Test(transactions, a_client_may_be_killed_while_its_exec_waits_for_other_loops)
{
    open_with(OPTIONS("--io-threads", "4"));
    for (int i = 0; i < 100; i++) {
        struct client victim;
        char line[64];
        cr_assert(client_open_tcp(&victim, server.port));
        snprintf(line, sizeof line, "CLIENT KILL ID %ld", id_of(&victim));
        cr_assert(client_send(&victim, SLICE(ASKS_ALL)));
        struct slice reply = client_ask(&other, line);
        cr_expect(slice_equal(reply, SLICE(":1\r\n")));
        cr_expect(client_wait_closed(&victim));
        client_close(&victim);
    }
    wait_for_info("\r\nconnected_clients:", 2);
    long n = number_behind(client_ask(&other, "INCRBY n 0"), ":");
    cr_expect_eq(n % 2, 0, "half of a transaction was executed");
    close_server();
}

Test(transactions, who_kills_itself_in_a_transaction_is_gone_when_all_of_it_has_run)
{
    open_with(OPTIONS("--io-threads", "4"));
    char line[64];
    snprintf(line, sizeof line, "CLIENT KILL ID %ld SKIPME no", id_of(&client));
    expect(&client, "MULTI", "OK");
    expect(&client, "INCR n", "QUEUED");
    expect(&client, line, "QUEUED");
    expect(&client, "INCR n", "QUEUED");
    cr_assert(client_send_line(&client, "EXEC"));
    cr_expect(client_wait_closed(&client));
    expect(&other, "GET n", "\"2\"");
    close_server();
}

static struct slice next_element(struct slice *left)
{
    struct reply_reader reader = { 0 };
    size_t len;
    cr_assert_eq(reply_reader_skip(&reader, *left, &len), READER_READY);
    struct slice element = slice_of(left->data, len);
    *left = slice_of(left->data + len, left->len - len);
    return element;
}

static void expect_text(struct slice element, const char *text)
{
    cr_expect(memmem(element.data, element.len, text, strlen(text)) != NULL, "no %s in %.*s", text,
              (int)(element.len < 200 ? element.len : 200), element.data);
}

static void say_what_asks_all(struct client *to)
{
    static const char *const lines[] = {
        "SET k 1",
        "INFO clients",
        "CLIENT LIST",
        "INCR k",
        "CONFIG SET maxmemory-samples 7",
        "CONFIG GET maxmemory-samples",
        "DEBUG SLEEP 0.01",
        "DBSIZE",
        "CLIENT INFO",
        "INCR k",
    };
    expect(to, "MULTI", "OK");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) expect(to, lines[i], "QUEUED");
}

static void expect_what_asked_all(struct client *to)
{
    struct slice left;
    cr_assert(client_send_line(to, "EXEC"));
    cr_assert(client_read(to, &left));
    cr_assert(left.len > 5 && memcmp(left.data, "*10\r\n", 5) == 0);
    left = slice_of(left.data + 5, left.len - 5);
    cr_expect(slice_equal(next_element(&left), SLICE("+OK\r\n")));
    expect_text(next_element(&left), "connected_clients:");
    expect_text(next_element(&left), "cmd=exec");
    cr_expect(slice_equal(next_element(&left), SLICE(":2\r\n")));
    cr_expect(slice_equal(next_element(&left), SLICE("+OK\r\n")));
    expect_text(next_element(&left), "maxmemory-samples\r\n$1\r\n7");
    cr_expect(slice_equal(next_element(&left), SLICE("+OK\r\n")));
    cr_expect(slice_equal(next_element(&left), SLICE(":1\r\n")));
    expect_text(next_element(&left), "id=");
    cr_expect(slice_equal(next_element(&left), SLICE(":3\r\n")));
    cr_expect_eq(left.len, 0);
}

static void ask_all_of(const char *threads)
{
    open_with(OPTIONS("--io-threads", threads, "--enable-debug-command", "yes"));
    say_what_asks_all(&client);
    expect_what_asked_all(&client);
    /* And several at once, none of which waits for another for ever. */
    struct client clients[8];
    for (int i = 0; i < 8; i++) cr_assert(client_open_tcp(&clients[i], server.port));
    for (int round = 0; round < 20; round++)
        for (int i = 0; i < 8; i++) cr_assert(client_send(&clients[i], SLICE(ASKS_ALL)));
    for (int i = 0; i < 8; i++) {
        struct slice reply;
        for (int left = 20 * 9; left > 0; left--) cr_assert(client_read(&clients[i], &reply));
        client_close(&clients[i]);
    }
    expect(&other, "GET n", "\"320\"");
    expect(&other, "GET m", "\"160\"");
    close_server();
}

Test(transactions, what_asks_all_loops_answers_in_its_place_with_one_loop)
{
    ask_all_of("1");
}

Test(transactions, what_asks_all_loops_answers_in_its_place_with_four_loops)
{
    ask_all_of("4");
}

Test(transactions, nobody_waits_for_the_keys_of_a_transaction_that_sleeps)
{
    open_with(OPTIONS("--io-threads", "2", "--enable-debug-command", "yes"));
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis stands still in DEBUG SLEEP");
    expect(&client, "MULTI", "OK");
    expect(&client, "SET k 1", "QUEUED");
    expect(&client, "DEBUG SLEEP 0.3", "QUEUED");
    expect(&client, "INCR k", "QUEUED");
    int64_t begun_ms = pace_now_ms();
    cr_assert(client_send_line(&client, "EXEC"));
    while (!slice_equal(client_ask(&other, "GET k"), SLICE("$1\r\n2\r\n"))) continue;
    cr_expect_lt(pace_now_ms() - begun_ms, 250 * PACE);
    expect_next(&client, "1) OK\n2) OK\n3) (integer) 2");
    cr_expect_geq(pace_now_ms() - begun_ms, 290);
    close_server();
}

#define LARGE (100u << 10)

static void expect_bulk(struct slice element, const char *text, size_t len)
{
    char head[32];
    size_t head_len = (size_t)snprintf(head, sizeof head, "$%zu\r\n", len);
    cr_assert_eq(element.len, head_len + len + 2);
    cr_expect(memcmp(element.data, head, head_len) == 0 && memcmp(element.data + head_len, text, len) == 0);
}

Test(transactions, large_values_are_queued_and_replied)
{
    char *texts[8];
    struct buffer lines = { 0 };
    struct slice reply, left;
    open_with(OPTIONS("--io-threads", "2"));
    for (int i = 0; i < 8; i++) {
        texts[i] = make_text(LARGE + (size_t)i);
        memset(texts[i], 'a' + i, LARGE);
    }
    client_format_argv(&lines, 1, &SLICE("MULTI"));
    /* The same key throughout: what was read is what was there at that moment. */
    for (int i = 0; i < 8; i++) {
        add_command(&lines, "SET", "large", texts[i], LARGE + (size_t)i);
        add_command(&lines, "GET", "large", NULL, 0);
    }
    client_format_argv(&lines, 1, &SLICE("EXEC"));
    cr_assert(client_send(&client, buffer_slice(&lines)));
    for (int i = 0; i < 17; i++) cr_assert(client_read(&client, &reply));
    cr_assert(client_read(&client, &left));
    left = slice_of(left.data + 5, left.len - 5);
    for (int i = 0; i < 8; i++) {
        cr_expect(slice_equal(next_element(&left), SLICE("+OK\r\n")));
        expect_bulk(next_element(&left), texts[i], LARGE + (size_t)i);
    }
    expect(&other, "STRLEN large", "(integer) 102407");
    for (int i = 0; i < 8; i++) free(texts[i]);
    buffer_clear(&lines);
    close_server();
}

Test(transactions, large_values_stand_between_answers_of_other_loops)
{
    char *text = make_text(LARGE * 3);
    struct buffer line = { 0 };
    struct slice left;
    open_with(OPTIONS("--io-threads", "4"));
    add_command(&line, "SET", "large", text, LARGE * 3);
    cr_assert(client_send(&client, buffer_slice(&line)));
    expect_next(&client, "OK");
    expect(&client, "MULTI", "OK");
    expect(&client, "GET large", "QUEUED");
    expect(&client, "CLIENT LIST", "QUEUED");
    expect(&client, "GET large", "QUEUED");
    expect(&client, "DEL large", "QUEUED");
    expect(&client, "CLIENT LIST", "QUEUED");
    cr_assert(client_send_line(&client, "EXEC"));
    cr_assert(client_read(&client, &left), "%s", client_trouble_name(client.trouble));
    left = slice_of(left.data + 4, left.len - 4);
    expect_bulk(next_element(&left), text, LARGE * 3);
    expect_text(next_element(&left), "cmd=exec");
    expect_bulk(next_element(&left), text, LARGE * 3);
    cr_expect(slice_equal(next_element(&left), SLICE(":1\r\n")));
    expect_text(next_element(&left), "cmd=exec");
    expect(&client, "PING", "PONG");
    free(text);
    buffer_clear(&line);
    close_server();
}

#define MANY 100000

Test(transactions, a_transaction_may_have_a_hundred_thousand_commands)
{
    struct buffer lines = { 0 };
    struct slice reply;
    open_with(OPTIONS("--io-threads", "2"));
    client.timeout_ms *= 6;
    client_format_argv(&lines, 1, &SLICE("MULTI"));
    for (int i = 0; i < MANY; i++) {
        char key[32];
        snprintf(key, sizeof key, "key:%d", i % 1000);
        add_command(&lines, "INCR", key, NULL, 0);
    }
    client_format_argv(&lines, 1, &SLICE("EXEC"));
    cr_assert(client_send(&client, buffer_slice(&lines)));
    for (int i = 0; i < MANY + 1; i++) cr_assert(client_read(&client, &reply));
    cr_assert(client_read(&client, &reply));
    cr_assert(reply.len > 9 && memcmp(reply.data, "*100000\r\n", 9) == 0);
    cr_expect(memcmp(reply.data + reply.len - 6, ":100\r\n", 6) == 0);
    expect(&other, "GET key:0", "\"100\"");
    expect(&other, "GET key:999", "\"100\"");
    buffer_clear(&lines);
    close_server();
}

/* Without the time, database and address, which stand before. */
static void expect_seen(const char *words)
{
    struct slice line;
    char end[128];
    int len = snprintf(end, sizeof end, "] %s\r\n", words);
    cr_assert(client_read(&other, &line));
    bool fits = line.len > (size_t)len && memcmp(line.data + line.len - len, end, (size_t)len) == 0;
    cr_expect(fits, "%.*s is not %s", (int)line.len, line.data, words);
}

static void watch_transactions_of(const char *threads)
{
    open_with(OPTIONS("--io-threads", threads));
    expect(&other, "MONITOR", "OK");
    expect(&client, "MULTI", "OK");
    expect(&client, "SET a 1", "QUEUED");
    expect(&client, "INFO clients", "QUEUED");
    expect(&client, "LPOP a", "QUEUED");
    expect(&client, "SELECT 3", "QUEUED");
    expect(&client, "GET a", "QUEUED");
    expect_start(&client, "EXEC", "1) OK\n");
    expect(&client, "PING", "PONG");
    expect_seen("\"MULTI\"");
    expect_seen("\"SET\" \"a\" \"1\"");
    expect_seen("\"INFO\" \"clients\"");
    expect_seen("\"LPOP\" \"a\"");
    expect_seen("\"SELECT\" \"3\"");
    expect_seen("\"GET\" \"a\"");
    expect_seen("\"EXEC\"");
    expect_seen("\"PING\"");
    close_server();
}

Test(transactions, monitors_see_what_is_executed_in_its_order_with_one_loop)
{
    watch_transactions_of("1");
}

Test(transactions, monitors_see_what_is_executed_in_its_order_with_several_loops)
{
    watch_transactions_of("3");
}

Test(transactions, the_slow_log_has_each_command_and_not_exec)
{
    open_with(OPTIONS("--io-threads", "2"));
    expect(&client, "CONFIG SET slowlog-log-slower-than 0", "OK");
    expect(&client, "SLOWLOG RESET", "OK");
    expect(&client, "MULTI", "OK");
    expect(&client, "SET a 1", "QUEUED");
    expect(&client, "CLIENT LIST", "QUEUED");
    expect(&client, "INCR a", "QUEUED");
    expect_start(&client, "EXEC", "1) OK\n");
    expect(&client, "CONFIG SET slowlog-log-slower-than -1", "OK");
    struct slice log = client_ask(&client, "SLOWLOG GET -1");
    static const char *const latest_first[] = { "INCR", "CLIENT", "SET\r\n$1", "MULTI" };
    const char *at = log.data;
    for (size_t i = 0; i < sizeof latest_first / sizeof *latest_first; i++) {
        at = memmem(at, (size_t)(log.data + log.len - at), latest_first[i], strlen(latest_first[i]));
        cr_assert_not_null(at, "%s is not in its place", latest_first[i]);
    }
    cr_expect_null(memmem(log.data, log.len, "EXEC", 4));
    close_server();
}

Test(transactions, reset_and_quit_end_a_transaction)
{
    open_with(NULL);
    expect(&client, "SET w 0", "OK");
    expect(&client, "WATCH w", "OK");
    expect(&client, "MULTI", "OK");
    expect(&client, "SET a 1", "QUEUED");
    expect(&client, "RESET", "RESET");
    expect(&client, "EXEC", "(error) ERR EXEC without MULTI");
    expect(&client, "EXISTS a", "(integer) 0");
    expect(&other, "SET w 1", "OK");
    expect(&client, "MULTI", "OK");
    expect(&client, "SET a 1", "QUEUED");
    expect(&client, "EXEC", "1) OK");

    expect(&client, "MULTI", "OK");
    expect(&client, "SET a 2", "QUEUED");
    expect(&client, "QUIT", "OK");
    expect_closed(&client);
    expect(&other, "GET a", "\"1\"");
    close_server();
}

#define WATCHED 10000

static void watch_many(void)
{
    struct buffer lines = { 0 };
    struct slice argv[101] = { SLICE("WATCH") };
    char keys[100][16];
    for (int i = 0; i < WATCHED; i += 100) {
        for (int j = 0; j < 100; j++)
            argv[j + 1] = slice_of(keys[j], (size_t)snprintf(keys[j], sizeof keys[j], "w:%d", i + j));
        client_format_argv(&lines, 101, argv);
    }
    cr_assert(client_send(&client, buffer_slice(&lines)));
    for (int i = 0; i < WATCHED; i += 100) expect_next(&client, "OK");
    buffer_clear(&lines);
}

static void exec_ping(const char *reply)
{
    expect(&client, "MULTI", "OK");
    expect(&client, "PING", "QUEUED");
    expect(&client, "EXEC", reply);
}

Test(transactions, ten_thousand_keys_may_be_watched)
{
    open_with(OPTIONS("--io-threads", "2"));
    long id = id_of(&client), before = listed(id, " tot-mem=");
    watch_many();
    cr_expect_geq(listed(id, " tot-mem="), before + WATCHED * 5);
    exec_ping("1) PONG");
    cr_expect_leq(listed(id, " tot-mem="), before + 64 * 1024);
    watch_many();
    expect(&other, "SET w:9999 1", "OK");
    exec_ping("(nil)");
    exec_ping("1) PONG");
    watch_many();
    expect(&other, "DEL w:9998", "(integer) 0");
    expect(&other, "DEL w:9999", "(integer) 1");
    exec_ping("(nil)");
    watch_many();
    expect(&client, "UNWATCH", "OK");
    expect(&other, "SET w:0 1", "OK");
    exec_ping("1) PONG");
    close_server();
}

Test(transactions, a_watched_key_that_is_evicted_has_changed)
{
    char *text = make_text(10000);
    struct buffer line = { 0 };
    struct slice reply;
    open_with(OPTIONS("--io-threads", "2", "--maxmemory-policy", "allkeys-random"));
    expect(&client, "SET w 1", "OK");
    expect(&client, "WATCH w", "OK");
    expect(&other, "CONFIG SET maxmemory 6mb", "OK");
    for (int i = 0; i < 20000 && !slice_equal(client_ask(&other, "EXISTS w"), SLICE(":0\r\n")); i++) {
        char key[32];
        snprintf(key, sizeof key, "filler:%d", i);
        line.len = 0;
        add_command(&line, "SET", key, text, 10000);
        cr_assert(client_send(&other, buffer_slice(&line)) && client_read(&other, &reply));
    }
    expect(&other, "EXISTS w", "(integer) 0");
    expect(&other, "CONFIG SET maxmemory 0", "OK");
    exec_ping("(nil)");
    free(text);
    buffer_clear(&line);
    close_server();
}

Test(transactions, statistics_count_what_was_executed_and_what_failed)
{
    open_with(OPTIONS("--io-threads", "2"));
    expect(&client, "CONFIG RESETSTAT", "OK");
    for (int i = 0; i < 3; i++) {
        expect(&client, "MULTI", "OK");
        expect(&client, "SET a text", "QUEUED");
        expect(&client, "INCR a", "QUEUED");
        expect(&client, "CLIENT LIST", "QUEUED");
        expect_start(&client, "EXEC", "1) OK\n2) (error) ERR value is not an integer or out of range\n");
    }
    expect(&client, "MULTI", "OK");
    expect_start(&client, "SET a", "(error) ERR wrong number of arguments");
    expect_start(&client, "EXEC", "(error) EXECABORT");
    struct slice text = client_ask(&other, "INFO commandstats");
    cr_expect_eq(number_behind(text, "cmdstat_multi:calls="), 4);
    cr_expect_eq(number_behind(text, "cmdstat_exec:calls="), 4);
    cr_expect_eq(number_behind(text, "cmdstat_set:calls="), 3);
    cr_expect_eq(number_behind(text, "cmdstat_incr:calls="), 3);
    cr_expect_eq(number_behind(text, "cmdstat_client|list:calls="), 3);
    expect_text(text, "rejected_calls=1,failed_calls=0");
    expect_text(text, "rejected_calls=0,failed_calls=3");
    text = client_ask(&other, "INFO errorstats");
    cr_expect_eq(number_behind(text, "errorstat_EXECABORT:count="), 1);
    cr_expect_eq(number_behind(text, "errorstat_ERR:count="), 4);
    close_server();
}
