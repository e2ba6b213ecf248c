#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

TestSuite(streams, .timeout = 60);

static void add(struct client *c, int from, int to)
{
    char line[64], id[32];
    for (int i = from; i <= to; i++) {
        snprintf(line, sizeof line, "XADD s %d-0 f v", i);
        snprintf(id, sizeof id, "\"%d-0\"", i);
        expect(c, line, id);
    }
}

Test(streams, whole_blocks_are_trimmed_where_redis_trims_them)
{
    struct example example;
    struct client *c = example_open(&example);
    add(c, 1, 250);
    expect(c, "XTRIM s MAXLEN ~ 151", "(integer) 0");
    expect(c, "XTRIM s MAXLEN ~ 150", "(integer) 100");
    expect(c, "XTRIM s MINID ~ 200", "(integer) 0");
    expect(c, "XDEL s 200", "(integer) 1");
    expect(c, "XTRIM s MINID ~ 200", "(integer) 0");
    expect(c, "XTRIM s MINID ~ 201", "(integer) 99");
    expect(c, "XTRIM s MAXLEN ~ 0 LIMIT 10", "(integer) 0");
    expect(c, "XTRIM s MAXLEN = 10", "(integer) 40");
    expect(c, "XRANGE s - + COUNT 1", "1) 1) \"241-0\"\n   2) 1) \"f\"\n      2) \"v\"");
    expect(c, "CONFIG SET stream-node-max-entries 3", "OK");
    add(c, 251, 260);
    expect(c, "XTRIM s MAXLEN ~ 9", "(integer) 10");
    example_close(&example);
}

Test(streams, an_empty_one_stays_with_its_last_id)
{
    struct example example;
    struct client *c = example_open(&example);
    add(c, 5, 5);
    expect(c, "XDEL s 5", "(integer) 1");
    expect(c, "EXISTS s", "(integer) 1");
    expect(c, "XLEN s", "(integer) 0");
    expect(c, "XADD s 4-9 f v",
           "(error) ERR The ID specified in XADD is equal or smaller than the target stream top item");
    expect(c, "XADD s 5-* f v", "\"5-1\"");
    example_close(&example);
}

Test(streams, the_last_entry_is_read_by_its_name)
{
    struct example example;
    struct client *c = example_open(&example);
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 does not know XREAD +");
    expect(c, "XREAD STREAMS s +", "(nil)");
    add(c, 1, 2);
    expect(c, "XREAD STREAMS s +",
           "1) 1) \"s\"\n   2) 1) 1) \"2-0\"\n         2) 1) \"f\"\n            2) \"v\"");
    expect(c, "XDEL s 2", "(integer) 1");
    expect(c, "XREAD STREAMS s +",
           "1) 1) \"s\"\n   2) 1) 1) \"1-0\"\n         2) 1) \"f\"\n            2) \"v\"");
    example_close(&example);
}

Test(streams, what_a_group_has_not_acknowledged_is_claimed)
{
    struct example example;
    struct client *c = example_open(&example);
    add(c, 1, 3);
    expect(c, "XGROUP CREATE s g 0", "OK");
    expect(c, "XGROUP CREATE s g 0", "(error) BUSYGROUP Consumer Group name already exists");
    expect(c, "XREADGROUP GROUP g a COUNT 2 STREAMS s >",
           "1) 1) \"s\"\n   2) 1) 1) \"1-0\"\n         2) 1) \"f\"\n            2) \"v\"\n"
           "      2) 1) \"2-0\"\n         2) 1) \"f\"\n            2) \"v\"");
    expect(c, "XCLAIM s g b 0 1-0 JUSTID", "1) \"1-0\"");
    expect(c, "XPENDING s g",
           "1) (integer) 2\n2) \"1-0\"\n3) \"2-0\"\n4) 1) 1) \"a\"\n      2) \"1\"\n   2) 1) \"b\"\n      2) "
           "\"1\"");
    expect(c, "XDEL s 2", "(integer) 1");
    expect(c, "XAUTOCLAIM s g b 0 0 JUSTID", "1) \"0-0\"\n2) 1) \"1-0\"\n3) 1) \"2-0\"");
    expect(c, "XACK s g 1 2 3", "(integer) 1");
    expect(c, "XGROUP DELCONSUMER s g a", "(integer) 0");
    expect(c, "XGROUP DESTROY s g", "(integer) 1");
    example_close(&example);
}

Test(streams, another_type_is_refused)
{
    static const char *const lines[] = {
        "XADD k * f v",
        "XLEN k",
        "XRANGE k - +",
        "XREVRANGE k + -",
        "XDEL k 1",
        "XTRIM k MAXLEN 1",
        "XSETID k 1",
        "XREAD STREAMS k 0",
        "XREADGROUP GROUP g c STREAMS k >",
        "XACK k g 1",
        "XPENDING k g",
        "XCLAIM k g c 0 1",
        "XAUTOCLAIM k g c 0 0",
        "XGROUP CREATE k g 0",
        "XINFO STREAM k",
        "XINFO GROUPS k",
    };
    struct example example;
    struct client *c = example_open(&example);
    expect(c, "SET k text", "OK");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        expect(c, lines[i], "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    example_close(&example);
}
