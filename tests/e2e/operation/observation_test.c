/*
 * SLOWLOG, LATENCY, MONITOR and DEBUG, as somebody at a prompt meets them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/client.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static struct instance server;
static struct client client, other;

static void open_all(void)
{
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--enable-debug-command", "yes"));
    cr_assert(client_open_tcp(&client, server.port));
    cr_assert(client_open_tcp(&other, server.port));
}

static void close_all(void)
{
    client_close(&client);
    client_close(&other);
    instance_stop(&server);
}

TestSuite(observation, .init = open_all, .fini = close_all, .timeout = 120);

static void expect_said(struct client *from, const char *line, const char *words)
{
    struct slice reply = client_ask(from, line);
    cr_assert_not_null(memmem(reply.data, reply.len, words, strlen(words)), "no \"%s\" in %.*s", words,
                       (int)reply.len, reply.data);
}

/* Replies of the second client until one begins with `start`. */
static void expect_told(const char *start)
{
    struct slice reply;
    do {
        cr_assert(client_read(&other, &reply), "%s: %s", start, client_trouble_name(other.trouble));
    } while (memmem(reply.data, reply.len, start, strlen(start)) == NULL);
}

Test(observation, a_slow_command_is_kept_with_its_arguments)
{
    expect(&client, "SLOWLOG LEN", "(integer) 0");
    expect(&client, "CONFIG SET slowlog-log-slower-than 0", "OK");
    expect(&client, "CLIENT SETNAME me", "OK");
    expect(&client, "CONFIG SET requirepass \"\" slowlog-log-slower-than -1", "OK");
    expect_start(&client, "SLOWLOG GET 1", "1) 1) (integer) 1\n");
    expect_said(&client, "SLOWLOG GET", "SETNAME\r\n$2\r\nme\r\n");
    expect_said(&client, "SLOWLOG GET", "127.0.0.1:");
    expect(&client, "SLOWLOG GET 0", "(empty array)");
    expect(&client, "SLOWLOG GET -2", "(error) ERR count should be greater than or equal to -1");
    expect(&client, "SLOWLOG GET 1 2",
           "(error) ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
    expect(&client, "SLOWLOG RESET", "OK");
    expect(&client, "SLOWLOG LEN", "(integer) 0");
}

Test(observation, a_sleep_counts_as_a_slow_command)
{
    expect(&client, "CONFIG SET latency-monitor-threshold 10", "OK");
    expect(&client, "DEBUG SLEEP 0.03", "OK");
    expect(&client, "SLOWLOG LEN", "(integer) 1");
    expect_said(&client, "LATENCY LATEST", "$7\r\ncommand\r\n");
    expect_said(&client, "LATENCY HISTORY command", ":30\r\n");
    expect_said(&client, "LATENCY GRAPH command", "command - high 30 ms, low 30 ms");
    expect_said(&client, "LATENCY DOCTOR", "1. command: 1 spikes");
    expect(&client, "LATENCY HISTORY nosuch", "(empty array)");
    expect(&client, "LATENCY GRAPH nosuch", "(error) ERR No samples available for event 'nosuch'");
    expect(&client, "LATENCY RESET nosuch COMMAND", "(integer) 1");
    expect(&client, "LATENCY LATEST", "(empty array)");
}

Test(observation, the_histogram_counts_every_call_once)
{
    for (int i = 0; i < 10; i++) expect(&client, "GET k", "(nil)");
    expect(&client, "LATENCY HISTOGRAM nosuch", "(empty array)");
    expect_said(&client, "LATENCY HISTOGRAM get set", "*2\r\n$3\r\nget\r\n*4\r\n$5\r\ncalls\r\n:10\r\n");
    expect_said(&client, "LATENCY HISTOGRAM", "$14\r\nhistogram_usec\r\n");
    expect_start(&client, "HELLO 3", "1# \"server\"");
    expect_said(&client, "LATENCY HISTOGRAM latency|histogram",
                "%1\r\n$17\r\nlatency|histogram\r\n%2\r\n$5\r\ncalls\r\n:3\r\n");
}

Test(observation, a_monitor_sees_what_every_loop_runs_and_no_secret)
{
    struct client more[4];
    expect(&other, "MONITOR", "OK");
    for (size_t i = 0; i < 4; i++) {
        cr_assert(client_open_tcp(&more[i], server.port));
        expect(&more[i], "SET k \"a\\x00\\n\\\"b\"", "OK");
        expect_told("\"SET\" \"k\" \"a\\x00\\n\\\"b\"");
        client_close(&more[i]);
    }
    expect_start(&client, "AUTH sesame", "(error)");
    expect(&client, "ECHO done", "\"done\"");
    struct slice reply;
    do {
        cr_assert(client_read(&other, &reply));
        cr_assert_null(memmem(reply.data, reply.len, "sesame", 6));
    } while (memmem(reply.data, reply.len, "done", 4) == NULL);
    expect(&other, "RESET", "RESET");
    expect(&client, "ECHO unheard", "\"unheard\"");
    expect(&other, "GET k2", "(nil)");
}

/* F1 */
Test(observation, short_answers_are_free_for_a_client_with_the_tightest_limit)
{
    expect(&client, "CONFIG SET client-output-buffer-limit \"normal 1 0 0\"", "OK");
    expect(&client, "CONFIG GET timeout", "1) \"timeout\"\n2) \"0\"");
    expect(&client, "CONFIG GET nosuch", "(empty array)");
    expect(&client, "COMMAND GETKEYS SET k v", "1) \"k\"");
    expect(&client, "LATENCY LATEST", "(empty array)");
    expect_said(&client, "MEMORY STATS", "peak.allocated");
    cr_assert(client_send_line(&client, "KEYS *"));
    struct slice reply;
    cr_assert_not(client_read(&client, &reply));
}

Test(observation, a_monitor_reads_no_keys)
{
    expect(&other, "MONITOR", "OK");
    expect(&other, "GET k", "(error) ERR Replica can't interact with the keyspace");
    expect(&other, "PING", "PONG");
}

Test(observation, a_monitor_is_told_of_unix_sockets_without_a_port)
{
    struct client local;
    cr_assert(client_open_unix(&local, server.socket_path));
    expect(&other, "MONITOR", "OK");
    expect(&local, "ECHO here", "\"here\"");
    char words[SCRATCH_PATH_MAX + 64];
    snprintf(words, sizeof words, " [0 unix:%s] \"ECHO\" \"here\"", server.socket_path);
    expect_told(words);
    client_close(&local);
}

Test(observation, debug_sleep_holds_up_only_who_asked)
{
    struct client more[4];
    for (size_t i = 0; i < 4; i++) cr_assert(client_open_tcp(&more[i], server.port));
    int64_t start_ms = pace_now_ms();
    cr_assert(client_send_line(&client, "DEBUG SLEEP 0.5"));
    cr_assert(client_send_line(&client, "PING"));
    for (size_t i = 0; i < 4; i++) expect(&more[i], "PING", "PONG");
    expect_said(&other, "INFO clients", "blocked_clients:1\r\n");
    cr_assert_lt(pace_now_ms() - start_ms, 400, "the others waited");
    expect_next(&client, "OK");
    cr_assert_geq(pace_now_ms() - start_ms, 495);
    expect_next(&client, "PONG");
    expect_said(&other, "INFO clients", "blocked_clients:0\r\n");
    for (size_t i = 0; i < 4; i++) client_close(&more[i]);
}

Test(observation, who_hangs_up_while_waiting_waits_no_more)
{
    cr_assert(client_send_line(&client, "WAIT 1 0"));
    cr_assert(client_send_line(&other, "DEBUG SLEEP 100"));
    struct client third;
    cr_assert(client_open_tcp(&third, server.port));
    int64_t deadline_ms = pace_now_ms() + 5000 * PACE;
    while (memmem(client_ask(&third, "INFO clients").data, 300, "blocked_clients:2", 17) == NULL)
        cr_assert_lt(pace_now_ms(), deadline_ms);
    client_close(&client);
    client_close(&other);
    while (memmem(client_ask(&third, "INFO clients").data, 300, "blocked_clients:0", 17) == NULL)
        cr_assert_lt(pace_now_ms(), deadline_ms);
    client_close(&third);
}

Test(observation, wait_takes_its_timeout_when_there_is_something_to_wait_for)
{
    int64_t start_ms = pace_now_ms();
    expect(&client, "WAIT 0 10000", "(integer) 0");
    cr_expect_lt(pace_now_ms() - start_ms, 5000);
    start_ms = pace_now_ms();
    expect(&client, "WAIT 1 100", "(integer) 0");
    cr_expect_geq(pace_now_ms() - start_ms, 95);
}

Test(observation, a_silenced_client_hears_nothing_of_what_it_waited_for)
{
    cr_assert(client_send_line(&client, "CLIENT REPLY SKIP"));
    cr_assert(client_send_line(&client, "DEBUG SLEEP 0.05"));
    expect(&client, "ECHO next", "\"next\"");
    cr_assert(client_send_line(&client, "CLIENT REPLY OFF"));
    cr_assert(client_send_line(&client, "CLIENT LIST"));
    cr_assert(client_send_line(&client, "WAIT 1 20"));
    expect(&client, "CLIENT REPLY ON", "OK");
}

Test(observation, debug_fills_the_database)
{
    expect(&client, "SET key:1 mine", "OK");
    expect(&client, "DEBUG POPULATE 1000", "OK");
    expect(&client, "DEBUG POPULATE 10 long 12", "OK");
    expect(&client, "DBSIZE", "(integer) 1010");
    expect(&client, "MGET key:0 key:1 key:999 long:9",
           "1) \"value:0\"\n2) \"mine\"\n3) \"value:999\"\n4) \"value:9\\x00\\x00\\x00\\x00\\x00\"");
    expect(&client, "DEBUG POPULATE many", "(error) ERR value is out of range, must be positive");
    expect(&client, "DEBUG POPULATE 1 k -1", "(error) ERR value is out of range, must be positive");
    expect(&client, "DEBUG POPULATE 1 k 9000000000000",
           "(error) ERR value is out of range, must be positive");
}

Test(observation, debug_shows_every_type_of_reply)
{
    expect(&client, "DEBUG PROTOCOL push", "(error) ERR RESP2 is not supported by this command");
    expect(&client, "DEBUG PROTOCOL map",
           "1) (integer) 0\n2) (integer) 0\n3) (integer) 1\n4) (integer) 1\n5) (integer) 2\n6) (integer) 0");
    expect_start(&client, "HELLO 3", "1# \"server\"");
    expect_raw(&client, SLICE("DEBUG PROTOCOL attrib\r\n"),
               SLICE("|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n"
                     "$39\r\nSome real reply following the attribute\r\n"));
    expect_raw(&client, SLICE("DEBUG PROTOCOL push\r\n"), SLICE(">2\r\n$16\r\nserver-cpu-usage\r\n:42\r\n"));
    expect_next(&client, "\"Some real reply following the push reply\"");
    expect_raw(&client, SLICE("DEBUG PROTOCOL double\r\n"), SLICE(",3.141\r\n"));
    expect_raw(&client, SLICE("DEBUG PROTOCOL verbatim\r\n"),
               SLICE("=29\r\ntxt:This is a verbatim\nstring\r\n"));
}

Test(observation, debug_knows_what_it_knows)
{
    expect(&client, "DEBUG JMAP",
           "(error) ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP.");
    expect(&client, "DEBUG ERROR \"WHY not\\r\\nso\"", "(error) WHY not  so");
    expect(&client, "SET k 12345", "OK");
    expect_said(&client, "DEBUG OBJECT k", " refcount:1 encoding:int serializedlength:3 lru:");
    expect(&client, "DEBUG OBJECT nobody", "(error) ERR no such key");
    expect(&client, "DEBUG CHANGE-REPL-ID", "OK");
}

Test(observation, debug_is_closed_unless_it_was_opened)
{
    struct instance careful;
    struct client stranger;
    instance_start(&careful, INSTANCE_NUTHATCH, NULL);
    cr_assert(client_open_tcp(&stranger, careful.port));
    expect_start(&stranger, "DEBUG SLEEP 0", "(error) ERR DEBUG command not allowed. If the");
    expect(&stranger, "CONFIG SET enable-debug-command yes",
           "(error) ERR CONFIG SET failed (possibly related to argument 'enable-debug-command') - can't set "
           "immutable config");
    client_close(&stranger);
    instance_stop(&careful);
}

Test(observation, the_average_of_deadlines_as_late_as_can_be_is_as_late)
{
    for (int i = 0; i < 40; i++) {
        char line[64];
        snprintf(line, sizeof line, "SET k%d v PXAT 9223372036854775807", i);
        expect(&client, line, "OK");
    }
    expect_said(&client, "INFO keyspace", "db0:keys=40,expires=40,avg_ttl=92233");
}

Test(observation, hashes_with_deadlines_of_fields_are_counted)
{
    expect(&client, "HSET h a 1 b 2", "(integer) 2");
    expect_said(&client, "INFO keyspace", "db0:keys=1,expires=0,avg_ttl=0,subexpiry=0");
    expect(&client, "HEXPIRE h 100 FIELDS 1 a", "1) (integer) 1");
    expect(&client, "COPY h g", "(integer) 1");
    expect_said(&client, "INFO keyspace", "db0:keys=2,expires=0,avg_ttl=0,subexpiry=2");
    expect(&client, "RENAME g h", "OK");
    expect_said(&client, "INFO keyspace", "db0:keys=1,expires=0,avg_ttl=0,subexpiry=1");
    expect(&client, "SET h text", "OK");
    expect_said(&client, "INFO keyspace", "db0:keys=1,expires=0,avg_ttl=0,subexpiry=0");
}
