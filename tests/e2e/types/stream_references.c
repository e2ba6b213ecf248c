/*
 * XDELEX and XACKDEL, and trimming with KEEPREF, DELREF and ACKED, as the documentation of Redis 8.2 has
 * them.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

/* A stream of five entries, of which the group `a` was given four and `b` two; both have all of them pending.
 */
static struct client *open_groups(struct example *example)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 does not know these");
    struct client *c = example_open(example);
    for (int i = 1; i <= 5; i++) {
        char line[64], id[16];
        snprintf(line, sizeof line, "XADD s %d-0 f v", i);
        snprintf(id, sizeof id, "\"%d-0\"", i);
        expect(c, line, id);
    }
    expect(c, "XGROUP CREATE s a 0", "OK");
    expect(c, "XGROUP CREATE s b 0", "OK");
    expect_start(c, "XREADGROUP GROUP a me COUNT 4 STREAMS s >", "1) 1) \"s\"");
    expect_start(c, "XREADGROUP GROUP b me COUNT 2 STREAMS s >", "1) 1) \"s\"");
    return c;
}

static void expect_pending(struct client *c, int a, int b)
{
    char text[64];
    snprintf(text, sizeof text, "1) (integer) %d", a);
    expect_start(c, "XPENDING s a", text);
    snprintf(text, sizeof text, "1) (integer) %d", b);
    expect_start(c, "XPENDING s b", text);
}

Test(stream_references, are_kept_or_dropped_when_an_entry_is_removed)
{
    struct example example;
    struct client *c = open_groups(&example);

    expect(c, "XDELEX s IDS 2 1-0 9-0", "1) (integer) 1\n2) (integer) -1");
    expect_pending(c, 4, 2);
    expect(c, "XDELEX s KEEPREF IDS 1 2-0", "1) (integer) 1");
    expect_pending(c, 4, 2);
    expect(c, "XDELEX s DELREF IDS 1 3-0", "1) (integer) 1");
    expect_pending(c, 3, 2);
    expect(c, "XDELEX s DELREF IDS 1 1-0", "1) (integer) -1"); /* gone, and what refers to it goes */
    expect_pending(c, 2, 1);
    expect(c, "XLEN s", "(integer) 2");
    expect(c, "XDELEX nobody IDS 2 1-0 2-0", "1) (integer) -1\n2) (integer) -1");
    expect(c, "EXISTS nobody", "(integer) 0");
    example_close(&example);
}

Test(stream_references, keep_an_entry_until_all_groups_are_done_with_it)
{
    struct example example;
    struct client *c = open_groups(&example);

    expect(c, "XACK s a 1-0 2-0 3-0", "(integer) 3");
    expect(c, "XACK s b 1-0", "(integer) 1");
    /* Done with; pending in b; not given to b yet; given to nobody; not there. */
    expect(c, "XDELEX s ACKED IDS 5 1-0 2-0 3-0 5-0 9-0",
           "1) (integer) 1\n2) (integer) 2\n3) (integer) 2\n4) (integer) 2\n5) (integer) -1");
    expect(c, "XLEN s", "(integer) 4");
    expect(c, "XADD t 1-0 f v", "\"1-0\"");
    expect(c, "XDELEX t ACKED IDS 1 1-0", "1) (integer) 2"); /* without groups nobody has read it */
    example_close(&example);
}

Test(stream_references, go_with_the_acknowledgement)
{
    struct example example;
    struct client *c = open_groups(&example);

    expect(c, "XACKDEL s a IDS 3 1-0 5-0 9-0", "1) (integer) 1\n2) (integer) -1\n3) (integer) -1");
    expect_pending(c, 3, 2);
    expect(c, "XLEN s", "(integer) 4");
    expect(c, "XACKDEL s a DELREF IDS 1 2-0", "1) (integer) 1");
    expect_pending(c, 2, 1);
    expect(c, "XACKDEL s a ACKED IDS 1 3-0", "1) (integer) 2");
    expect_pending(c, 1, 1);
    expect(c, "XLEN s", "(integer) 3");
    expect_start(c, "XREADGROUP GROUP b me COUNT 1 STREAMS s >", "1) 1) \"s\"");
    expect(c, "XACKDEL s b ACKED IDS 1 3-0", "1) (integer) 1");
    expect(c, "XACKDEL s nobody IDS 1 4-0", "1) (integer) -1");
    expect(c, "XACKDEL nobody a IDS 1 4-0", "1) (integer) -1");
    example_close(&example);
}

Test(stream_references, need_their_ids_counted)
{
    struct example example;
    struct client *c = open_groups(&example);

    expect(c, "XDELEX s IDS 0 1-0", "(error) ERR Number of IDs must be a positive integer");
    expect(c, "XDELEX s IDS -5 1-0", "(error) ERR Number of IDs must be a positive integer");
    expect(c, "XDELEX s IDS 3 1-0 2-0",
           "(error) ERR The `numids` parameter must match the number of arguments");
    expect(c, "XDELEX s IDS 1 1-0 2-0", "(error) ERR syntax error");
    expect(c, "XDELEX s KEEPREF DELREF IDS 1 1-0", "(error) ERR syntax error");
    expect(c, "XDELEX s NONSENSE IDS 1 1-0", "(error) ERR syntax error");
    expect(c, "XDELEX s KEEPREF 1 1-0", "(error) ERR syntax error");
    expect(c, "XDELEX s IDS 1 x", "(error) ERR Invalid stream ID specified as stream command argument");
    expect(c, "XDELEX s IDS 1 1-0 DELREF", "1) (integer) 1");
    expect(c, "XDELEX s IDS 1", "(error) ERR wrong number of arguments for 'xdelex' command");
    expect(c, "XACKDEL s a IDS 1", "(error) ERR wrong number of arguments for 'xackdel' command");
    expect(c, "XACKDEL s a IDS 2 1-0",
           "(error) ERR The `numids` parameter must match the number of arguments");
    expect(c, "SET k v", "OK");
    expect(c, "XDELEX k IDS 1 1-0",
           "(error) WRONGTYPE Operation against a key holding the wrong kind of value");
    example_close(&example);
}

Test(stream_references, are_kept_dropped_or_heeded_by_trimming)
{
    struct example example;
    struct client *c = open_groups(&example);

    expect(c, "XTRIM s MAXLEN 4 KEEPREF", "(integer) 1");
    expect_pending(c, 4, 2);
    expect(c, "XTRIM s DELREF MINID 3", "(integer) 1");
    expect_pending(c, 3, 1); /* the reference to 1-0, which had gone before, stays */
    expect(c, "XACK s a 4-0", "(integer) 1");
    expect(c, "XTRIM s MAXLEN 1 ACKED", "(integer) 0"); /* b was given neither */
    expect_start(c, "XREADGROUP GROUP b me COUNT 2 STREAMS s >", "1) 1) \"s\"");
    expect(c, "XACK s b 3-0 4-0", "(integer) 2");
    expect(c, "XTRIM s MAXLEN 1 ACKED", "(integer) 1"); /* 4-0; 3-0 is pending in a */
    expect(c, "XRANGE s - +",
           "1) 1) \"3-0\"\n   2) 1) \"f\"\n      2) \"v\"\n2) 1) \"5-0\"\n   2) 1) \"f\"\n      2) \"v\"");
    expect(c, "XADD s ACKED MAXLEN = 1 6-0 f v", "\"6-0\"");
    expect(c, "XLEN s", "(integer) 3");
    expect(c, "XADD s DELREF MAXLEN = 1 7-0 f v", "\"7-0\"");
    expect(c, "XLEN s", "(integer) 1");
    expect_pending(c, 1, 1);
    expect(c, "XTRIM s KEEPREF ACKED MAXLEN 1", "(error) ERR syntax error");
    expect(c, "XTRIM s KEEPREF 1", "(error) ERR syntax error");
    example_close(&example);
}

Test(stream_references, mean_nothing_to_trimming_without_groups)
{
    struct example example;
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 does not know these");
    struct client *c = example_open(&example);

    for (int i = 0; i < 300; i++) client_ask(c, "XADD s * f v");
    expect(c, "XTRIM s MAXLEN 100 ACKED", "(integer) 200");
    expect(c, "XTRIM s MAXLEN 50 DELREF", "(integer) 50");
    expect(c, "XGROUP CREATE s g $", "OK");
    expect(c, "XTRIM s MAXLEN 10 ACKED", "(integer) 40"); /* the group stands behind them all */
    for (int i = 0; i < 700; i++) client_ask(c, "XADD s * f v");
    client_ask(c, "XREADGROUP GROUP g me NOACK STREAMS s >");
    expect(c, "XTRIM s MAXLEN ~ 10 ACKED", "(integer) 700");
    example_close(&example);
}
