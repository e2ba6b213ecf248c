#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"

Test(sort, elements_are_numbers_unless_alpha_says_otherwise)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l 10 9 -1 2.5 1e1 inf", "(integer) 6");
    expect(c, "SORT l", "1) \"-1\"\n2) \"2.5\"\n3) \"9\"\n4) \"10\"\n5) \"1e1\"\n6) \"inf\"");
    expect(c, "SORT l DESC LIMIT 1 2", "1) \"1e1\"\n2) \"10\"");
    expect(c, "SORT_RO l ALPHA", "1) \"-1\"\n2) \"10\"\n3) \"1e1\"\n4) \"2.5\"\n5) \"9\"\n6) \"inf\"");
    expect(c, "RPUSH l word", "(integer) 7");
    expect(c, "SORT l", "(error) ERR One or more scores can't be converted into double");
    expect(c, "SORT l LIMIT 0 0", "(error) ERR One or more scores can't be converted into double");
    expect(c, "SORT l BY nosort LIMIT 5 9", "1) \"inf\"\n2) \"word\"");
    expect(c, "SORT l BY nosort DESC LIMIT 0 2", "1) \"word\"\n2) \"inf\"");
    expect(c, "SORT l LIMIT 0", "(error) ERR syntax error");
    expect(c, "SORT l LIMIT 0 x", "(error) ERR value is not an integer or out of range");
    expect(c, "SORT_RO l STORE r", "(error) ERR syntax error");
    expect(c, "SORT nobody", "(empty array)");
    expect(c, "SET s string", "OK");
    expect(c, "SORT s", "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    expect(c, "SORT s NONSENSE", "(error) ERR syntax error");
    example_close(&example);
}

Test(sort, weights_and_values_are_those_of_other_keys)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l 1 2 3 4", "(integer) 4");
    expect(c, "MSET w_1 30 w_2 20 w_3 10 n_1 one n_2 two n_3 three", "OK");
    expect(c, "SORT l BY w_*", "1) \"4\"\n2) \"3\"\n3) \"2\"\n4) \"1\"");
    expect(c, "SORT l BY w_* DESC GET n_* GET # LIMIT 0 2", "1) \"one\"\n2) \"1\"\n3) \"two\"\n4) \"2\"");
    expect(c, "SORT l GET n_* LIMIT 2 5", "1) \"three\"\n2) (nil)");
    expect(c, "SORT l GET plain LIMIT 0 1", "1) (nil)");
    expect(c, "HSET h_1 f 5 text b", "(integer) 2");
    expect(c, "HSET h_2 f 4 text c", "(integer) 2");
    expect(c, "HSET h_3 f 9 text a", "(integer) 2");
    expect(c, "SORT l BY h_*->f GET h_*->f", "1) (nil)\n2) \"4\"\n3) \"5\"\n4) \"9\"");
    expect(c, "SORT l BY h_*->text ALPHA", "1) \"4\"\n2) \"3\"\n3) \"1\"\n4) \"2\"");
    expect(c, "SORT l BY h_*->text", "(error) ERR One or more scores can't be converted into double");
    /* Of another type than it should be: as if there was nothing. */
    expect(c, "SORT l BY h_* GET w_*->f LIMIT 0 1", "1) (nil)");
    example_close(&example);
}

Test(sort, sets_and_sorted_sets_are_sorted_as_well)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SADD s 3 1 2", "(integer) 3");
    expect(c, "SORT s DESC", "1) \"3\"\n2) \"2\"\n3) \"1\"");
    expect(c, "SADD t pear apple fig", "(integer) 3");
    expect(c, "SORT t ALPHA LIMIT 0 2", "1) \"apple\"\n2) \"fig\"");
    /* What is stored of a set has an order. */
    expect(c, "SORT t BY nosort STORE r", "(integer) 3");
    expect(c, "LRANGE r 0 -1", "1) \"apple\"\n2) \"fig\"\n3) \"pear\"");
    expect(c, "ZADD z 3 a 2 b 1 c", "(integer) 3");
    expect(c, "SORT z ALPHA", "1) \"a\"\n2) \"b\"\n3) \"c\"");
    expect(c, "SORT z BY nosort", "1) \"c\"\n2) \"b\"\n3) \"a\"");
    expect(c, "SORT z BY nosort DESC LIMIT 1 1", "1) \"b\"");
    expect(c, "SORT z BY nosort LIMIT 1 9", "1) \"b\"\n2) \"a\"");
    example_close(&example);
}

Test(sort, the_result_may_be_stored_also_in_the_place_of_what_was_sorted)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l 3 1 2", "(integer) 3");
    expect(c, "SET r string EX 100", "OK");
    expect(c, "SORT l STORE r", "(integer) 3");
    expect(c, "LRANGE r 0 -1", "1) \"1\"\n2) \"2\"\n3) \"3\"");
    expect(c, "TTL r", "(integer) -1");
    expect(c, "SORT l DESC STORE l", "(integer) 3");
    expect(c, "LRANGE l 0 -1", "1) \"3\"\n2) \"2\"\n3) \"1\"");
    expect(c, "SORT l GET none_* GET # STORE r", "(integer) 6");
    expect(c, "LRANGE r 0 1", "1) \"\"\n2) \"1\"");
    expect(c, "SORT l LIMIT 9 9 STORE r", "(integer) 0");
    expect(c, "EXISTS r", "(integer) 0");
    expect(c, "SORT nobody STORE l", "(integer) 0");
    expect(c, "EXISTS l", "(integer) 0");
    example_close(&example);
}

Test(sort, resp3_has_arrays_and_its_null)
{
    struct example example;
    struct client *c = example_open(&example);

    client_ask(c, "HELLO 3");
    expect_raw(c, SLICE("SADD s 2 1\r\n"), SLICE(":2\r\n"));
    expect_raw(c, SLICE("SORT s GET none_* GET #\r\n"), SLICE("*4\r\n_\r\n$1\r\n1\r\n_\r\n$1\r\n2\r\n"));
    expect_raw(c, SLICE("SORT_RO nobody\r\n"), SLICE("*0\r\n"));
    example_close(&example);
}

struct writer {
    pthread_t thread;
    int port;
    atomic_bool stop;
    atomic_long written;
};

static void *rewrite(void *argument)
{
    struct writer *writer = argument;
    struct client c;
    if (!client_open_tcp(&c, writer->port)) return NULL;
    while (!atomic_load(&writer->stop)) {
        client_ask(&c, "LMOVE l l LEFT RIGHT");
        client_ask(&c, "LSET l 0 text-that-is-no-number");
        client_ask(&c, "LSET l 0 -5");
        atomic_fetch_add(&writer->written, 1);
    }
    client_close(&c);
    return NULL;
}

static void expect_sorted(struct slice reply, size_t len)
{
    struct reply_parts parts;
    struct slice part;
    char last[64] = "";
    cr_assert(reply_parts_init(&parts, reply));
    cr_assert_eq(parts.count, len);
    while (reply_parts_next(&parts, &part)) {
        char text[64];
        slice_to_cstr(reply_part_text(part), text, sizeof text);
        cr_assert(strcmp(last, text) <= 0, "%s before %s", last, text);
        memcpy(last, text, sizeof text);
    }
}

Test(sort, others_may_write_to_what_is_being_sorted, .timeout = 120)
{
    struct instance server;
    struct client c;
    struct writer writer = { 0 };
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--io-threads", "2"));
    cr_assert(client_open_tcp(&c, server.port));
    for (int i = 0; i < 3000; i++) {
        char line[64];
        snprintf(line, sizeof line, "RPUSH l element-%d", i * 7919 % 3000);
        client_ask(&c, line);
    }
    writer.port = server.port;
    pthread_create(&writer.thread, NULL, rewrite, &writer);
    for (int i = 0; i < 30 || atomic_load(&writer.written) < 100; i++)
        expect_sorted(client_ask(&c, "SORT l ALPHA"), 3000);
    atomic_store(&writer.stop, true);
    pthread_join(writer.thread, NULL);
    client_close(&c);
    instance_stop(&server);
}
