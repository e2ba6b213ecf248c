/*
 * Through the near cache: what subscribers say, and in which order they are answered.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"

TestSuite(tier_subscribers, .timeout = 120);

static struct tier_example t;

#define SUBSCRIBED   "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
#define UNSUBSCRIBED "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n"

/* All that comes, and in this order. */
static void expect_all(struct slice words, struct slice replies)
{
    struct buffer came = { 0 };
    struct slice reply;
    cr_assert(client_send(&t.client, words));
    while (came.len < replies.len && client_read(&t.client, &reply))
        buffer_append(&came, reply.data, reply.len);
    cr_expect(slice_equal(buffer_slice(&came), replies), "to %.*s\ncame %.*s", (int)words.len, words.data,
              (int)came.len, came.data);
    buffer_clear(&came);
}

static const char *const commands[] = { "SUBSCRIBE a", "UNSUBSCRIBE a", "UNSUBSCRIBE", "PSUBSCRIBE p",
                                        "PING",        "SET k v",       "RESET",       "MULTI",
                                        "EXEC",        "HELLO 3" };
#define COMMANDS (sizeof(commands) / sizeof(*commands))

/* How each ends, so that the next finds a client that has just come. */
#define LAST "ECHO over\r\n"

static bool is_one_of(const char *command, const char *what)
{
    return strstr(command, what) != NULL;
}

/* Subscriptions cannot be queued through a near cache. */
static bool is_comparable(const size_t *sequence, size_t len)
{
    bool queueing = false;
    for (size_t i = 0; i < len; i++) {
        const char *command = commands[sequence[i]];
        if (queueing && is_one_of(command, "SUBSCRIBE")) return false;
        if (is_one_of(command, "MULTI")) queueing = true;
        if (is_one_of(command, "RESET") || is_one_of(command, "EXEC")) queueing = false;
    }
    return true;
}

/* What the replies to HELLO say of the server differs. */
static void add_reply(struct buffer *replies, struct slice reply)
{
    if (memmem(reply.data, reply.len, "modules", 7) != NULL) reply = SLICE("HELLO\r\n");
    buffer_append(replies, reply.data, reply.len);
}

/* All replies up to that to LAST. */
static void read_all(struct client *client, struct buffer *replies)
{
    struct slice reply;
    do {
        if (!client_read(client, &reply)) {
            buffer_printf(replies, "(%s)", client_trouble_name(client->trouble));
            return;
        }
        add_reply(replies, reply);
    } while (memmem(reply.data, reply.len, "\r\nover\r\n", 8) == NULL);
}

static void converse(struct client *client, struct slice words, struct buffer *replies)
{
    replies->len = 0;
    cr_assert(client_send(client, words));
    read_all(client, replies);
}

/* Each command behind the first reply to that before, of which each has one at least. */
static void converse_slowly(struct client *client, const size_t *sequence, size_t len, struct buffer *replies)
{
    struct slice reply;
    replies->len = 0;
    for (size_t i = 0; i < len; i++) {
        cr_assert(client_send_line(client, commands[sequence[i]]));
        cr_assert(client_read(client, &reply), "%s: %s", commands[sequence[i]],
                  client_trouble_name(client->trouble));
        add_reply(replies, reply);
    }
    cr_assert(client_send(client, SLICE("RESET\r\n" LAST)));
    read_all(client, replies);
}

static void expect_same(struct slice words, const struct buffer *expected, const struct buffer *actual)
{
    cr_assert(slice_equal(buffer_slice(expected), buffer_slice(actual)),
              "%.*s\n--- Redis:\n%.*s\n--- ours:\n%.*s", (int)words.len, words.data, (int)expected->len,
              expected->data, (int)actual->len, actual->data);
}

static void compare(const size_t *sequence, size_t len, bool slowly)
{
    static struct buffer words, expected, actual;
    words.len = 0;
    for (size_t i = 0; i < len; i++) buffer_printf(&words, "%s\r\n", commands[sequence[i]]);
    buffer_printf(&words, "RESET\r\n" LAST);
    converse(&t.direct, buffer_slice(&words), &expected);
    converse(&t.client, buffer_slice(&words), &actual);
    expect_same(buffer_slice(&words), &expected, &actual);
    if (!slowly) return;
    converse_slowly(&t.client, sequence, len, &actual);
    expect_same(buffer_slice(&words), &expected, &actual);
}

static void compare_all(size_t len, bool slowly)
{
    size_t sequence[4] = { 0 };
    for (;;) {
        if (is_comparable(sequence, len)) compare(sequence, len, slowly);
        size_t at = 0;
        while (at < len && ++sequence[at] == COMMANDS) sequence[at++] = 0;
        if (at == len) return;
    }
}

Test(tier_subscribers, are_answered_as_by_redis_whatever_they_say_in_whatever_order)
{
    tier_open(&t, NULL);
    compare_all(1, true);
    compare_all(2, true);
    compare_all(3, false);
    tier_close(&t);
}

Test(tier_subscribers, nothing_behind_what_may_end_the_last_subscription_reaches_the_upstream_raw)
{
    tier_open(&t, NULL);
    expect_all(SLICE("UNSUBSCRIBE a\r\nPING\r\n"), SLICE(UNSUBSCRIBED "+PONG\r\n"));
    expect_all(SLICE("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nCONFIG SET maxmemory 123mb\r\nSET k v\r\n"),
               SLICE(SUBSCRIBED UNSUBSCRIBED "+OK\r\n+OK\r\n"));
    expect(&t.direct, "CONFIG GET maxmemory", "1) \"maxmemory\"\n2) \"0\"");
    expect(&t.direct, "GET k", "\"v\"");
    expect_all(SLICE("SUNSUBSCRIBE a\r\nCLIENT KILL TYPE normal SKIPME yes\r\nPING\r\n"),
               SLICE("*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n:0\r\n+PONG\r\n"));
    expect(&t.direct, "PING", "PONG");
    tier_close(&t);
}

static void expect_refused(const char *command, const char *name)
{
    char text[200];
    snprintf(
        text, sizeof(text),
        "(error) ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
        "allowed in this context",
        name);
    expect(&t.client, command, text);
}

Test(tier_subscribers, what_a_subscriber_of_resp2_may_not_say_is_refused_in_the_words_of_redis)
{
    tier_open(&t, NULL);
    expect_start(&t.client, "SSUBSCRIBE a", "1) \"ssubscribe\"");
    expect_refused("CONFIG SET maxmemory 123mb", "config|set");
    expect_refused("RPUSH l a", "rpush");
    expect_refused("XGROUP CREATE s g 0", "xgroup|create");
    expect_refused("HELLO 3", "hello");
    expect(&t.client, "RPUSH l", "(error) ERR wrong number of arguments for 'rpush' command");
    expect(&t.client, "PING a b", "(error) ERR wrong number of arguments for 'ping' command");
    expect(&t.client, "NOSUCH", "(error) ERR unknown command 'NOSUCH', with args beginning with: ");
    expect(&t.client, "PING", "1) \"pong\"\n2) \"\"");
    expect(&t.direct, "EXISTS l s", "(integer) 0");
    tier_close(&t);
}

Test(tier_subscribers, a_subscription_that_the_upstream_refuses_holds_up_nothing)
{
    const char *options[] = { "--upstream", NULL, NULL };
    char url[80];
    tier_open(&t, NULL);
    expect(&t.direct, "ACL SETUSER near on >secret ~* &ok +@all", "OK");
    struct instance server;
    snprintf(url, sizeof(url), "redis://near:secret@127.0.0.1:%d", t.redis.port);
    options[1] = url;
    instance_start(&server, INSTANCE_NUTHATCH, options);
    struct client client;
    cr_assert(client_open_tcp(&client, server.port));
    tier_wait_link(&client, "up");
    cr_assert(
        client_send(&client, SLICE("SUBSCRIBE ok\r\nSUBSCRIBE no\r\nPING\r\nUNSUBSCRIBE\r\nSUBSCRIBE no\r\n"
                                   "PING\r\n")));
    expect_next(&client, "1) \"subscribe\"\n2) \"ok\"\n3) (integer) 1");
    struct slice reply;
    cr_assert(client_read(&client, &reply) && memcmp(reply.data, "-NOPERM", 7) == 0);
    expect_next(&client, "1) \"pong\"\n2) \"\"");
    expect_next(&client, "1) \"unsubscribe\"\n2) \"ok\"\n3) (integer) 0");
    cr_assert(client_read(&client, &reply) && memcmp(reply.data, "-NOPERM", 7) == 0);
    expect_next(&client, "PONG");
    client_close(&client);
    instance_stop(&server);
    tier_close(&t);
}

Test(tier_subscribers, one_that_wants_no_replies_gets_confirmations_only)
{
    tier_open(&t, NULL);
    expect_all(SLICE("CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nGET x\r\nPING\r\nUNSUBSCRIBE a\r\nPING\r\n"
                     "CLIENT REPLY ON\r\n"),
               SLICE(SUBSCRIBED UNSUBSCRIBED "+OK\r\n"));
    expect_all(SLICE("CLIENT REPLY SKIP\r\nRESET\r\nPING\r\n"), SLICE("+PONG\r\n"));
    expect_all(SLICE("CLIENT REPLY OFF\r\nRESET\r\nPING\r\n"), SLICE("+RESET\r\n+PONG\r\n"));
    tier_close(&t);
}

Test(tier_subscribers, who_leaves_is_told_first_what_was_confirmed)
{
    tier_open(&t, NULL);
    expect_all(SLICE("SUBSCRIBE a\r\nUNSUBSCRIBE a\r\nRESET\r\nPING\r\n"),
               SLICE(SUBSCRIBED UNSUBSCRIBED "+RESET\r\n+PONG\r\n"));
    expect_all(SLICE("SUBSCRIBE a\r\nQUIT\r\n"), SLICE(SUBSCRIBED "+OK\r\n"));
    expect_closed(&t.client);
    tier_close(&t);
}

Test(tier_subscribers, may_ask_for_more_at_once_than_is_under_way_at_once)
{
    enum { MANY = 500 };
    struct buffer words = { 0 }, expected = { 0 };
    tier_open(&t, NULL);
    for (int i = 0; i < MANY; i++) {
        buffer_printf(&words, "SUBSCRIBE a%03d\r\n", i);
        buffer_printf(&expected, "*3\r\n$9\r\nsubscribe\r\n$4\r\na%03d\r\n:%d\r\n", i, i + 1);
    }
    for (int i = 0; i < MANY; i++) {
        buffer_printf(&words, "PING\r\n");
        buffer_printf(&expected, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    }
    expect_all(buffer_slice(&words), buffer_slice(&expected));
    buffer_clear(&words);
    buffer_clear(&expected);
    tier_close(&t);
}
