/*
 * Through the near cache: transactions, and what of them is this server's to answer.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_transactions, .timeout = 60);

static struct tier_example t;

/* A1 */
Test(tier_transactions, a_database_is_chosen_when_the_upstream_has_said_so)
{
    tier_open(&t, NULL);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 20", "QUEUED");
    expect(&t.client, "SET a 1", "QUEUED");
    expect(&t.client, "SELECT 3", "QUEUED");
    expect(&t.client, "SELECT x", "QUEUED");
    expect(&t.client, "SET a 2", "QUEUED");
    expect(&t.client, "EXEC",
           "1) (error) ERR DB index is out of range\n2) OK\n3) OK\n"
           "4) (error) ERR value is not an integer or out of range\n5) OK");
    expect(&t.client, "GET a", "\"2\"");
    expect(&t.client, "SELECT 0", "OK");
    expect(&t.client, "GET a", "\"1\"");
    expect(&t.client, "SELECT 20", "(error) ERR DB index is out of range");
    tier_close(&t);
}

/* A1 */
Test(tier_transactions, what_was_not_executed_chooses_no_database)
{
    tier_open(&t, NULL);
    expect(&t.client, "SET a 0", "OK");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 3", "QUEUED");
    expect(&t.client, "DISCARD", "OK");
    expect(&t.client, "GET a", "\"0\"");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 3", "QUEUED");
    expect_start(&t.client, "NOSUCH", "(error) ERR unknown command");
    expect_start(&t.client, "EXEC", "(error) EXECABORT");
    expect(&t.client, "GET a", "\"0\"");
    expect(&t.client, "WATCH a", "OK");
    expect(&t.direct, "SET a 5", "OK");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 3", "QUEUED");
    expect(&t.client, "EXEC", "(nil)");
    expect(&t.client, "GET a", "\"5\"");
    expect(&t.client, "EVAL \"redis.call('select', 4) return 1\" 0", "(integer) 1");
    expect(&t.client, "GET a", "\"5\"");
    tier_close(&t);
}

/* A1: on one side only. */
Test(tier_transactions, a_database_that_only_the_upstream_has_is_an_error)
{
    tier_open(&t, OPTIONS("--databases", "4"));
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 9", "QUEUED");
    expect(&t.client, "EXEC", "1) (error) ERR DB index is out of range");
    expect(&t.client, "SELECT 3", "OK");
    expect(&t.client, "SET a 1", "OK");
    tier_close(&t);
}

/* A5 */
Test(tier_transactions, what_this_server_answers_stands_in_its_place)
{
    tier_open(&t, NULL);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "CLIENT SETNAME me", "QUEUED");
    expect(&t.client, "SET a 1", "QUEUED");
    expect(&t.client, "CLIENT GETNAME", "QUEUED");
    expect(&t.client, "INCR a", "QUEUED");
    expect(&t.client, "CONFIG GET near-cache-mode", "QUEUED");
    expect(&t.client, "MONITOR", "QUEUED");
    expect(&t.client, "AUTH nobody", "QUEUED");
    expect(&t.client, "CONFIG RESETSTAT", "QUEUED"); /* asks the other loops */
    expect(&t.client, "CLIENT KILL ID 99999", "QUEUED");
    expect(&t.client, "GET a", "QUEUED");
    expect(&t.direct, "EXISTS a", "(integer) 0");
    expect(&t.client, "EXEC",
           " 1) OK\n 2) OK\n 3) \"me\"\n 4) (integer) 2\n 5) 1) \"near-cache-mode\"\n    2) \"coherent\"\n"
           " 6) (error) ERR MONITOR isn't allowed for DENY BLOCKING client\n"
           " 7) (error) ERR AUTH <password> called without any password configured for the default user. Are "
           "you sure your configuration is correct?\n 8) OK\n 9) (integer) 0\n10) \"2\"");
    expect(&t.client, "GET a", "\"2\"");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "CLIENT SETNAME other", "QUEUED");
    expect(&t.client, "DISCARD", "OK");
    expect(&t.client, "CLIENT GETNAME", "\"me\"");
    tier_close(&t);
}

/* A5 */
Test(tier_transactions, what_is_refused_here_is_not_executed_there)
{
    static const char *const refused[] = { "SHUTDOWN",         "CLIENT NOSUCH", "CLIENT ID x",
                                           "SUBSCRIBE a",      "UNSUBSCRIBE",   "PSYNC ? -1",
                                           "CLIENT REPLY OFF", "SSUBSCRIBE a",  "HELLO 3 x 1 2 3 4" };
    tier_open(&t, NULL);
    for (size_t i = 0; i + 1 < sizeof(refused) / sizeof(*refused); i++) {
        expect(&t.client, "MULTI", "OK");
        expect(&t.client, "SET a 1", "QUEUED");
        expect_start(&t.client, refused[i], "(error) ERR");
        expect(&t.client, "SET a 2", "QUEUED");
        expect(&t.client, "EXEC", "(error) EXECABORT Transaction discarded because of previous errors.");
        expect(&t.client, "GET a", "(nil)");
    }
    tier_close(&t);
}

/* A4 */
Test(tier_transactions, nothing_of_a_refused_transaction_is_executed)
{
    struct client other;
    tier_open(&t, OPTIONS("--upstream-pool-size", "1"));
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&t.client, "MULTI", "OK");
    cr_assert(client_send(&other, SLICE("MULTI\r\nSET a 1\r\nLPUSH l 1\r\nCLIENT ID\r\nEXEC\r\nGET a\r\n")));
    expect_next(&other, "(error) ERR Too many connections to the upstream are in use (upstream-pool-size)");
    for (int i = 0; i < 3; i++)
        expect_next(&other, "(error) ERR Its transaction was refused: this command is not executed, nor is "
                            "any other before EXEC or DISCARD");
    expect_next(&other, "(error) EXECABORT Transaction discarded because of previous errors.");
    expect_next(&other, "(nil)");
    expect(&t.direct, "EXISTS a l", "(integer) 0");
    expect_start(&other, "MULTI", "(error) ERR Too many");
    expect(&other, "DISCARD", "OK");
    expect(&other, "SET a 1", "OK");
    expect_start(&other, "MULTI", "(error) ERR Too many");
    expect(&other, "RESET", "RESET");
    expect(&other, "GET a", "\"1\"");
    client_close(&other);
    tier_close(&t);
}

/* A4 */
Test(tier_transactions, what_could_not_be_watched_is_not_executed)
{
    struct client other;
    tier_open(&t, OPTIONS("--upstream-pool-size", "1"));
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&t.client, "MULTI", "OK");
    expect_start(&other, "WATCH a", "(error) ERR Too many");
    expect(&t.client, "EXEC", "(empty array)");
    expect_start(&other, "MULTI", "(error)");
    expect_start(&other, "SET a 1", "(error)");
    expect_start(&other, "EXEC", "(error) EXECABORT");
    expect(&t.direct, "EXISTS a", "(integer) 0");
    expect(&other, "MULTI", "OK");
    expect(&other, "EXEC", "(empty array)");
    expect(&t.client, "MULTI", "OK");
    expect_start(&other, "WATCH a", "(error) ERR Too many");
    expect(&t.client, "EXEC", "(empty array)");
    expect(&other, "UNWATCH", "OK");
    expect(&other, "MULTI", "OK");
    expect(&other, "EXEC", "(empty array)");
    client_close(&other);
    tier_close(&t);
}

/* A4 */
Test(tier_transactions, without_a_link_there_are_no_transactions)
{
    tier_open(&t, OPTIONS("--upstream-on-failure", "local"));
    instance_stop(&t.redis);
    tier_wait_reply(&t.client, "SET b 1", "OK");
    expect_start(&t.client, "MULTI", "(error) MASTERDOWN");
    expect_start(&t.client, "SET a 1", "(error) ERR Its transaction was refused");
    expect_start(&t.client, "EXEC", "(error) EXECABORT");
    expect(&t.client, "GET a", "(nil)");
    expect_start(&t.client, "WATCH a", "(error) MASTERDOWN");
    expect_start(&t.client, "MULTI", "(error)");
    expect_start(&t.client, "SET a 1", "(error)");
    expect(&t.client, "DISCARD", "OK");
    expect(&t.client, "SET a 1", "OK");
    instance_stop(&t.server);
    client_close(&t.client);
    client_close(&t.direct);
}

/* A4: by the upstream. */
Test(tier_transactions, a_multi_that_the_upstream_refuses_is_none)
{
    tier_open(&t, NULL);
    expect(&t.direct, "ACL SETUSER default -multi", "OK");
    cr_assert(client_send(&t.client, SLICE("MULTI\r\nSET a 1\r\nEXEC\r\nGET a\r\n")));
    struct slice reply;
    cr_assert(client_read(&t.client, &reply) && memmem(reply.data, reply.len, "NOPERM", 6) != NULL);
    cr_assert(client_read(&t.client, &reply) && reply.data[0] == '-');
    expect_next(&t.client, "(error) EXECABORT Transaction discarded because of previous errors.");
    expect_next(&t.client, "(nil)");
    tier_close(&t);
}

/* B5 */
Test(tier_transactions, a_reply_is_in_the_protocol_that_the_client_speaks_then)
{
    tier_open(&t, NULL);
    expect(&t.client, "HSET h f v", "(integer) 1");
    expect(&t.client, "WATCH k", "OK");
    expect_start(&t.client, "HELLO 3", "1# \"server\"");
    expect_raw(&t.client, SLICE("HGETALL h\r\n"), SLICE("%1\r\n$1\r\nf\r\n$1\r\nv\r\n"));
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "HGETALL h", "QUEUED");
    expect(&t.client, "HELLO 2 SETNAME me", "QUEUED");
    expect(&t.client, "HGETALL h", "QUEUED");
    cr_assert(client_send(&t.client, SLICE("EXEC\r\nHGETALL h\r\nCLIENT GETNAME\r\n")));
    struct slice reply;
    cr_assert(client_read(&t.client, &reply));
    struct slice first = SLICE("*3\r\n%1\r\n$1\r\nf\r\n$1\r\nv\r\n*14\r\n");
    struct slice last = SLICE("\r\n*2\r\n$1\r\nf\r\n$1\r\nv\r\n");
    cr_assert(memcmp(reply.data, first.data, first.len) == 0);
    cr_assert(memcmp(reply.data + reply.len - last.len, last.data, last.len) == 0);
    expect_next(&t.client, "1) \"f\"\n2) \"v\"");
    expect_next(&t.client, "\"me\"");
    tier_close(&t);
}

/* B5 */
Test(tier_transactions, a_subscriber_that_changes_its_protocol_gets_messages_in_it)
{
    tier_open(&t, NULL);
    expect_start(&t.client, "HELLO 3", "1# \"server\"");
    cr_assert(client_send(&t.client, SLICE("SUBSCRIBE x\r\nHELLO 2\r\n")));
    struct slice reply;
    cr_assert(client_read(&t.client, &reply) && reply.data[0] == '>');
    cr_assert(client_read(&t.client, &reply) && reply.data[0] == '*');
    expect(&t.direct, "PUBLISH x m", "(integer) 1");
    cr_assert(client_read(&t.client, &reply) && reply.data[0] == '*');
    expect_start(&t.client, "GET k", "(error) ERR Can't execute 'get'");
    expect(&t.client, "UNSUBSCRIBE", "1) \"unsubscribe\"\n2) \"x\"\n3) (integer) 0");
    expect(&t.client, "SET k v", "OK");
    tier_close(&t);
}

/* A4 */
Test(tier_transactions, a_client_whose_transaction_is_lost_is_closed)
{
    tier_open(&t, NULL);
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SET a 1", "QUEUED");
    expect_start(&t.direct, "CLIENT KILL TYPE normal SKIPME yes", "(integer)");
    expect_closed(&t.client);
    expect(&t.direct, "EXISTS a", "(integer) 0");
    tier_close(&t);
}

/* Inline, in one write: what comes behind a request that must be waited for is parsed more than once. */
Test(tier_transactions, quotes_are_understood_however_often_they_are_parsed)
{
    tier_open(&t, NULL);
    cr_assert(client_send(&t.client, SLICE("CLIENT PAUSE 100\r\n"
                                           "MULTI\r\n"
                                           "EVAL \"redis.call('select',4) return 1\" 0\r\n"
                                           "EXEC\r\n"
                                           "SET a \"x \\\"\\x41\\\" y\"\r\n"
                                           "ECHO 'it\\'s \\\" it'\r\n"
                                           "GET a\r\n")));
    const char *replies[] = {
        "OK", "OK", "QUEUED", "1) (integer) 1", "OK", "\"it's \\\\\\\" it\"", "\"x \\\"A\\\" y\""
    };
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) expect_next(&t.client, replies[i]);
    tier_close(&t);
}

/* Its reply, behind what MONITOR tells meanwhile. */
static void expect_as_monitor(const char *line, struct slice start)
{
    struct slice reply;
    cr_assert(client_send_line(&t.client, line));
    do cr_assert(client_read(&t.client, &reply), "%s: no reply", line);
    while (reply.len > 1 && reply.data[0] == '+' && reply.data[1] >= '0' && reply.data[1] <= '9');
    cr_expect(reply.len >= start.len && memcmp(reply.data, start.data, start.len) == 0, "%s: %.*s", line,
              (int)reply.len, reply.data);
}

Test(tier_transactions, who_watches_may_begin_one_and_touch_no_key_in_it)
{
    tier_open(&t, NULL);
    expect(&t.client, "MONITOR", "OK");
    expect_as_monitor("GET k", SLICE("-ERR Replica can't interact with the keyspace"));
    expect_as_monitor("RPUSH k a", SLICE("-ERR Replica can't interact with the keyspace"));
    expect_as_monitor("RPUSH k", SLICE("-ERR wrong number of arguments"));
    expect_as_monitor("MULTI", SLICE("+OK"));
    expect_as_monitor("PING", SLICE("+QUEUED"));
    expect_as_monitor("EXEC", SLICE("*1\r\n+PONG"));
    expect_as_monitor("MULTI", SLICE("+OK"));
    expect_as_monitor("GET k", SLICE("-ERR Replica can't interact with the keyspace"));
    expect_as_monitor("SET k v", SLICE("-ERR Replica can't interact with the keyspace"));
    expect_as_monitor("EXEC", SLICE("-EXECABORT"));
    expect_as_monitor("RPUSH k a", SLICE("-ERR Replica can't interact with the keyspace"));
    expect_as_monitor("RESET", SLICE("+RESET"));
    expect(&t.client, "EXISTS k", "(integer) 0");
    tier_close(&t);
}
