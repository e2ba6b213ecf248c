#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"
#include "tests/support/client/reply_parts.h"

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"

Test(sets, hold_each_member_once)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s oak elm oak", "(integer) 2");
    expect(c, "SADD s oak beech", "(integer) 1");
    expect(c, "SCARD s", "(integer) 3");
    expect(c, "SCARD nobody", "(integer) 0");
    expect(c, "SISMEMBER s oak", "(integer) 1");
    expect(c, "SISMEMBER s ash", "(integer) 0");
    expect(c, "SMISMEMBER s oak ash elm oak",
           "1) (integer) 1\n2) (integer) 0\n3) (integer) 1\n4) (integer) 1");
    expect(c, "SMISMEMBER nobody a b", "1) (integer) 0\n2) (integer) 0");
    expect(c, "SREM s oak ash oak", "(integer) 1");
    expect(c, "SREM s elm beech elm", "(integer) 2");
    expect(c, "EXISTS s", "(integer) 0");
    expect(c, "SREM s elm", "(integer) 0");
    expect(c, "SMEMBERS s", "(empty array)");
    example_close(&example);
}

Test(sets, hold_any_bytes)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s \"\" \"\\x00\\r\\n\" 7 007 -0", "(integer) 5");
    expect(c, "SISMEMBER s \"\"", "(integer) 1");
    expect(c, "SISMEMBER s 007", "(integer) 1");
    expect(c, "SISMEMBER s 0", "(integer) 0");
    expect(c, "SREM s 7", "(integer) 1");
    expect(c, "SISMEMBER s 007", "(integer) 1");
    example_close(&example);
}

Test(sets, of_integers_come_in_their_order)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s 10 9 -1 9223372036854775807 -9223372036854775808", "(integer) 5");
    expect(c, "OBJECT ENCODING s", "\"intset\"");
    expect(c, "SMEMBERS s",
           "1) \"-9223372036854775808\"\n2) \"-1\"\n3) \"9\"\n4) \"10\"\n5) \"9223372036854775807\"");
    expect(c, "COPY s t", "(integer) 1");
    expect(c, "SREM t 9", "(integer) 1");
    expect(c, "SMEMBERS t", "1) \"-9223372036854775808\"\n2) \"-1\"\n3) \"10\"\n4) \"9223372036854775807\"");
    example_close(&example);
}

Test(sets, are_told_as_sets_where_the_protocol_has_them)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s 1 2", "(integer) 2");
    expect(c, "SADD t 2 3", "(integer) 2");
    expect_start(c, "HELLO 3", "1#");
    expect_raw(c, SLICE("SMEMBERS s\r\n"), SLICE("~2\r\n$1\r\n1\r\n$1\r\n2\r\n"));
    expect_raw(c, SLICE("SMEMBERS nobody\r\n"), SLICE("~0\r\n"));
    expect_raw(c, SLICE("SINTER s t\r\n"), SLICE("~1\r\n$1\r\n2\r\n"));
    expect_raw(c, SLICE("SDIFF s t\r\n"), SLICE("~1\r\n$1\r\n1\r\n"));
    expect_raw(c, SLICE("SUNION s s\r\n"), SLICE("~2\r\n$1\r\n1\r\n$1\r\n2\r\n"));
    expect_raw(c, SLICE("SRANDMEMBER s 2\r\n"), SLICE("*2\r\n$1\r\n1\r\n$1\r\n2\r\n"));
    expect_raw(c, SLICE("SRANDMEMBER nobody\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("SPOP nobody\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("SPOP nobody 1\r\n"), SLICE("~0\r\n"));
    expect_raw(c, SLICE("SPOP s 0\r\n"), SLICE("~0\r\n"));
    expect_raw(c, SLICE("SPOP s 9\r\n"), SLICE("~2\r\n$1\r\n1\r\n$1\r\n2\r\n"));
    expect(c, "EXISTS s", "(integer) 0");
    expect_raw(c, SLICE("SISMEMBER t 2\r\n"), SLICE(":1\r\n"));
    expect_raw(c, SLICE("SSCAN t 0\r\n"), SLICE("*2\r\n$1\r\n0\r\n*2\r\n$1\r\n2\r\n$1\r\n3\r\n"));
    example_close(&example);
}

Test(sets, give_members_up_by_chance)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s only", "(integer) 1");
    expect(c, "EXPIRE s 100", "(integer) 1");
    expect(c, "SRANDMEMBER s", "\"only\"");
    expect(c, "SRANDMEMBER s 4", "1) \"only\"");
    expect(c, "SRANDMEMBER s -2", "1) \"only\"\n2) \"only\"");
    expect(c, "SRANDMEMBER s 0", "(empty array)");
    expect(c, "SPOP s 0", "(empty array)");
    expect(c, "SPOP s", "\"only\"");
    expect(c, "EXISTS s", "(integer) 0");
    expect(c, "SPOP s", "(nil)");
    expect(c, "SPOP s 2", "(empty array)");
    expect(c, "SPOP s -1", "(error) ERR value is out of range, must be positive");
    expect(c, "SPOP s few", "(error) ERR value is out of range, must be positive");
    expect(c, "SPOP s 1 2", "(error) ERR syntax error");
    expect(c, "SRANDMEMBER s few", "(error) ERR value is not an integer or out of range");
    expect(c, "SRANDMEMBER s 1 2", "(error) ERR syntax error");
    expect(c, "SADD s a b c", "(integer) 3");
    expect(c, "EXPIRE s 100", "(integer) 1");
    expect_start(c, "SPOP s 2", "1)");
    expect(c, "SCARD s", "(integer) 1");
    expect(c, "TTL s", "(integer) 100");
    example_close(&example);
}

Test(sets, a_member_moves_from_one_to_another)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD from a b", "(integer) 2");
    expect(c, "SMOVE from to a", "(integer) 1");
    expect(c, "SMOVE from to x", "(integer) 0");
    expect(c, "SMEMBERS to", "1) \"a\"");
    expect(c, "SMOVE from from b", "(integer) 1");
    expect(c, "SMOVE from from x", "(integer) 0");
    expect(c, "SADD to b", "(integer) 1");
    expect(c, "SMOVE from to b", "(integer) 1");
    expect(c, "EXISTS from", "(integer) 0");
    expect(c, "SCARD to", "(integer) 2");
    expect(c, "SET text x", "OK");
    expect(c, "SMOVE nobody text a", "(integer) 0");
    expect(c, "SMOVE to text x", WRONG_TYPE);
    expect(c, "SMOVE text to x", WRONG_TYPE);
    expect(c, "SCARD to", "(integer) 2");
    example_close(&example);
}

Test(sets, are_intersected_united_and_subtracted)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD a 1 2 3 4", "(integer) 4");
    expect(c, "SADD b 3 4 5", "(integer) 3");
    expect(c, "SADD c 4", "(integer) 1");
    expect(c, "SINTER a b", "1) \"3\"\n2) \"4\"");
    expect(c, "SINTER a b c nobody", "(empty array)");
    expect(c, "SDIFF a b nobody", "1) \"1\"\n2) \"2\"");
    expect(c, "SDIFF a a", "(empty array)");
    expect(c, "SDIFF nobody a", "(empty array)");
    expect(c, "SINTERCARD 2 a b", "(integer) 2");
    expect(c, "SINTERCARD 2 a b LIMIT 1", "(integer) 1");
    expect(c, "SINTERCARD 2 a b LIMIT 0", "(integer) 2");
    expect(c, "SINTERCARD 2 a b LIMIT 0 LIMIT 1", "(integer) 1");
    expect(c, "SINTERSTORE r a b", "(integer) 2");
    expect(c, "SMEMBERS r", "1) \"3\"\n2) \"4\"");
    expect(c, "OBJECT ENCODING r", "\"intset\"");
    expect(c, "EXPIRE r 100", "(integer) 1");
    expect(c, "SUNIONSTORE r a b c nobody", "(integer) 5");
    expect(c, "TTL r", "(integer) -1");
    expect(c, "SMEMBERS r", "1) \"1\"\n2) \"2\"\n3) \"3\"\n4) \"4\"\n5) \"5\"");
    expect(c, "SDIFFSTORE a a b", "(integer) 2");
    expect(c, "SMEMBERS a", "1) \"1\"\n2) \"2\"");
    expect(c, "SINTERSTORE r r c nobody", "(integer) 0");
    expect(c, "EXISTS r", "(integer) 0");
    expect(c, "SET r text", "OK");
    expect(c, "SUNIONSTORE r c", "(integer) 1");
    expect(c, "SMEMBERS r", "1) \"4\"");
    expect(c, "SET text x", "OK");
    expect(c, "SDIFFSTORE text nobody", "(integer) 0");
    expect(c, "EXISTS text", "(integer) 0");
    example_close(&example);
}

Test(sets, commands_on_several_sets_check_their_arguments)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s a", "(integer) 1");
    expect(c, "SET text x", "OK");
    expect(c, "SINTERCARD 0 s", "(error) ERR numkeys should be greater than 0");
    expect(c, "SINTERCARD one s", "(error) ERR numkeys should be greater than 0");
    expect(c, "SINTERCARD 2 s", "(error) ERR Number of keys can't be greater than number of args");
    expect(c, "SINTERCARD 1 s LIMIT", "(error) ERR syntax error");
    expect(c, "SINTERCARD 1 text LIMIT -1", "(error) ERR LIMIT can't be negative");
    expect(c, "SINTERCARD 1 text s", "(error) ERR syntax error");
    expect(c, "SINTERCARD 2 nobody text", WRONG_TYPE);
    expect(c, "SINTER nobody text", WRONG_TYPE);
    expect(c, "SUNION s text", WRONG_TYPE);
    expect(c, "SDIFF nobody text", WRONG_TYPE);
    expect(c, "SINTERSTORE text nobody text", WRONG_TYPE);
    expect(c, "GET text", "\"x\"");
    expect(c, "SUNIONSTORE s s text", WRONG_TYPE);
    expect(c, "SMEMBERS text", WRONG_TYPE);
    expect(c, "SCARD text", WRONG_TYPE);
    expect(c, "SISMEMBER text a", WRONG_TYPE);
    expect(c, "SADD text a", WRONG_TYPE);
    expect(c, "SREM text a", WRONG_TYPE);
    expect(c, "SPOP text 0", WRONG_TYPE);
    expect(c, "SRANDMEMBER text 0", WRONG_TYPE);
    expect(c, "SSCAN text 0 NONSENSE", WRONG_TYPE);
    expect(c, "HGET s a", WRONG_TYPE);
    expect(c, "SMEMBERS s", "1) \"a\"");
    example_close(&example);
}

/* SADD or SREM of members that are a prefix and a number; each is new, or is there. */
static void say_numbers(struct client *c, const char *command, const char *prefix, int from, int to)
{
    cr_assert_eq(ask_numbered(c, command, PREFIXES(prefix), from, to), to - from, "%s %s%d", command, prefix,
                 from);
}

Test(sets, name_their_encoding_by_the_settings)
{
    struct example example;
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("sets became listpacks with Redis 7.2");
    struct client *c = example_open(&example);
    char line[128];

    say_numbers(c, "SADD ints", "", 0, 512);
    expect(c, "OBJECT ENCODING ints", "\"intset\"");
    expect(c, "SADD ints 512", "(integer) 1");
    expect(c, "OBJECT ENCODING ints", "\"hashtable\"");
    say_numbers(c, "SADD few", "", 0, 127);
    expect(c, "SADD few text", "(integer) 1");
    expect(c, "OBJECT ENCODING few", "\"listpack\"");
    expect(c, "SADD few more", "(integer) 1");
    expect(c, "OBJECT ENCODING few", "\"hashtable\"");
    expect(c, "SREM few more text", "(integer) 2");
    expect(c, "OBJECT ENCODING few", "\"hashtable\"");
    say_numbers(c, "SADD crowd", "", 0, 200);
    expect(c, "SADD crowd text", "(integer) 1");
    expect(c, "OBJECT ENCODING crowd", "\"hashtable\"");
    snprintf(line, sizeof line, "SADD long a%063d", 1);
    expect(c, line, "(integer) 1");
    expect(c, "OBJECT ENCODING long", "\"listpack\"");
    snprintf(line, sizeof line, "SADD long a%064d", 1);
    expect(c, line, "(integer) 1");
    expect(c, "OBJECT ENCODING long", "\"hashtable\"");
    expect(c, "SUNIONSTORE again ints few", "(integer) 513");
    expect(c, "OBJECT ENCODING again", "\"hashtable\"");
    expect(c, "SINTERSTORE again ints few", "(integer) 127");
    expect(c, "OBJECT ENCODING again", "\"intset\"");

    expect(c, "CONFIG SET set-max-intset-entries 2 set-max-listpack-entries 3 set-max-listpack-value 4",
           "OK");
    expect(c, "SADD tiny 1 2", "(integer) 2");
    expect(c, "OBJECT ENCODING tiny", "\"intset\"");
    expect(c, "SADD tiny 3", "(integer) 1");
    expect(c, "OBJECT ENCODING tiny", "\"hashtable\"");
    expect(c, "SADD words a b abcd", "(integer) 3");
    expect(c, "OBJECT ENCODING words", "\"listpack\"");
    expect(c, "SADD words d", "(integer) 1");
    expect(c, "OBJECT ENCODING words", "\"hashtable\"");
    expect(c, "SADD wide abcde", "(integer) 1");
    expect(c, "OBJECT ENCODING wide", "\"hashtable\"");
    example_close(&example);
}

static void expect_encoding(struct client *c, const char *store, const char *encoding)
{
    char line[64];
    client_ask(c, store);
    snprintf(line, sizeof line, "\"%s\"", encoding);
    expect(c, "OBJECT ENCODING r", line);
}

Test(sets, what_is_stored_is_named_as_redis_names_it_with_few_integers_allowed)
{
    struct example example;
    struct client *c = example_open(&example);
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("sets of text are no lists in Redis 7.0");
    expect(c, "CONFIG SET set-max-intset-entries 2 set-max-listpack-entries 6", "OK");
    expect(c, "SADD list 1 2 3 4", "(integer) 4");
    expect(c, "SADD table 1 2 3 4 5 6 7", "(integer) 7");
    expect(c, "SADD ints 1 2", "(integer) 2");
    expect(c, "SADD text a 1", "(integer) 2");

    expect_encoding(c, "SINTERSTORE r list table", "listpack");
    expect_encoding(c, "SINTERSTORE r table table", "hashtable");
    expect_encoding(c, "SINTERSTORE r ints table", "intset");
    expect_encoding(c, "SINTERSTORE r text list", "intset");
    expect_encoding(c, "SUNIONSTORE r text list", "listpack");
    expect_encoding(c, "SUNIONSTORE r list text", "hashtable");
    expect_encoding(c, "SUNIONSTORE r ints", "intset");
    expect_encoding(c, "SDIFFSTORE r list ints", "intset");
    expect_encoding(c, "SDIFFSTORE r list nobody", "hashtable");
    expect_encoding(c, "SDIFFSTORE r list ints nobody ints", "intset");
    expect(c, "SADD one 1", "(integer) 1");
    expect_encoding(c, "SDIFFSTORE r table one one one one", "hashtable");

    expect(c, "CONFIG SET set-max-intset-entries 0", "OK");
    expect_encoding(c, "SUNIONSTORE r one", "hashtable");
    expect_encoding(c, "SUNIONSTORE r text", "listpack");
    expect_encoding(c, "SINTERSTORE r list one", "hashtable");
    example_close(&example);
}

static void fill(struct client *c, const char *key, const char *prefix, int from, int to)
{
    char command[32];
    snprintf(command, sizeof command, "SADD %s", key);
    for (; from < to; from += 1000) say_numbers(c, command, prefix, from, from + 1000);
}

static size_t count_parts(struct client *c, const char *line)
{
    struct reply_parts parts;
    cr_assert(reply_parts_init(&parts, client_ask(c, line)), "%s", line);
    return parts.count;
}

Test(sets, a_difference_with_many_is_one_with_their_union)
{
    struct example example;
    struct client *c = example_open(&example);

    fill(c, "a", "", 0, 1000);
    for (int i = 0; i < 8; i++) {
        char command[32];
        snprintf(command, sizeof command, "SADD b%d", i);
        say_numbers(c, command, "", i * 10, i * 10 + 20);
    }
    cr_expect_eq(count_parts(c, "SDIFF a b0 b1 b2 b3 b4 b5 b6 b7"), 910);
    expect(c, "SDIFFSTORE d a b0 b1 b2 b3 b4 b5 b6 b7", "(integer) 910");
    expect(c, "SISMEMBER d 89", "(integer) 0");
    expect(c, "SISMEMBER d 90", "(integer) 1");
    example_close(&example);
}

/* The members of `page` are marked in `seen`; its cursor is put in `cursor`. */
static void scan_page(struct client *c, char cursor[32], unsigned char *seen)
{
    char line[64];
    snprintf(line, sizeof line, "SSCAN s %s COUNT 50", cursor);
    struct slice reply = client_ask(c, line), part;
    slice_to_cstr(reply_part_text(reply_part(reply, 0)), cursor, 32);
    struct reply_parts parts;
    for (reply_parts_init(&parts, reply_part(reply, 1)); reply_parts_next(&parts, &part);) {
        char text[32];
        slice_to_cstr(reply_part_text(part), text, sizeof text);
        if (strncmp(text, "stays:", 6) == 0) seen[atoi(text + 6)] = 1;
    }
}

Test(sets, members_that_stay_are_all_scanned_while_others_come_and_go)
{
    enum { STAYING = 3000 };
    struct example example;
    struct client *c = example_open(&example);
    unsigned char seen[STAYING] = { 0 };
    char cursor[32] = "0";
    int pages = 0;

    fill(c, "s", "stays:", 0, STAYING);
    do {
        scan_page(c, cursor, seen);
        bool adds = pages % 2 == 0;
        say_numbers(c, adds ? "SADD s" : "SREM s", "goes:", pages / 2 * 300, pages / 2 * 300 + 300);
    } while (strcmp(cursor, "0") != 0 && ++pages < 1000);

    cr_expect_str_eq(cursor, "0");
    for (int i = 0; i < STAYING; i++) cr_expect(seen[i], "stays:%d was scanned", i);
    example_close(&example);
}

/* Moves members to and fro between two sets until it is told to stop. */
struct mover {
    int port;
    int first;
    atomic_bool *stops;
    pthread_t thread;
    size_t moved;
};

static void *move_about(void *context)
{
    struct mover *mover = context;
    struct client client;
    if (!client_open_tcp(&client, mover->port)) return NULL;
    for (int i = mover->first; !atomic_load(mover->stops); i++) {
        char line[64];
        bool back = i / 100 % 2 != 0;
        snprintf(line, sizeof line, "SMOVE %s %s m%d", back ? "right" : "left", back ? "left" : "right",
                 i % 100);
        struct slice reply = client_ask(&client, line);
        mover->moved += slice_equal(reply, SLICE(":1\r\n"));
    }
    client_close(&client);
    return NULL;
}

/* Two loops write; a third client must find every member in exactly one of the sets. */
Test(sets, what_several_sets_are_asked_is_of_one_moment, .timeout = 120)
{
    struct instance server;
    struct client c;
    atomic_bool stops = false;
    struct mover movers[2] = { { .first = 0, .stops = &stops }, { .first = 50, .stops = &stops } };
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--io-threads", "2"));
    cr_assert(client_open_tcp(&c, server.port));
    say_numbers(&c, "SADD left", "m", 0, 100);
    for (size_t i = 0; i < 2; i++) {
        movers[i].port = server.port;
        cr_assert_eq(pthread_create(&movers[i].thread, NULL, move_about, &movers[i]), 0);
    }
    for (int i = 0; i < 2000; i++) {
        expect(&c, "SINTERCARD 2 left right", "(integer) 0");
        expect(&c, "SUNIONSTORE both left right", "(integer) 100");
        cr_assert_eq(count_parts(&c, "SUNION right left"), 100);
        expect(&c, "SCARD both", "(integer) 100");
    }
    atomic_store(&stops, true);
    for (size_t i = 0; i < 2; i++) {
        pthread_join(movers[i].thread, NULL);
        cr_expect_gt(movers[i].moved, 0);
    }
    client_close(&c);
    instance_stop(&server);
}
