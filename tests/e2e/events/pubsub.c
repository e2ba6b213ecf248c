/*
 * Who subscribes to what, and who is told what.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

#define REFUSED(name)                                                                                        \
    "(error) ERR Can't execute '" name "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "    \
    "are allowed in this context"

TestSuite(pubsub, .timeout = 60);

static struct client another(const struct example *example)
{
    struct client client;
    cr_assert(client_open_tcp(&client, example->server.port));
    return client;
}

/* Lines are sent, and these bytes come back, however many frames they are. */
static void expect_all_at(int line, struct client *c, const char *words, const char *replies)
{
    struct slice wanted = slice_of_cstr(replies), frame;
    struct buffer came = { 0 };
    cr_assert(client_send(c, slice_of_cstr(words)));
    while (came.len < wanted.len && client_read(c, &frame)) buffer_append(&came, frame.data, frame.len);
    cr_expect(slice_equal(buffer_slice(&came), wanted), "line %d: to\n%s\ncame\n%.*s", line, words,
              (int)came.len, came.data);
    buffer_clear(&came);
}

#define expect_all(client, words, replies) expect_all_at(__LINE__, client, words, replies)

Test(pubsub, a_message_reaches_who_has_subscribed_to_its_channel)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect(c, "PUBLISH news nobody", "(integer) 0");
    expect(&listener, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(c, "PUBLISH news one", "(integer) 1");
    expect(c, "PUBLISH weather rain", "(integer) 0");
    expect(c, "PUBLISH news \"\"", "(integer) 1");
    expect(c, "PUBLISH news \"\\x00\\r\\n\"", "(integer) 1");
    expect_next(&listener, "1) \"message\"\n2) \"news\"\n3) \"one\"");
    expect_next(&listener, "1) \"message\"\n2) \"news\"\n3) \"\"");
    expect_next(&listener, "1) \"message\"\n2) \"news\"\n3) \"\\x00\\r\\n\"");
    expect(&listener, "UNSUBSCRIBE news", "1) \"unsubscribe\"\n2) \"news\"\n3) (integer) 0");
    expect(c, "PUBLISH news two", "(integer) 0");
    expect(&listener, "PING", "PONG");
    client_close(&listener);
    example_close(&example);
}

Test(pubsub, a_pattern_is_told_the_channel)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect(&listener, "PSUBSCRIBE n?ws.*", "1) \"psubscribe\"\n2) \"n?ws.*\"\n3) (integer) 1");
    expect(c, "PUBLISH news.tech x", "(integer) 1");
    expect(c, "PUBLISH news x", "(integer) 0");
    expect_next(&listener, "1) \"pmessage\"\n2) \"n?ws.*\"\n3) \"news.tech\"\n4) \"x\"");
    expect(&listener, "PUNSUBSCRIBE", "1) \"punsubscribe\"\n2) \"n?ws.*\"\n3) (integer) 0");
    client_close(&listener);
    example_close(&example);
}

Test(pubsub, who_has_subscribed_twice_is_told_twice)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect(&listener, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(&listener, "PSUBSCRIBE n*", "1) \"psubscribe\"\n2) \"n*\"\n3) (integer) 2");
    expect(c, "PUBLISH news x", "(integer) 2");
    expect_next(&listener, "1) \"message\"\n2) \"news\"\n3) \"x\"");
    expect_next(&listener, "1) \"pmessage\"\n2) \"n*\"\n3) \"news\"\n4) \"x\"");
    client_close(&listener);
    example_close(&example);
}

Test(pubsub, shard_channels_are_apart)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect(&listener, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(&listener, "SSUBSCRIBE news", "1) \"ssubscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(c, "SPUBLISH news shard", "(integer) 1");
    expect(c, "PUBLISH news all", "(integer) 1");
    expect_next(&listener, "1) \"smessage\"\n2) \"news\"\n3) \"shard\"");
    expect_next(&listener, "1) \"message\"\n2) \"news\"\n3) \"all\"");
    expect(&listener, "UNSUBSCRIBE", "1) \"unsubscribe\"\n2) \"news\"\n3) (integer) 0");
    expect(&listener, "GET k", REFUSED("get"));
    expect(&listener, "SUNSUBSCRIBE", "1) \"sunsubscribe\"\n2) \"news\"\n3) (integer) 0");
    expect(&listener, "GET k", "(nil)");
    client_close(&listener);
    example_close(&example);
}

Test(pubsub, each_name_is_confirmed_with_what_is_subscribed_to)
{
    struct example example;
    struct client *c = example_open(&example);

    expect_all(c, "SUBSCRIBE a b a\r\n",
               "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"
               "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:2\r\n");
    expect_all(c, "PSUBSCRIBE a* a\r\n",
               "*3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:3\r\n*3\r\n$10\r\npsubscribe\r\n$1\r\na\r\n:4\r\n");
    expect_all(c, "SSUBSCRIBE a\r\n", "*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n");
    expect_all(
        c, "UNSUBSCRIBE b nobody\r\n",
        "*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:3\r\n*3\r\n$11\r\nunsubscribe\r\n$6\r\nnobody\r\n:3\r\n");
    expect_all(c, "PUNSUBSCRIBE a\r\n", "*3\r\n$12\r\npunsubscribe\r\n$1\r\na\r\n:2\r\n");
    expect_all(c, "UNSUBSCRIBE\r\n", "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n");
    expect_all(c, "UNSUBSCRIBE\r\n", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:1\r\n");
    expect_all(c, "PUNSUBSCRIBE\r\n", "*3\r\n$12\r\npunsubscribe\r\n$2\r\na*\r\n:0\r\n");
    expect_all(c, "PUNSUBSCRIBE\r\n", "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:0\r\n");
    expect_all(
        c, "SUNSUBSCRIBE a a\r\n",
        "*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n");
    expect_all(c, "SUNSUBSCRIBE\r\n", "*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n");
    example_close(&example);
}

Test(pubsub, all_of_many_channels_are_left_at_once)
{
    struct example example;
    struct client *c = example_open(&example);
    struct buffer words = { 0 }, replies = { 0 };

    buffer_printf(&words, "SUBSCRIBE");
    for (int i = 0; i < 100; i++) {
        buffer_printf(&words, " c%d", i);
        buffer_printf(&replies, "*3\r\n$9\r\nsubscribe\r\n$%d\r\nc%d\r\n:%d\r\n", i < 10 ? 2 : 3, i, i + 1);
    }
    buffer_printf(&words, "\r\n%c", '\0');
    buffer_printf(&replies, "%c", '\0');
    expect_all(c, words.data, replies.data);
    cr_assert(client_send_line(c, "UNSUBSCRIBE"));
    struct slice frame;
    for (int left = 99; left >= 0; left--) {
        char end[16];
        cr_assert(client_read(c, &frame));
        int len = snprintf(end, sizeof end, ":%d\r\n", left);
        cr_assert_arr_eq(frame.data + frame.len - len, end, (size_t)len);
    }
    expect(c, "PUBSUB CHANNELS", "(empty array)");
    buffer_clear(&words);
    buffer_clear(&replies);
    example_close(&example);
}

Test(pubsub, a_subscriber_without_pushes_is_limited_to_what_cannot_be_mistaken)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SUBSCRIBE a", "1) \"subscribe\"\n2) \"a\"\n3) (integer) 1");
    expect(c, "PING", "1) \"pong\"\n2) \"\"");
    expect(c, "PING hello", "1) \"pong\"\n2) \"hello\"");
    expect(c, "GET k", REFUSED("get"));
    expect(c, "CONFIG GET x", REFUSED("config|get"));
    expect(c, "PUBLISH a x", REFUSED("publish"));
    expect(c, "HELLO 3", REFUSED("hello"));
    expect(c, "PUBSUB CHANNELS", REFUSED("pubsub|channels"));
    expect(c, "GET", "(error) ERR wrong number of arguments for 'get' command");
    expect(c, "NOTHING", "(error) ERR unknown command 'NOTHING', with args beginning with: ");
    expect(c, "SUBSCRIBE", "(error) ERR wrong number of arguments for 'subscribe' command");
    expect(c, "UNSUBSCRIBE", "1) \"unsubscribe\"\n2) \"a\"\n3) (integer) 0");
    expect(c, "PING", "PONG");
    expect(c, "GET k", "(nil)");
    example_close(&example);
}

Test(pubsub, a_reset_ends_all_subscriptions)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client other = another(&example);

    expect_all(c, "SUBSCRIBE a\r\nPSUBSCRIBE a*\r\nSSUBSCRIBE a\r\nRESET\r\nGET k\r\n",
               "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n*3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:2\r\n"
               "*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n+RESET\r\n$-1\r\n");
    expect(&other, "PUBLISH a x", "(integer) 0");
    expect(&other, "SPUBLISH a x", "(integer) 0");
    client_close(&other);
    example_close(&example);
}

Test(pubsub, messages_are_pushed_between_replies_where_the_protocol_has_pushes)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect_start(&listener, "HELLO 3", "1#");
    expect_all(&listener, "SUBSCRIBE a\r\nSET k v\r\n", ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n+OK\r\n");
    expect(c, "PUBLISH a x", "(integer) 1");
    expect_all(&listener, "PING\r\n", ">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n+PONG\r\n");
    expect_all(&listener, "PSUBSCRIBE a*\r\nUNSUBSCRIBE\r\nUNSUBSCRIBE\r\nGET k\r\n",
               ">3\r\n$10\r\npsubscribe\r\n$2\r\na*\r\n:2\r\n>3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:1\r\n"
               ">3\r\n$11\r\nunsubscribe\r\n_\r\n:1\r\n$1\r\nv\r\n");
    expect(c, "PUBLISH a x", "(integer) 1");
    expect_all(&listener, "GET k\r\n",
               ">4\r\n$8\r\npmessage\r\n$2\r\na*\r\n$1\r\na\r\n$1\r\nx\r\n$1\r\nv\r\n");
    client_close(&listener);
    example_close(&example);
}

Test(pubsub, who_publishes_to_itself_is_told_before_it_is_answered)
{
    struct example example;
    struct client *c = example_open(&example);

    expect_start(c, "HELLO 3", "1#");
    expect_all(c, "SUBSCRIBE a\r\nPUBLISH a x\r\nPING\r\nPUBLISH a y\r\n",
               ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n:1\r\n"
               "+PONG\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\ny\r\n:1\r\n");
    example_close(&example);
}

Test(pubsub, silence_is_for_replies_alone)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client other = another(&example);

    expect_start(c, "HELLO 3", "1#");
    expect_all(
        c, "CLIENT REPLY OFF\r\nSUBSCRIBE a\r\nGET k\r\nPUBLISH a x\r\nCLIENT REPLY ON\r\n",
        ">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\nx\r\n+OK\r\n");
    expect_all(c, "CLIENT REPLY SKIP\r\nSUBSCRIBE b\r\nPING\r\n",
               ">3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n+PONG\r\n");
    cr_assert(client_send_line(c, "CLIENT REPLY OFF"));
    for (int i = 0; i < 100; i++) {
        cr_assert(client_send_line(c, "PING"));
        expect(&other, "PUBLISH a x", "(integer) 1");
        expect_next(c, "1> \"message\"\n2> \"a\"\n3> \"x\"");
    }
    client_close(&other);
    example_close(&example);
}

Test(pubsub, what_is_subscribed_to_is_told)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client one = another(&example), two = another(&example);

    expect(&one, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(&two, "SUBSCRIBE news", "1) \"subscribe\"\n2) \"news\"\n3) (integer) 1");
    expect(&two, "PSUBSCRIBE n*", "1) \"psubscribe\"\n2) \"n*\"\n3) (integer) 2");
    expect(&one, "PSUBSCRIBE n*", "1) \"psubscribe\"\n2) \"n*\"\n3) (integer) 2");
    expect(&one, "SSUBSCRIBE shard", "1) \"ssubscribe\"\n2) \"shard\"\n3) (integer) 1");

    expect(c, "PUBSUB CHANNELS", "1) \"news\"");
    expect(c, "PUBSUB CHANNELS n*", "1) \"news\"");
    expect(c, "PUBSUB CHANNELS m*", "(empty array)");
    expect(c, "PUBSUB NUMSUB news none", "1) \"news\"\n2) (integer) 2\n3) \"none\"\n4) (integer) 0");
    expect(c, "PUBSUB NUMSUB", "(empty array)");
    expect(c, "PUBSUB NUMPAT", "(integer) 1");
    expect(c, "PUBSUB SHARDCHANNELS", "1) \"shard\"");
    expect(c, "PUBSUB SHARDCHANNELS x", "(empty array)");
    expect(c, "PUBSUB SHARDNUMSUB shard news", "1) \"shard\"\n2) (integer) 1\n3) \"news\"\n4) (integer) 0");
    expect(c, "PUBSUB CHANNELS a b",
           "(error) ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.");
    expect_start(c, "PUBSUB HELP", " 1) PUBSUB <subcommand>");
    client_close(&one);
    client_close(&two);
    example_close(&example);
}

static void expect_in(struct client *c, const char *question, const char *text)
{
    struct slice reply = client_ask(c, question);
    cr_expect_not_null(memmem(reply.data, reply.len, text, strlen(text)), "no %s in %.*s", text,
                       (int)reply.len, reply.data);
}

Test(pubsub, subscribers_are_told_by_client_list_and_info)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect(&listener, "CLIENT SETNAME listener", "OK");
    expect_start(&listener, "SUBSCRIBE a", "1)");
    expect_start(&listener, "SUBSCRIBE b", "1)");
    expect_start(&listener, "PSUBSCRIBE a*", "1)");
    expect_start(&listener, "SSUBSCRIBE a", "1)");
    expect_in(c, "CLIENT LIST TYPE pubsub", "name=listener");
    expect_in(c, "CLIENT LIST TYPE pubsub", " flags=P db=0 sub=2 psub=1 ssub=1 ");
    expect_in(c, "INFO stats", "pubsub_channels:2\r\npubsub_patterns:1\r\npubsubshard_channels:1\r\n");
    expect(c, "CLIENT KILL TYPE pubsub", "(integer) 1");
    expect_closed(&listener);
    expect_in(c, "INFO stats", "pubsub_channels:0\r\npubsub_patterns:0\r\npubsubshard_channels:0\r\n");
    client_close(&listener);
    example_close(&example);
}

Test(pubsub, who_has_gone_is_no_receiver)
{
    struct example example;
    struct client *c = example_open(&example);
    struct client listener = another(&example);

    expect_start(&listener, "SUBSCRIBE a", "1)");
    expect_start(&listener, "PSUBSCRIBE *", "1)");
    client_close(&listener);
    for (int i = 0; i < 500 && client_ask(c, "PUBSUB NUMPAT").data[1] != '0'; i++) pace_sleep_ms(10);
    expect(c, "PUBLISH a x", "(integer) 0");
    expect(c, "PUBSUB CHANNELS", "(empty array)");
    example_close(&example);
}

Test(pubsub, an_idle_subscriber_is_not_closed)
{
    struct instance server;
    struct client listener, c;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--timeout", "1"));
    cr_assert(client_open_tcp(&listener, server.port));
    cr_assert(client_open_tcp(&c, server.port));
    expect_start(&listener, "SUBSCRIBE a", "1)");
    for (int i = 0; i < 25; i++) {
        expect_start(&c, "PUBSUB NUMSUB a", "1) \"a\"\n2) (integer) 1");
        pace_sleep_ms(100);
    }
    expect(&listener, "PING", "1) \"pong\"\n2) \"\"");
    client_close(&listener);
    client_close(&c);
    instance_stop(&server);
}

#define CROWD    16
#define MESSAGES 300

static struct instance crowded;
static struct client crowd[CROWD];

/* Clients are dealt out to the loops in turn. */
static void open_crowd(const char *loops, const char *first, const char *then)
{
    static const char *options[3] = { "--threads" };
    options[1] = loops;
    instance_start(&crowded, INSTANCE_NUTHATCH, options);
    for (int i = 0; i < CROWD; i++) {
        cr_assert(client_open_tcp(&crowd[i], crowded.port));
        if (i % 2 == 1) expect_start(&crowd[i], "HELLO 3", "1#");
        expect_start(&crowd[i], first, "1");
        if (i % 3 == 0) expect_start(&crowd[i], then, "1");
    }
}

static void close_crowd(void)
{
    for (int i = 0; i < CROWD; i++) client_close(&crowd[i]);
    instance_stop(&crowded);
}

static int crowd_receivers(void)
{
    return CROWD + (CROWD + 2) / 3;
}

static void send_numbers(struct client *publisher, char name, int count)
{
    struct buffer lines = { 0 };
    for (int i = 0; i < count; i++) buffer_printf(&lines, "PUBLISH news %c%d\r\n", name, i);
    cr_assert(client_send(publisher, buffer_slice(&lines)));
    buffer_clear(&lines);
}

static void expect_counts(struct client *publisher, int count)
{
    for (int i = 0; i < count; i++) {
        char text[32];
        snprintf(text, sizeof text, "(integer) %d", crowd_receivers());
        expect_next(publisher, text);
    }
}

/* The last argument of a message. */
static void read_number(struct client *from, char *name, int *number)
{
    struct slice frame;
    cr_assert(client_read(from, &frame), "%s", client_trouble_name(from->trouble));
    const char *line = memrchr(frame.data, '\n', frame.len - 1);
    char word[32]; /* nothing ends the frame where it stands */
    snprintf(word, sizeof word, "%.*s", (int)(frame.data + frame.len - line - 1), line + 1);
    cr_assert(sscanf(word, "%c%d", name, number) == 2, "%.*s", (int)frame.len, frame.data);
}

/* Who has subscribed twice hears all twice. */
static void expect_in_order(struct client *from, int publishers, int count, int times)
{
    int next[8] = { 0 };
    for (int i = 0; i < publishers * count * times; i++) {
        char name;
        int number;
        read_number(from, &name, &number);
        cr_assert_eq(number, next[name - 'a'] / times, "%c%d", name, number);
        next[name - 'a']++;
    }
}

static void publish_side_by_side(const char *loops)
{
    enum { PUBLISHERS = 6 };
    struct client publishers[PUBLISHERS];
    open_crowd(loops, "SUBSCRIBE news", "PSUBSCRIBE n*");
    for (int i = 0; i < PUBLISHERS; i++) cr_assert(client_open_tcp(&publishers[i], crowded.port));
    for (int i = 0; i < PUBLISHERS; i++) send_numbers(&publishers[i], (char)('a' + i), MESSAGES);
    for (int i = 0; i < PUBLISHERS; i++) expect_counts(&publishers[i], MESSAGES);
    for (int i = 0; i < CROWD; i++) expect_in_order(&crowd[i], PUBLISHERS, MESSAGES, i % 3 == 0 ? 2 : 1);
    for (int i = 0; i < PUBLISHERS; i++) client_close(&publishers[i]);
    close_crowd();
}

Test(pubsub, what_one_publishes_arrives_in_its_order_with_one_loop)
{
    publish_side_by_side("1");
}

Test(pubsub, what_one_publishes_arrives_in_its_order_with_two_loops)
{
    publish_side_by_side("2");
}

Test(pubsub, what_one_publishes_arrives_in_its_order_with_four_loops)
{
    publish_side_by_side("4");
}

/* Whoever has seen that a message was published finds it on every other connection. */
Test(pubsub, a_message_is_there_before_the_answer_to_what_is_asked_behind_it)
{
    struct client publisher;
    open_crowd("4", "SUBSCRIBE news", "PSUBSCRIBE n*");
    cr_assert(client_open_tcp(&publisher, crowded.port));
    for (int i = 0; i < 200; i++) {
        char name;
        int number;
        send_numbers(&publisher, 'a', 1);
        expect_counts(&publisher, 1);
        struct client *listener = &crowd[1 + 6 * (i % 2)];
        cr_assert(client_send_line(listener, "PING"));
        read_number(listener, &name, &number);
        expect_next(listener, "PONG");
        for (int other = 0; other < CROWD; other++) {
            if (&crowd[other] == listener) continue;
            read_number(&crowd[other], &name, &number);
            if (other % 3 == 0) read_number(&crowd[other], &name, &number);
        }
    }
    client_close(&publisher);
    close_crowd();
}

/* Who comes and goes is counted exactly when told so: the sum of all counts is the sum of all messages. */
Test(pubsub, a_count_is_how_many_are_told_while_others_come_and_go)
{
    enum { ROUNDS = 300 };
    struct client publisher, visitor;
    struct buffer lines = { 0 };
    long long counted = 0, told = 0;
    struct slice frame;
    instance_start(&crowded, INSTANCE_NUTHATCH, OPTIONS("--threads", "4"));
    cr_assert(client_open_tcp(&publisher, crowded.port));
    cr_assert(client_open_tcp(&visitor, crowded.port));
    for (int i = 0; i < ROUNDS; i++) buffer_printf(&lines, "PUBLISH news a%d\r\n", i);
    for (int i = 0; i < 20; i++) cr_assert(client_send(&publisher, buffer_slice(&lines)));
    for (int i = 0; i < ROUNDS; i++) {
        expect_start(&visitor, "SUBSCRIBE news", "1)");
        cr_assert(client_send_line(&visitor, "UNSUBSCRIBE news"));
        for (bool gone = false; !gone;) {
            cr_assert(client_read(&visitor, &frame));
            gone = memmem(frame.data, frame.len, "unsubscribe", 11) != NULL;
            told += !gone;
        }
    }
    for (int i = 0; i < 20 * ROUNDS; i++) {
        cr_assert(client_read(&publisher, &frame));
        counted += frame.data[1] - '0';
    }
    cr_assert_eq(counted, told);
    buffer_clear(&lines);
    client_close(&publisher);
    client_close(&visitor);
    instance_stop(&crowded);
}

static void publish_until(struct client *publisher, struct client *prompt, bool (*over)(struct client *c),
                          int most)
{
    struct buffer line = { 0 };
    struct slice frame;
    buffer_printf(&line, "PUBLISH news ");
    for (int i = 0; i < 10000; i++) buffer_append(&line, "x", 1);
    buffer_append(&line, "\r\n", 2);
    for (int i = 0; i < most && !over(publisher); i++) {
        cr_assert(client_send(publisher, buffer_slice(&line)) && client_read(publisher, &frame));
        cr_assert(client_read(prompt, &frame), "%s", client_trouble_name(prompt->trouble));
    }
    cr_assert(over(publisher));
    buffer_clear(&line);
}

static bool one_is_left(struct client *c)
{
    return memmem(client_ask(c, "PUBSUB NUMSUB news").data, 40, ":1\r\n", 4) != NULL;
}

static void lose_the_slow_one(const char *limit)
{
    struct client publisher, slow, prompt;
    instance_start(&crowded, INSTANCE_NUTHATCH, OPTIONS("--client-output-buffer-limit", limit));
    cr_assert(client_open_tcp(&publisher, crowded.port));
    cr_assert(client_open_tcp(&slow, crowded.port));
    cr_assert(client_open_tcp(&prompt, crowded.port));
    expect_start(&slow, "SUBSCRIBE news", "1)");
    expect_start(&prompt, "SUBSCRIBE news", "1)");
    publish_until(&publisher, &prompt, one_is_left, 20000);
    expect_in(&publisher, "INFO stats", "client_output_buffer_limit_disconnections:1\r\n");
    cr_assert(client_wait_closed(&slow));
    expect(&publisher, "PUBLISH news over", "(integer) 1");
    expect_next(&prompt, "1) \"message\"\n2) \"news\"\n3) \"over\"");
    client_close(&publisher);
    client_close(&slow);
    client_close(&prompt);
    instance_stop(&crowded);
}

Test(pubsub, who_does_not_read_is_closed_at_the_hard_limit)
{
    lose_the_slow_one("pubsub 4mb 0 0");
}

Test(pubsub, who_does_not_read_is_closed_some_time_above_the_soft_limit)
{
    lose_the_slow_one("pubsub 0 1mb 1");
}
