/*
 * Through the near cache: names and numbers that mean something else here than upstream, and what no log may
 * show.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"

TestSuite(tier_names, .timeout = 60);

static struct tier_example t;

static void expect_unknown(const char *line)
{
    expect_start(&t.client, line, "(error) ERR unknown command");
}

/* A3: it would reach the upstream, which shuts down, is wiped, tells its password. */
Test(tier_names, a_command_that_was_taken_away_is_nobodys)
{
    tier_open(&t, OPTIONS("--rename-command", "SHUTDOWN", "", "--rename-command", "FLUSHALL", "",
                          "--rename-command", "CONFIG", "", "--rename-command", "EVAL", "",
                          "--rename-command", "GET", "", "--rename-command", "MULTI", ""));
    expect(&t.client, "SET k v", "OK");
    expect_unknown("SHUTDOWN NOSAVE");
    expect_unknown("flushall");
    expect_unknown("CONFIG GET requirepass");
    expect_unknown("EVAL \"return 1\" 0");
    expect_unknown("Get k");
    expect_unknown("MULTI");
    expect(&t.direct, "GET k", "\"v\"");
    expect(&t.client, "EVALSHA_RO x 0", "(error) NOSCRIPT No matching script. Please use EVAL.");
    tier_close(&t);
}

/* A3 */
Test(tier_names, a_command_of_another_name_does_what_it_did)
{
    tier_open(&t, OPTIONS("--rename-command", "KEYS", "SECRETKEYS", "--rename-command", "GET", "FETCH",
                          "--rename-command", "EVAL", "RUN", "--rename-command", "MULTI", "BEGIN",
                          "--rename-command", "BLPOP", "AWAIT", "--rename-command", "SUBSCRIBE", "LISTEN",
                          "--rename-command", "SYNC", "COPYALL", "--rename-command", "SET", "GET"));
    expect(&t.client, "GET k v", "OK");
    expect(&t.client, "FETCH k", "\"v\"");
    expect(&t.direct, "SET k w", "OK");
    tier_wait_reply(&t.client, "FETCH k", "\"w\"");
    expect(&t.client, "SECRETKEYS k*", "1) \"k\"");
    expect_unknown("KEYS *");
    expect(&t.client, "RUN \"return redis.call('get', KEYS[1])\" 1 k", "\"w\"");
    expect_unknown("EVAL \"return 1\" 0");
    expect(&t.client, "BEGIN", "OK");
    expect(&t.client, "FETCH k", "QUEUED");
    expect(&t.client, "EXEC", "1) \"w\"");
    expect(&t.client, "AWAIT l 0.01", "(nil)");
    expect_start(&t.client, "COPYALL", "(error) ERR ");
    expect(&t.client, "LISTEN a", "1) \"subscribe\"\n2) \"a\"\n3) (integer) 1");
    tier_close(&t);
}

static void open_at_database(const char *database)
{
    static char url[96];
    instance_start(&t.redis, INSTANCE_REDIS, NULL);
    snprintf(url, sizeof url, "redis://127.0.0.1:%d/%s", t.redis.port, database);
    instance_start(&t.server, INSTANCE_NUTHATCH, OPTIONS("--upstream", url));
    cr_assert(client_open_tcp(&t.direct, t.redis.port));
    cr_assert(client_open_tcp(&t.client, t.server.port));
    tier_wait_link(&t.client, "up");
    expect(&t.direct, "SELECT 3", "OK");
}

/* B7 */
Test(tier_names, database_0_is_the_one_in_the_address_wherever_it_is_named)
{
    open_at_database("3");
    expect(&t.client, "SET k 1", "OK");
    expect(&t.direct, "GET k", "\"1\"");
    expect(&t.client, "MOVE k 5", "(integer) 1");
    expect(&t.client, "SELECT 5", "OK");
    expect(&t.client, "MOVE k 0", "(integer) 1");
    expect(&t.direct, "GET k", "\"1\"");
    expect(&t.client, "SET j 2", "OK");
    expect(&t.client, "COPY j j DB 0 REPLACE", "(integer) 1");
    expect(&t.direct, "GET j", "\"2\"");
    expect(&t.client, "SELECT 0", "OK");
    expect(&t.client, "GET k", "\"1\"");
    expect(&t.client, "SWAPDB 0 5", "OK");
    expect(&t.client, "GET k", "(nil)");
    expect(&t.client, "GET j", "\"2\"");
    tier_close(&t);
}

/* B7 */
Test(tier_names, database_0_is_the_one_in_the_address_inside_a_transaction_too)
{
    open_at_database("3");
    expect(&t.client, "SELECT 5", "OK");
    expect(&t.client, "MULTI", "OK");
    expect(&t.client, "SELECT 0", "QUEUED");
    expect(&t.client, "SET k 1", "QUEUED");
    expect(&t.client, "EXEC", "1) OK\n2) OK");
    expect(&t.direct, "GET k", "\"1\"");
    expect(&t.client, "GET k", "\"1\"");
    expect(&t.client, "WATCH k", "OK");
    expect(&t.client, "GET k", "\"1\"");
    expect(&t.client, "UNWATCH", "OK");
    tier_close(&t);
}

static bool says(struct slice reply, const char *text)
{
    return memmem(reply.data, reply.len, text, strlen(text)) != NULL;
}

/* C10 */
Test(tier_names, passwords_are_told_to_no_monitor_and_stand_in_no_log)
{
    struct client monitor;
    struct slice reply;
    tier_open(&t, OPTIONS("--slowlog-log-slower-than", "0"));
    cr_assert(client_open_tcp(&monitor, t.server.port));
    expect(&monitor, "MONITOR", "OK");
    client_ask(&t.client, "ACL SETUSER bob >secret");
    client_ask(&t.client, "MIGRATE 127.0.0.1 1 k 0 10 AUTH secret");
    client_ask(&t.client, "MIGRATE 127.0.0.1 1 k 0 10 AUTH2 secret secret");
    client_ask(&t.client, "CONFIG SET requirepass secret");
    client_ask(&t.client, "CONFIG SET requirepass \"\"");
    client_ask(&t.client, "AUTH default secret");
    client_ask(&t.client, "HELLO 2 AUTH default secret");
    client_ask(&t.client, "PUBLISH end end");
    bool migrated = false;
    do {
        cr_assert(client_read(&monitor, &reply));
        cr_assert_not(says(reply, "secret"), "%.*s", (int)reply.len, reply.data);
        cr_assert_not(says(reply, "ACL"), "%.*s", (int)reply.len, reply.data);
        migrated |= says(reply, "\"MIGRATE\"") && says(reply, "\"AUTH\" \"(redacted)\"");
    } while (!says(reply, "PUBLISH"));
    cr_assert(migrated);
    reply = client_ask(&t.client, "SLOWLOG GET 100");
    cr_assert_not(says(reply, "secret"));
    cr_assert(says(reply, "SETUSER"));
    client_close(&monitor);
    tier_close(&t);
}
