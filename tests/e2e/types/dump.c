/*
 * DUMP and RESTORE, by example.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/client/reply_text.h"

/* "hello" as any Redis from 5 on takes it, and what is wrong with it. */
#define HELLO           "\"\\x00\\x05hello\\x09\\x00\\xb3\\x80\\x8e\\xba1\\xb2C\\xbb\""
#define HELLO_CHANGED   "\"\\x00\\x05hallo\\x09\\x00\\xb3\\x80\\x8e\\xba1\\xb2C\\xbb\""
#define HELLO_OF_FUTURE "\"\\x00\\x05helloQ\\x00\\xc5\\x87\\xab\\x94\\x06\\xf9\\xaew\""
#define HELLO_TOO_SHORT "\"\\x00?hello\\x09\\x00\\x1c8\\xff\\xe2O\\x0e\\xdc\\x0f\""
#define EMPTY_LIST      "\"\\x01\\x00\\x09\\x00\\x8b\\x0at\\x008\\x91 \\xe7\""
#define UNKNOWN_TYPE    "\"d\\x00\\x09\\x00\\x14\\xe7\\xf1<\\xa1\\x10\\x0a\\xf2\""
#define NAN_SCORE       "\"\\x05\\x01\\x01a\\x00\\x00\\x00\\x00\\x00\\x00\\xf8\\x7f\\x09\\x00 \\x0bxeR\\xd2:\\x96\""

#define BAD_FOOT  "(error) ERR DUMP payload version or checksum are wrong"
#define BAD_VALUE "(error) ERR Bad data format"

static struct example example;
static struct client *c;

/* RESTORE `to` with the TTL 0 and what DUMP says of `from`. */
static void restore(const char *from, const char *to)
{
    char line[64];
    struct buffer payload = { 0 }, text = { 0 };
    struct slice reply;
    snprintf(line, sizeof line, "DUMP %s", from);
    struct slice said = reply_part_text(client_ask(c, line));
    buffer_append(&payload, said.data, said.len);
    struct slice argv[] = { SLICE("RESTORE"), slice_of_cstr(to), SLICE("0"), buffer_slice(&payload),
                            SLICE("REPLACE") };
    cr_assert(client_send_argv(c, 5, argv) && client_read(c, &reply));
    reply_text(&text, reply);
    cr_expect(slice_equal(buffer_slice(&text), SLICE("OK")), "%s: %.*s", from, (int)text.len, text.data);
    buffer_clear(&text);
    buffer_clear(&payload);
}

TestSuite(dump, .timeout = 60);

Test(dump, a_value_of_each_type_comes_back)
{
    static const struct {
        const char *make;
        const char *made;
        const char *encoding;
        const char *show;
        const char *shown;
    } values[] = {
        { "SET k hello", "OK", "\"embstr\"", "GET copy", "\"hello\"" },
        { "SET k 12345678901", "OK", "\"int\"", "GET copy", "\"12345678901\"" },
        { "SET k \"\"", "OK", "\"embstr\"", "GET copy", "\"\"" },
        { "RPUSH k a 1 \"\" -70000", "(integer) 4", NULL, "LRANGE copy 0 -1",
          "1) \"a\"\n2) \"1\"\n3) \"\"\n4) \"-70000\"" },
        { "SADD k 3 1 2", "(integer) 3", "\"intset\"", "SMEMBERS copy", "1) \"1\"\n2) \"2\"\n3) \"3\"" },
        { "SADD k a", "(integer) 1", NULL, "SMEMBERS copy", "1) \"a\"" },
        { "HSET k f 1.5", "(integer) 1", "\"listpack\"", "HGETALL copy", "1) \"f\"\n2) \"1.5\"" },
        { "ZADD k 2.5 b -inf a", "(integer) 2", "\"listpack\"", "ZRANGE copy 0 -1 WITHSCORES",
          "1) \"a\"\n2) \"-inf\"\n3) \"b\"\n4) \"2.5\"" },
    };
    c = example_open(&example);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        expect(c, values[i].make, values[i].made);
        restore("k", "copy");
        expect(c, values[i].show, values[i].shown);
        if (values[i].encoding != NULL) expect(c, "OBJECT ENCODING copy", values[i].encoding);
        restore("copy", "k");
        expect(c, "DEL k", "(integer) 1");
    }
    expect(c, "DUMP k", "(nil)");
    example_close(&example);
}

Test(dump, compresses_texts_unless_it_is_told_not_to)
{
    c = example_open(&example);
    expect(c, "SET k aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "OK");
    cr_expect_lt(client_ask(c, "DUMP k").len, 40);
    expect(c, "CONFIG SET rdbcompression no", "OK");
    cr_expect_gt(client_ask(c, "DUMP k").len, 40);
    restore("k", "copy");
    expect(c, "GET copy", "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"");
    example_close(&example);
}

Test(dump, restore_wants_a_free_place_unless_it_may_replace)
{
    c = example_open(&example);
    expect(c, "RESTORE k 0 " HELLO, "OK");
    expect(c, "GET k", "\"hello\"");
    expect(c, "RPUSH l a", "(integer) 1");
    expect(c, "EXPIRE l 100", "(integer) 1");
    expect(c, "RESTORE l 0 " HELLO, "(error) BUSYKEY Target key name already exists.");
    expect(c, "RESTORE l 0 " HELLO " replace", "OK");
    expect(c, "GET l", "\"hello\"");
    expect(c, "TTL l", "(integer) -1");
    example_close(&example);
}

Test(dump, restore_gives_a_deadline_from_now_on_or_at_a_time)
{
    c = example_open(&example);
    expect(c, "RESTORE k 100000 " HELLO, "OK");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "RESTORE k 4102444800000 " HELLO " ABSTTL REPLACE", "OK");
    expect(c, "PEXPIRETIME k", "(integer) 4102444800000");
    expect(c, "RESTORE k 1 " HELLO " REPLACE ABSTTL", "OK");
    expect(c, "EXISTS k", "(integer) 0");
    expect(c, "RESTORE k 1 " HELLO " ABSTTL", "OK");
    expect(c, "EXISTS k", "(integer) 0");
    expect(c, "RESTORE k 0 " HELLO " ABSTTL", "OK");
    expect(c, "TTL k", "(integer) -1");
    expect(c, "RESTORE n -1 " HELLO, "(error) ERR Invalid TTL value, must be >= 0");
    expect(c, "RESTORE n x " HELLO, "(error) ERR value is not an integer or out of range");
    example_close(&example);
}

Test(dump, restore_tells_when_and_how_often_it_was_used)
{
    c = example_open(&example);
    expect(c, "RESTORE k 0 " HELLO " IDLETIME 1000", "OK");
    expect(c, "OBJECT IDLETIME k", "(integer) 1000");
    expect(c, "RESTORE k 0 " HELLO " FREQ 200 REPLACE", "OK");
    expect(c, "OBJECT IDLETIME k", "(integer) 0");
    expect(c, "CONFIG SET maxmemory-policy allkeys-lfu", "OK");
    expect(c, "RESTORE k 0 " HELLO " FREQ 200 REPLACE", "OK");
    expect(c, "OBJECT FREQ k", "(integer) 200");
    expect(c, "RESTORE n 0 " HELLO " IDLETIME -1", "(error) ERR Invalid IDLETIME value, must be >= 0");
    expect(c, "RESTORE n 0 " HELLO " FREQ 256", "(error) ERR Invalid FREQ value, must be >= 0 and <= 255");
    expect(c, "RESTORE n 0 " HELLO " FREQ -1", "(error) ERR Invalid FREQ value, must be >= 0 and <= 255");
    expect(c, "RESTORE n 0 " HELLO " IDLETIME 1 FREQ 1", "(error) ERR syntax error");
    expect(c, "RESTORE n 0 " HELLO " IDLETIME", "(error) ERR syntax error");
    expect(c, "RESTORE n 0 " HELLO " KEEPTTL", "(error) ERR syntax error");
    expect(c, "EXISTS n", "(integer) 0");
    example_close(&example);
}

Test(dump, what_is_no_payload_is_refused)
{
    c = example_open(&example);
    expect(c, "RESTORE k 0 \"\"", BAD_FOOT);
    expect(c, "RESTORE k 0 hello", BAD_FOOT);
    expect(c, "RESTORE k 0 " HELLO_CHANGED, BAD_FOOT);
    expect(c, "RESTORE k 0 " HELLO_OF_FUTURE, BAD_FOOT);
    expect(c, "RESTORE k 0 " HELLO_TOO_SHORT, BAD_VALUE);
    expect(c, "RESTORE k 0 " EMPTY_LIST, BAD_VALUE);
    expect(c, "RESTORE k 0 " UNKNOWN_TYPE, BAD_VALUE);
    expect(c, "RESTORE k 0 " NAN_SCORE, BAD_VALUE);
    expect(c, "EXISTS k", "(integer) 0");
    expect(c, "SET k v", "OK");
    expect(c, "RESTORE k 0 " EMPTY_LIST " REPLACE", BAD_VALUE);
    expect(c, "GET k", "\"v\"");
    example_close(&example);
}

Test(dump, a_list_that_is_restored_serves_who_waits_for_it)
{
    struct client waiter;
    c = example_open(&example);
    expect(c, "RPUSH k a", "(integer) 1");
    cr_assert(client_open_tcp(&waiter, example.server.port));
    cr_assert(client_send_line(&waiter, "BLPOP w 0"));
    for (struct slice reply = SLICE(""); memmem(reply.data, reply.len, "blocked_clients:1", 17) == NULL;)
        reply = client_ask(c, "INFO clients");
    restore("k", "w");
    expect_next(&waiter, "1) \"w\"\n2) \"a\"");
    expect(c, "EXISTS w", "(integer) 0");
    client_close(&waiter);
    example_close(&example);
}

Test(dump, reload_leaves_everything_as_it_is)
{
    static const char *const questions[] = {
        "GET text",
        "LRANGE list 0 -1",
        "SMEMBERS ints",
        "HGETALL hash",
        "HLEN large",
        "HGET large f:7",
        "PEXPIRETIME text",
        "ZRANGE zset 0 -1",
        "OBJECT ENCODING large",
        "OBJECT ENCODING list",
        "DBSIZE",
        "OBJECT ENCODING ints",
        "OBJECT ENCODING hash",
        "OBJECT ENCODING zset",
        "XRANGE stream - +",
    };
    struct buffer before = { 0 };
    instance_start(&example.server, INSTANCE_NUTHATCH, OPTIONS("--enable-debug-command", "yes"));
    cr_assert(client_open_tcp(&example.client, example.server.port));
    c = &example.client;
    expect(c, "SET text hello PXAT 4102444800000", "OK");
    expect(c, "RPUSH list a b 1", "(integer) 3");
    expect(c, "SADD ints 1 2", "(integer) 2");
    expect(c, "HSET hash f v", "(integer) 1");
    ask_numbered(c, "HSET large", PREFIXES("f:", "v:"), 0, 5000);
    expect(c, "ZADD zset 1 a 2 b", "(integer) 2");
    expect(c, "XADD stream 1-1 f v", "\"1-1\"");
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        reply_text(&before, client_ask(c, questions[i]));
        buffer_append(&before, "", 1);
    }
    expect(c, "DEBUG RELOAD", "OK");
    expect(c, "DEBUG RELOAD NOSAVE NOFLUSH", "OK");
    const char *was = before.data;
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++, was += strlen(was) + 1)
        expect(c, questions[i], was);
    expect(c, "DEBUG RELOAD SOON",
           "(error) ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
    buffer_clear(&before);
    example_close(&example);
}
