/*
 * What happens to keys, told to whoever has subscribed to it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(notifications, .timeout = 60);

#define KEY_SAID(key, event)   "1) \"pmessage\"\n2) \"*\"\n3) \"__keyspace@0__:" key "\"\n4) \"" event "\""
#define EVENT_SAID(key, event) "1) \"pmessage\"\n2) \"*\"\n3) \"__keyevent@0__:" event "\"\n4) \"" key "\""

static struct example example;
static struct client *c;
static struct client listener;

/* The listener hears all there is. */
static void open_with(const char *classes)
{
    char line[64];
    c = example_open(&example);
    cr_assert(client_open_tcp(&listener, example.server.port));
    snprintf(line, sizeof line, "CONFIG SET notify-keyspace-events \"%s\"", classes);
    expect(c, line, "OK");
    expect_start(&listener, "PSUBSCRIBE *", "1) \"psubscribe\"");
}

static void close_all(void)
{
    client_close(&listener);
    example_close(&example);
}

/* Nothing else was said. */
static void expect_silence(void)
{
    expect(&listener, "PING", "1) \"pong\"\n2) \"\"");
}

Test(notifications, a_change_is_told_under_the_key_and_then_under_the_event)
{
    open_with("KEA");
    expect(c, "SET k v", "OK");
    expect_next(&listener, KEY_SAID("k", "set"));
    expect_next(&listener, EVENT_SAID("k", "set"));
    expect(c, "DEL k nobody", "(integer) 1");
    expect_next(&listener, KEY_SAID("k", "del"));
    expect_next(&listener, EVENT_SAID("k", "del"));
    expect(c, "GET k", "(nil)");
    expect_silence();
    close_all();
}

Test(notifications, the_setting_says_where_and_of_what)
{
    open_with("Kl");
    expect(c, "SET k v", "OK");
    expect(c, "RPUSH l a", "(integer) 1");
    expect_next(&listener, KEY_SAID("l", "rpush"));
    expect_silence();
    expect(c, "CONFIG SET notify-keyspace-events E$", "OK");
    expect(c, "RPUSH l b", "(integer) 2");
    expect(c, "APPEND k w", "(integer) 2");
    expect_next(&listener, EVENT_SAID("k", "append"));
    expect_silence();
    expect(c, "CONFIG SET notify-keyspace-events A", "OK");
    expect(c, "SET k v", "OK");
    expect_silence();
    expect(c, "CONFIG SET notify-keyspace-events KE", "OK");
    expect(c, "SET k v", "OK");
    expect_silence();
    expect(c, "CONFIG SET notify-keyspace-events \"\"", "OK");
    expect(c, "SET k v", "OK");
    expect_silence();
    close_all();
}

Test(notifications, the_setting_is_shown_in_its_order)
{
    static const struct {
        const char *given, *shown;
    } cases[] = { { "KEA", "AKE" }, { "Kg$lshzxetd", "AK" }, { "EEE", "E" },  { "Kg", "gK" },
                  { "mKE", "KEm" }, { "tdK", "tdK" },        { "nKE", "nKE" } };
    c = example_open(&example);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char line[80], shown[80];
        snprintf(line, sizeof line, "CONFIG SET notify-keyspace-events %s", cases[i].given);
        snprintf(shown, sizeof shown, "1) \"notify-keyspace-events\"\n2) \"%s\"", cases[i].shown);
        expect(c, line, "OK");
        expect(c, "CONFIG GET notify-keyspace-events", shown);
    }
    expect_start(c, "CONFIG SET notify-keyspace-events q", "(error) ERR CONFIG SET failed");
    example_close(&example);
}

Test(notifications, an_expired_key_is_told_when_somebody_looks_and_when_nobody_does)
{
    open_with("Ex");
    expect(c, "SET k v PX 20", "OK");
    pace_sleep_ms(30);
    expect(c, "GET k", "(nil)");
    expect_next(&listener, EVENT_SAID("k", "expired"));
    expect(c, "SET k v PX 20", "OK");
    expect_next(&listener, EVENT_SAID("k", "expired"));
    expect_silence();
    close_all();
}

Test(notifications, misses_and_new_keys_are_told_if_asked_for)
{
    open_with("KEmn");
    expect(c, "GET nobody", "(nil)");
    expect_next(&listener, KEY_SAID("nobody", "keymiss"));
    expect_next(&listener, EVENT_SAID("nobody", "keymiss"));
    expect(c, "SET k v", "OK");
    expect_next(&listener, KEY_SAID("k", "new"));
    expect_next(&listener, EVENT_SAID("k", "new"));
    expect(c, "SET k w", "OK");
    expect_silence();
    close_all();
}

Test(notifications, an_evicted_key_is_told)
{
    open_with("Ee");
    expect(c, "CONFIG SET maxmemory-policy allkeys-random", "OK");
    expect(c, "CONFIG SET maxmemory 16mb", "OK");
    for (int i = 0; i < 3000; i++) {
        char line[64];
        snprintf(line, sizeof line, "SETRANGE k%d 9999 x", i);
        expect(c, line, "(integer) 10000");
    }
    struct slice told;
    cr_assert(client_read(&listener, &told));
    cr_assert_not_null(memmem(told.data, told.len, "__keyevent@0__:evicted\r\n", 24));
    close_all();
}

Test(notifications, each_database_has_its_own)
{
    open_with("KEA");
    expect(c, "SELECT 3", "OK");
    expect(c, "SADD s a", "(integer) 1");
    expect_next(&listener, "1) \"pmessage\"\n2) \"*\"\n3) \"__keyspace@3__:s\"\n4) \"sadd\"");
    expect_next(&listener, "1) \"pmessage\"\n2) \"*\"\n3) \"__keyevent@3__:sadd\"\n4) \"s\"");
    close_all();
}

Test(notifications, a_channel_of_that_name_is_as_good_as_a_pattern)
{
    struct client one;
    c = example_open(&example);
    expect(c, "CONFIG SET notify-keyspace-events KEA", "OK");
    cr_assert(client_open_tcp(&one, example.server.port));
    expect_start(&one, "SUBSCRIBE __keyspace@0__:k", "1)");
    expect(c, "HSET h f v", "(integer) 1");
    expect(c, "HSET k f v", "(integer) 1");
    expect_next(&one, "1) \"message\"\n2) \"__keyspace@0__:k\"\n3) \"hset\"");
    expect_start(&one, "SUBSCRIBE __keyevent@0__:del", "1)");
    expect(c, "DEL h", "(integer) 1");
    expect_next(&one, "1) \"message\"\n2) \"__keyevent@0__:del\"\n3) \"h\"");
    expect_start(&one, "UNSUBSCRIBE __keyspace@0__:k", "1)");
    expect(c, "DEL k", "(integer) 1");
    expect_next(&one, "1) \"message\"\n2) \"__keyevent@0__:del\"\n3) \"k\"");
    expect(&one, "PING", "1) \"pong\"\n2) \"\"");
    client_close(&one);
    example_close(&example);
}

Test(notifications, a_file_may_turn_them_on)
{
    struct instance server;
    struct client writer, reader;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--notify-keyspace-events", "Kz"));
    cr_assert(client_open_tcp(&writer, server.port));
    cr_assert(client_open_tcp(&reader, server.port));
    expect_start(&reader, "SUBSCRIBE __keyspace@0__:z", "1)");
    expect(&writer, "ZADD z 1 a", "(integer) 1");
    expect_next(&reader, "1) \"message\"\n2) \"__keyspace@0__:z\"\n3) \"zadd\"");
    client_close(&writer);
    client_close(&reader);
    instance_stop(&server);
}
