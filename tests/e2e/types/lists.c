#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

#include "proto/base/buffer.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"

Test(lists, elements_are_pushed_and_popped_at_both_ends)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l a b c", "(integer) 3");
    expect(c, "LPUSH l x y", "(integer) 5");
    expect(c, "LRANGE l 0 -1", "1) \"y\"\n2) \"x\"\n3) \"a\"\n4) \"b\"\n5) \"c\"");
    expect(c, "LPOP l", "\"y\"");
    expect(c, "RPOP l", "\"c\"");
    expect(c, "LPOP l 2", "1) \"x\"\n2) \"a\"");
    expect(c, "RPOP l 0", "(empty array)");
    expect(c, "RPOP l 9", "1) \"b\"");
    expect(c, "EXISTS l", "(integer) 0");
    expect(c, "LPOP l", "(nil)");
    expect(c, "LPOP l 2", "(nil)");
    expect(c, "LPOP l -1", "(error) ERR value is out of range, must be positive");
    expect(c, "LPOP l x", "(error) ERR value is out of range, must be positive");
    expect(c, "RPOP l 1 2", "(error) ERR wrong number of arguments for 'rpop' command");
    expect(c, "LPUSHX l a", "(integer) 0");
    expect(c, "RPUSHX l a", "(integer) 0");
    expect(c, "EXISTS l", "(integer) 0");
    example_close(&example);
}

Test(lists, several_popped_from_the_tail_come_last_one_first)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l 1 2 3 4", "(integer) 4");
    expect(c, "RPOP l 3", "1) \"4\"\n2) \"3\"\n3) \"2\"");
    expect(c, "LRANGE l 0 -1", "1) \"1\"");
    example_close(&example);
}

Test(lists, an_index_counts_from_either_end)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l a b c", "(integer) 3");
    expect(c, "LINDEX l 0", "\"a\"");
    expect(c, "LINDEX l -1", "\"c\"");
    expect(c, "LINDEX l 3", "(nil)");
    expect(c, "LINDEX l -4", "(nil)");
    expect(c, "LINDEX l -9223372036854775808", "(nil)");
    expect(c, "LINDEX nobody x", "(nil)");
    expect(c, "LINDEX l x", "(error) ERR value is not an integer or out of range");
    expect(c, "LSET l -1 z", "OK");
    expect(c, "LSET l 0 007", "OK");
    expect(c, "LRANGE l 0 -1", "1) \"007\"\n2) \"b\"\n3) \"z\"");
    expect(c, "LSET l 3 z", "(error) ERR index out of range");
    expect(c, "LSET nobody 0 z", "(error) ERR no such key");
    expect(c, "LSET nobody x z", "(error) ERR no such key");
    expect(c, "LRANGE l -2 9", "1) \"b\"\n2) \"z\"");
    expect(c, "LRANGE l 2 1", "(empty array)");
    expect(c, "LRANGE l 9223372036854775807 -9223372036854775808", "(empty array)");
    expect(c, "LRANGE l -9223372036854775808 9223372036854775807", "1) \"007\"\n2) \"b\"\n3) \"z\"");
    expect(c, "LTRIM l 1 1", "OK");
    expect(c, "LRANGE l 0 -1", "1) \"b\"");
    expect(c, "LTRIM l 5 9", "OK");
    expect(c, "EXISTS l", "(integer) 0");
    expect(c, "LTRIM l 0 0", "OK");
    expect(c, "EXISTS l", "(integer) 0");
    example_close(&example);
}

Test(lists, elements_are_found_inserted_and_removed_by_what_they_are)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l a 1 a 01 1 a", "(integer) 6");
    expect(c, "LINSERT l BEFORE 1 x", "(integer) 7");
    expect(c, "LINSERT l after 01 \"\"", "(integer) 8");
    expect(c, "LINSERT l AFTER nobody x", "(integer) -1");
    expect(c, "LINSERT nobody AFTER a x", "(integer) 0");
    expect(c, "LINSERT l BESIDE a x", "(error) ERR syntax error");
    expect(c, "LRANGE l 0 -1",
           "1) \"a\"\n2) \"x\"\n3) \"1\"\n4) \"a\"\n5) \"01\"\n6) \"\"\n7) \"1\"\n8) \"a\"");
    expect(c, "LREM l -2 a", "(integer) 2");
    expect(c, "LRANGE l 0 -1", "1) \"a\"\n2) \"x\"\n3) \"1\"\n4) \"01\"\n5) \"\"\n6) \"1\"");
    expect(c, "LREM l 0 1", "(integer) 2");
    expect(c, "LREM l 1 nobody", "(integer) 0");
    expect(c, "LREM l -9223372036854775808 nobody", "(integer) 0");
    expect(c, "LRANGE l 0 -1", "1) \"a\"\n2) \"x\"\n3) \"01\"\n4) \"\"");
    expect(c, "DEL l", "(integer) 1");
    expect(c, "RPUSH l a a a", "(integer) 3");
    expect(c, "LREM l 0 a", "(integer) 3");
    expect(c, "EXISTS l", "(integer) 0");
    example_close(&example);
}

Test(lists, matches_are_told_by_rank_count_and_maxlen)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l a b c 1 2 3 c c", "(integer) 8");
    expect(c, "LPOS l c", "(integer) 2");
    expect(c, "LPOS l c RANK 2", "(integer) 6");
    expect(c, "LPOS l c RANK -1", "(integer) 7");
    expect(c, "LPOS l c COUNT 2", "1) (integer) 2\n2) (integer) 6");
    expect(c, "LPOS l c COUNT 0 RANK -1", "1) (integer) 7\n2) (integer) 6\n3) (integer) 2");
    expect(c, "LPOS l c RANK -2 COUNT 1", "1) (integer) 6");
    expect(c, "LPOS l c MAXLEN 2", "(nil)");
    expect(c, "LPOS l c MAXLEN 2 COUNT 0", "(empty array)");
    expect(c, "LPOS l 3 MAXLEN 3 RANK -1", "(integer) 5");
    expect(c, "LPOS nobody c", "(nil)");
    expect(c, "LPOS nobody c COUNT 1", "(empty array)");
    expect(
        c, "LPOS l c RANK 0",
        "(error) ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use "
        "negative to start from the end of the list");
    expect(
        c, "LPOS l c RANK -9223372036854775808",
        "(error) ERR value is out of range, value must between -9223372036854775807 and 9223372036854775807");
    expect(c, "LPOS l c COUNT -1", "(error) ERR COUNT can't be negative");
    expect(c, "LPOS l c MAXLEN x", "(error) ERR MAXLEN can't be negative");
    expect(c, "LPOS l c RANK", "(error) ERR syntax error");
    example_close(&example);
}

Test(lists, an_element_moves_from_one_list_to_another)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH from 1 two 3", "(integer) 3");
    expect(c, "LMOVE from to LEFT RIGHT", "\"1\"");
    expect(c, "RPOPLPUSH from to", "\"3\"");
    expect(c, "LRANGE to 0 -1", "1) \"3\"\n2) \"1\"");
    expect(c, "LMOVE from to RIGHT LEFT", "\"two\"");
    expect(c, "EXISTS from", "(integer) 0");
    expect(c, "LMOVE from to RIGHT LEFT", "(nil)");
    expect(c, "LMOVE from to UP LEFT", "(error) ERR syntax error");
    expect(c, "SET string s", "OK");
    expect(c, "LMOVE to string LEFT LEFT",
           "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    expect(c, "LMOVE from string LEFT LEFT", "(nil)");
    expect(c, "LRANGE to 0 -1", "1) \"two\"\n2) \"3\"\n3) \"1\"");
    example_close(&example);
}

Test(lists, a_list_turns_in_its_place)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH l a 2 c", "(integer) 3");
    expect(c, "EXPIRE l 100", "(integer) 1");
    expect(c, "LMOVE l l LEFT RIGHT", "\"a\"");
    expect(c, "RPOPLPUSH l l", "\"a\"");
    expect(c, "RPOPLPUSH l l", "\"c\"");
    expect(c, "LMOVE l l LEFT LEFT", "\"c\"");
    expect(c, "LRANGE l 0 -1", "1) \"c\"\n2) \"a\"\n3) \"2\"");
    expect(c, "TTL l", "(integer) 100");
    expect(c, "LTRIM l 0 0", "OK");
    expect(c, "RPOPLPUSH l l", "\"c\"");
    expect(c, "LLEN l", "(integer) 1");
    expect(c, "TTL l", "(integer) 100");
    example_close(&example);
}

Test(lists, elements_are_popped_of_the_first_list_that_has_any)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "RPUSH b 1 2 3", "(integer) 3");
    expect(c, "RPUSH c 4", "(integer) 1");
    expect(c, "LMPOP 3 a b c LEFT", "1) \"b\"\n2) 1) \"1\"");
    expect(c, "LMPOP 3 a b c RIGHT COUNT 9", "1) \"b\"\n2) 1) \"3\"\n   2) \"2\"");
    expect(c, "LMPOP 2 b b LEFT", "(nil)");
    expect(c, "LMPOP 2 c LEFT", "(error) ERR syntax error");
    expect(c, "LMPOP 0 c LEFT", "(error) ERR numkeys should be greater than 0");
    expect(c, "LMPOP 9223372036854775807 c LEFT", "(error) ERR syntax error");
    expect(c, "LMPOP 1 c LEFT COUNT 0", "(error) ERR count should be greater than 0");
    expect(c, "LMPOP 1 c LEFT COUNT 1 COUNT 1", "(error) ERR syntax error");
    expect(c, "SET b string", "OK");
    expect(c, "LMPOP 3 a b c LEFT",
           "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    expect(c, "LRANGE c 0 -1", "1) \"4\"");
    example_close(&example);
}

Test(lists, resp3_has_one_null_and_the_same_arrays)
{
    struct example example;
    struct client *c = example_open(&example);

    client_ask(c, "HELLO 3");
    expect_raw(c, SLICE("LPOP l\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("LPOP l 2\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("LMPOP 1 l LEFT\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("LPOS l x\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("RPOPLPUSH l l\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("LRANGE l 0 -1\r\n"), SLICE("*0\r\n"));
    expect_raw(c, SLICE("RPUSH l 1 b\r\n"), SLICE(":2\r\n"));
    expect_raw(c, SLICE("LRANGE l 0 -1\r\n"), SLICE("*2\r\n$1\r\n1\r\n$1\r\nb\r\n"));
    client_ask(c, "HELLO 2");
    expect_raw(c, SLICE("LPOP n\r\n"), SLICE("$-1\r\n"));
    expect_raw(c, SLICE("LPOP n 2\r\n"), SLICE("*-1\r\n"));
    expect_raw(c, SLICE("LMPOP 1 n LEFT\r\n"), SLICE("*-1\r\n"));
    example_close(&example);
}

Test(lists, the_encoding_follows_the_size_both_ways)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "CONFIG SET list-max-listpack-size 4", "OK");
    expect(c, "RPUSH l 1 2 3 4", "(integer) 4");
    expect(c, "OBJECT ENCODING l", "\"listpack\"");
    expect(c, "RPUSH l 5", "(integer) 5");
    expect(c, "OBJECT ENCODING l", "\"quicklist\"");
    expect(c, "LTRIM l 1 -1", "OK");
    expect(c, "OBJECT ENCODING l", "\"quicklist\"");
    expect(c, "LTRIM l -1 -1", "OK");
    expect(c, "OBJECT ENCODING l", "\"listpack\"");
    expect(c, "CONFIG SET list-max-listpack-size -1", "OK");
    expect(c, "DEL l", "(integer) 1");
    char command[8192] = "RPUSH l ";
    memset(command + 8, 'x', 5000);
    expect(c, command, "(integer) 1");
    expect(c, "OBJECT ENCODING l", "\"quicklist\"");
    expect(c, "RPUSH l a", "(integer) 2");
    expect(c, "LSET l 0 b", "OK");
    expect(c, "OBJECT ENCODING l", "\"listpack\"");
    example_close(&example);
}

static void push_numbers(struct client *c, int from, int to)
{
    struct buffer line = { 0 };
    while (from < to) {
        line.len = 0;
        buffer_printf(&line, "RPUSH l");
        for (int i = 0; i < 50; i++) buffer_printf(&line, " element-number-%d", from++);
        buffer_append(&line, "", 1);
        char length[32];
        snprintf(length, sizeof length, "(integer) %d", from);
        expect(c, line.data, length);
    }
    buffer_clear(&line);
}

Test(lists, a_hundred_thousand_elements_are_as_a_few, .timeout = 120)
{
    struct example example;
    struct client *c = example_open(&example);

    push_numbers(c, 0, 100000);
    expect(c, "LLEN l", "(integer) 100000");
    expect(c, "LINDEX l 54321", "\"element-number-54321\"");
    expect(c, "LINDEX l -1", "\"element-number-99999\"");
    expect(c, "LRANGE l 77777 77778", "1) \"element-number-77777\"\n2) \"element-number-77778\"");
    expect(c, "LPOS l element-number-99998", "(integer) 99998");
    expect(c, "LPOS l element-number-2 RANK -1", "(integer) 2");
    expect(c, "LINSERT l BEFORE element-number-50000 between", "(integer) 100001");
    expect(c, "LINDEX l 50000", "\"between\"");
    expect(c, "LREM l -1 between", "(integer) 1");
    expect(c, "LSET l 50000 changed", "OK");
    expect(c, "LRANGE l 49999 50001",
           "1) \"element-number-49999\"\n2) \"changed\"\n3) \"element-number-50001\"");
    struct slice all = client_ask(c, "LRANGE l 0 -1");
    struct reply_parts parts;
    cr_assert(reply_parts_init(&parts, all));
    cr_expect_eq(parts.count, 100000);
    expect(c, "LTRIM l 99000 -1", "OK");
    expect(c, "LINDEX l 0", "\"element-number-99000\"");
    expect(c, "LLEN l", "(integer) 1000");
    expect(c, "DEL l", "(integer) 1");
    example_close(&example);
}

struct mover {
    pthread_t thread;
    int port;
    int id;
    atomic_bool *stop;
    atomic_long moved;
};

/* One way and back, between lists of its own choice: they lie in several shards. */
static void *move_about(void *argument)
{
    struct mover *mover = argument;
    struct client c;
    char line[64];
    if (!client_open_tcp(&c, mover->port)) return NULL;
    for (unsigned i = (unsigned)mover->id; !atomic_load(mover->stop); i++) {
        snprintf(line, sizeof line, "LMOVE l%u l%u %s LEFT", i % 5, i / 5 % 5, i % 2 == 0 ? "LEFT" : "RIGHT");
        if (client_ask(&c, line).len == 0) break;
        atomic_fetch_add(&mover->moved, 1);
    }
    client_close(&c);
    return NULL;
}

/* How often `element` is in the lists, all together. */
static size_t count_element(struct client *c, const char *element)
{
    size_t count = 0;
    for (int i = 0; i < 5; i++) {
        char line[64];
        struct reply_parts parts;
        snprintf(line, sizeof line, "LPOS l%d %s COUNT 0", i, element);
        cr_assert(reply_parts_init(&parts, client_ask(c, line)));
        count += parts.count;
    }
    return count;
}

Test(lists, moving_between_lists_loses_nothing_with_several_loops, .timeout = 120)
{
    struct instance server;
    struct client c;
    struct mover movers[4] = { 0 };
    atomic_bool stop = false;
    instance_start(&server, INSTANCE_NUTHATCH, OPTIONS("--io-threads", "2"));
    cr_assert(client_open_tcp(&c, server.port));
    expect(&c, "RPUSH l0 1 2 3 four five 6 7 8 9 ten", "(integer) 10");
    for (int i = 0; i < 4; i++) {
        movers[i] = (struct mover){ .port = server.port, .id = i * 7, .stop = &stop };
        pthread_create(&movers[i].thread, NULL, move_about, &movers[i]);
    }
    long moved = 0;
    while (moved < 20000) {
        client_ask(&c, "PING");
        moved = 0;
        for (int i = 0; i < 4; i++) moved += atomic_load(&movers[i].moved);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 4; i++) pthread_join(movers[i].thread, NULL);
    static const char *const elements[] = { "1", "2", "3", "four", "five", "6", "7", "8", "9", "ten" };
    for (size_t i = 0; i < sizeof elements / sizeof *elements; i++)
        cr_expect_eq(count_element(&c, elements[i]), 1, "%s", elements[i]);
    client_close(&c);
    instance_stop(&server);
}
