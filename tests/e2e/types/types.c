/*
 * Keys of every type: what is asked of a key as such, whatever it holds.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "proto/base/buffer.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"

/* A small value under `k`, and what tells it from others. */
static const struct kind {
    const char *type;
    const char *make;
    const char *made;
    const char *encoding;
    const char *show; /* asks for all of the value under ... */
    const char *shown;
} kinds[] = {
    { "hash", "HSET k f v", "(integer) 1", "listpack", "HGETALL", "1) \"f\"\n2) \"v\"" },
    { "set", "SADD k a", "(integer) 1", "listpack", "SMEMBERS", "1) \"a\"" },
    { "set", "SADD k 3 1 2", "(integer) 3", "intset", "SMEMBERS", "1) \"1\"\n2) \"2\"\n3) \"3\"" },
    { "list", "RPUSH k a 1 b", "(integer) 3", "listpack", "LRANGE 0 -1", "1) \"a\"\n2) \"1\"\n3) \"b\"" },
    { "zset", "ZADD k 1 a 2 b", "(integer) 2", "listpack", "ZRANGE 0 -1", "1) \"a\"\n2) \"b\"" },
    { "stream", "XADD k 1-1 f v", "\"1-1\"", "stream", "XRANGE - +",
      "1) 1) \"1-1\"\n   2) 1) \"f\"\n      2) \"v\"" },
};
#define KINDS (sizeof kinds / sizeof *kinds)

static struct example example;
static struct client *c;

/* "LRANGE 0 -1" asks "LRANGE key 0 -1". */
static void expect_shown(const struct kind *kind, const char *key)
{
    char line[64];
    size_t name = strcspn(kind->show, " ");
    snprintf(line, sizeof line, "%.*s %s%s", (int)name, kind->show, key, kind->show + name);
    expect(c, line, kind->shown);
}

static void expect_type(const char *key, const struct kind *kind)
{
    char line[64], quoted[64];
    snprintf(line, sizeof line, "TYPE %s", key);
    expect(c, line, kind->type);
    snprintf(line, sizeof line, "OBJECT ENCODING %s", key);
    snprintf(quoted, sizeof quoted, "\"%s\"", kind->encoding);
    expect(c, line, quoted);
}

static void make(const struct kind *kind)
{
    expect(c, "FLUSHALL", "OK");
    expect(c, kind->make, kind->made);
}

TestSuite(types, .timeout = 60);

Test(types, each_is_told_and_found_by_its_name)
{
    c = example_open(&example);
    for (size_t i = 0; i < KINDS; i++) {
        char line[64];
        make(&kinds[i]);
        expect_type("k", &kinds[i]);
        snprintf(line, sizeof line, "SCAN 0 TYPE %s", kinds[i].type);
        expect(c, line, "1) \"0\"\n2) 1) \"k\"");
        expect(c, "SCAN 0 TYPE string", "1) \"0\"\n2) (empty array)");
        expect(c, "KEYS *", "1) \"k\"");
        expect(c, "RANDOMKEY", "\"k\"");
        expect(c, "EXISTS k", "(integer) 1");
        expect(c, "OBJECT REFCOUNT k", "(integer) 1");
        expect(c, "OBJECT IDLETIME k", "(integer) 0");
        expect(c, "TOUCH k", "(integer) 1");
        expect(c, "DBSIZE", "(integer) 1");
    }
    example_close(&example);
}

Test(types, each_is_renamed_copied_and_moved)
{
    c = example_open(&example);
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *kind = &kinds[i];
        make(kind);
        expect(c, "SET other text", "OK");
        expect(c, "RENAME k other", "OK");
        expect_type("other", kind);
        expect_shown(kind, "other");
        expect(c, "COPY other k", "(integer) 1");
        expect(c, "COPY other k", "(integer) 0");
        expect(c, "DEL other", "(integer) 1");
        expect_type("k", kind);
        expect_shown(kind, "k");
        expect(c, "COPY k k DB 1", "(integer) 1");
        expect(c, "MOVE k 1", "(integer) 0");
        expect(c, "SELECT 1", "OK");
        expect_shown(kind, "k");
        expect(c, "RENAMENX k moved", "(integer) 1");
        expect(c, "MOVE moved 0", "(integer) 1");
        expect(c, "SELECT 0", "OK");
        expect_shown(kind, "moved");
        expect_type("moved", kind);
    }
    example_close(&example);
}

Test(types, each_has_a_time_to_live_of_its_own)
{
    c = example_open(&example);
    for (size_t i = 0; i < KINDS; i++) {
        make(&kinds[i]);
        expect(c, "EXPIRE k 100", "(integer) 1");
        expect(c, "TTL k", "(integer) 100");
        expect_shown(&kinds[i], "k");
        expect(c, "RENAME k other", "OK");
        expect(c, "TTL other", "(integer) 100");
        expect(c, "COPY other k", "(integer) 1");
        expect(c, "TTL k", "(integer) 100");
        expect(c, "PERSIST k", "(integer) 1");
        expect(c, "TTL k", "(integer) -1");
        expect(c, "PEXPIREAT k 4102444800000", "(integer) 1");
        expect(c, "PEXPIRETIME k", "(integer) 4102444800000");
        expect_shown(&kinds[i], "k");
        expect(c, "EXPIRE k -1", "(integer) 1");
        expect(c, "EXISTS k", "(integer) 0");
        expect(c, "UNLINK other", "(integer) 1");
        expect(c, "DBSIZE", "(integer) 0");
    }
    example_close(&example);
}

Test(types, none_is_taken_for_a_string)
{
    static const char *const lines[] = {
        "GET k",      "GETDEL k",        "GETEX k PERSIST", "GETSET k v",     "APPEND k v",
        "STRLEN k",   "GETRANGE k 0 1",  "SUBSTR k 0 1",    "SETRANGE k 0 v", "INCR k",
        "DECRBY k 1", "INCRBYFLOAT k 1", "SET k v GET",     "SET k v XX GET",
    };
    c = example_open(&example);
    for (size_t i = 0; i < KINDS; i++) {
        make(&kinds[i]);
        for (size_t line = 0; line < sizeof lines / sizeof *lines; line++) expect(c, lines[line], WRONG_TYPE);
        expect(c, "MGET k none", "1) (nil)\n2) (nil)");
        expect(c, "SETNX k v", "(integer) 0");
        expect(c, "MSETNX other v k v", "(integer) 0");
        expect(c, "LCS k k", "(error) ERR The specified keys must contain string values");
        expect_shown(&kinds[i], "k");
    }
    example_close(&example);
}

Test(types, a_string_may_take_the_place_of_each)
{
    static const char *const lines[] = { "SET k text", "SETEX k 100 text", "MSET k text",
                                         "SET k text KEEPTTL" };
    c = example_open(&example);
    for (size_t i = 0; i < KINDS; i++) {
        for (size_t line = 0; line < sizeof lines / sizeof *lines; line++) {
            make(&kinds[i]);
            expect(c, "EXPIRE k 50", "(integer) 1");
            expect(c, lines[line], "OK");
            expect(c, "GET k", "\"text\"");
            expect(c, "TYPE k", "string");
            expect(c, "TTL k", line == 1 ? "(integer) 100" : line == 3 ? "(integer) 50" : "(integer) -1");
        }
    }
    example_close(&example);
}

Test(types, each_shows_how_it_is_kept)
{
    instance_start(&example.server, INSTANCE_NUTHATCH, OPTIONS("--enable-debug-command", "yes"));
    cr_assert(client_open_tcp(&example.client, example.server.port));
    c = &example.client;
    for (size_t i = 0; i < KINDS; i++) {
        make(&kinds[i]);
        expect_start(c, "MEMORY USAGE k", "(integer) ");
        expect(c, "MEMORY USAGE k SAMPLES -1", "(error) ERR syntax error");
        expect_start(c, "DEBUG OBJECT k", "Value at:0x");
        expect(c, "DEBUG LISTPACK k",
               strcmp(kinds[i].encoding, "listpack") == 0 ? "Listpack structure printed on stdout"
                                                          : "(error) ERR Not a listpack encoded object.");
        expect(c, "DEBUG QUICKLIST k", "(error) ERR Not a quicklist encoded object.");
    }
    example_close(&example);
}

/* Thresholds are asked for as they are at the write. */
Test(types, encodings_change_their_names_at_the_settings)
{
    c = example_open(&example);
    expect(c, "CONFIG SET hash-max-listpack-entries 2 set-max-intset-entries 2 set-max-listpack-entries 3",
           "OK");
    expect(c, "HSET h a 1 b 2", "(integer) 2");
    expect(c, "OBJECT ENCODING h", "\"listpack\"");
    expect(c, "HSET h c 3", "(integer) 1");
    expect(c, "OBJECT ENCODING h", "\"hashtable\"");
    expect(c, "HDEL h c b", "(integer) 2");
    expect(c, "OBJECT ENCODING h", "\"hashtable\"");
    expect(c, "COPY h copy", "(integer) 1");
    expect(c, "OBJECT ENCODING copy", "\"hashtable\"");
    expect(c, "SADD i 1 2", "(integer) 2");
    expect(c, "OBJECT ENCODING i", "\"intset\"");
    expect(c, "SADD i 3", "(integer) 1");
    expect(c, "OBJECT ENCODING i", "\"hashtable\"");
    expect(c, "SADD j 1 a", "(integer) 2");
    expect(c, "OBJECT ENCODING j", "\"listpack\"");
    expect(c, "SADD j 2 b", "(integer) 2");
    expect(c, "OBJECT ENCODING j", "\"hashtable\"");
    expect(c, "CONFIG SET hash-max-ziplist-value 3", "OK");
    expect(c, "CONFIG GET hash-max-listpack-value", "1) \"hash-max-listpack-value\"\n2) \"3\"");
    expect(c, "HSET v a 123", "(integer) 1");
    expect(c, "OBJECT ENCODING v", "\"listpack\"");
    expect(c, "HSET v a 1234", "(integer) 0");
    expect(c, "OBJECT ENCODING v", "\"hashtable\"");
    example_close(&example);
}

/* With several loops a command opens the shards of its keys only: a number that is wrong must not lead it
 * to others. */
Test(types, a_wrong_number_of_keys_is_refused)
{
#define EXCESS "(error) ERR Number of keys can't be greater than number of args"
#define NONE   "(error) ERR numkeys should be greater than 0"
#define SYNTAX "(error) ERR syntax error"
    instance_start(&example.server, INSTANCE_NUTHATCH, OPTIONS("--threads", "4"));
    cr_assert(client_open_tcp(&example.client, example.server.port));
    c = &example.client;
    expect(c, "SINTERCARD 2 a", EXCESS);
    expect(c, "SINTERCARD 99999999999 a", EXCESS);
    expect(c, "SINTERCARD 0 a", NONE);
    expect(c, "SINTERCARD -1 a", NONE);
    expect(c, "SINTERCARD x a", NONE);
    expect(c, "LMPOP 2 a LEFT", SYNTAX);
    expect(c, "LMPOP 3 a LEFT", SYNTAX);
    expect(c, "LMPOP 9223372036854775807 a LEFT", SYNTAX);
    expect(c, "LMPOP -9223372036854775808 a LEFT", NONE);
    expect(c, "ZUNION 2 a", SYNTAX);
    expect(c, "ZUNION 4294967297 a", SYNTAX);
    expect(c, "ZUNION 0 a", "(error) ERR at least 1 input key is needed for 'zunion' command");
    expect(c, "ZUNIONSTORE d 2 a", SYNTAX);
    expect(c, "ZUNIONSTORE d x a", "(error) ERR value is not an integer or out of range");
    expect(c, "ZINTERCARD 3 a b", SYNTAX);
    expect(c, "ZMPOP 2 a MIN", SYNTAX);
    expect(c, "GEORADIUS a 1 2 3 m STORE", SYNTAX);
    expect(c, "GEORADIUS a 1 2 3 m STORE b STOREDIST d STORE e", "(integer) 0");
    expect(c, "SORT a STORE", SYNTAX);
    expect(c, "SORT a BY", SYNTAX);
    expect(c, "SORT a STORE b STORE d", "(integer) 0");
    expect(c, "SORT a BY STORE GET STORE", "(empty array)");
    expect(c, "COMMAND GETKEYS SINTERCARD 2 a", "(error) ERR Invalid arguments specified for command");
    expect(c, "COMMAND GETKEYS SORT a BY x_* STORE d", "1) \"a\"\n2) \"d\"");
    example_close(&example);
}

/* A collection of many elements, and what tells how many there are and shows all. */
static const struct large {
    const char *add;
    const char *prefixes[3]; /* of what an element is made of, each with its number behind it */
    const char *count;
    const char *show;
    const char *encoding;
} larges[] = {
    { "HSET big", { "field:", "value:" }, "HLEN %s", "HGETALL %s", "\"hashtable\"" },
    { "SADD big", { "member:" }, "SCARD %s", "SMEMBERS %s", "\"hashtable\"" },
    { "SADD big", { "" }, "SCARD %s", "SMEMBERS %s", "\"hashtable\"" },
    { "RPUSH big", { "element:" }, "LLEN %s", "LRANGE %s 0 -1", "\"quicklist\"" },
    { "ZADD big", { "", "member:" }, "ZCARD %s", "ZRANGE %s 0 -1 WITHSCORES", "\"skiplist\"" },
};

enum { ELEMENTS = 10000 };

static void ask_about(const char *format, const char *key, struct buffer *reply)
{
    char line[64];
    snprintf(line, sizeof line, format, key);
    struct slice got = client_ask(c, line);
    reply->len = 0;
    buffer_append(reply, got.data, got.len);
}

static void expect_equal(const char *format, const char *key, const struct buffer *whole)
{
    struct buffer reply = { 0 };
    ask_about(format, key, &reply);
    cr_expect(slice_equal(buffer_slice(&reply), buffer_slice(whole)), "%s of %s", format, key);
    buffer_clear(&reply);
}

Test(types, large_ones_are_copied_moved_and_gone)
{
    c = example_open(&example);
    for (size_t i = 0; i < sizeof larges / sizeof *larges; i++) {
        const struct large *large = &larges[i];
        struct buffer whole = { 0 };
        char text[32];
        expect(c, "FLUSHALL", "OK");
        cr_assert_eq(ask_numbered(c, large->add, large->prefixes, 0, ELEMENTS), ELEMENTS);
        expect(c, "OBJECT ENCODING big", large->encoding);
        ask_about(large->show, "big", &whole);
        expect(c, "RENAME big other", "OK");
        expect_equal(large->show, "other", &whole);
        expect(c, "COPY other copy", "(integer) 1");
        expect(c, "MOVE other 1", "(integer) 1");
        expect(c, "OBJECT ENCODING copy", large->encoding);
        expect(c, "SELECT 1", "OK");
        expect_equal(large->show, "other", &whole);
        expect(c, "UNLINK other", "(integer) 1");
        expect(c, "SELECT 0", "OK");
        snprintf(text, sizeof text, large->count, "copy");
        expect(c, text, "(integer) 10000");
        expect_start(c, "MEMORY USAGE copy", "(integer) ");
        expect(c, "SET copy text", "OK");
        expect(c, "GET copy", "\"text\"");
        expect(c, "DBSIZE", "(integer) 1");
        buffer_clear(&whole);
    }
    example_close(&example);
}
