#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"

Test(sorted_sets, members_have_scores)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z 1 one 2 two 2.5 more", "(integer) 3");
    expect(c, "ZADD z 1 one 3 two 4 four 5 four", "(integer) 1");
    expect(c, "ZSCORE z two", "\"3\"");
    expect(c, "ZSCORE z more", "\"2.5\"");
    expect(c, "ZSCORE z nobody", "(nil)");
    expect(c, "ZSCORE nobody one", "(nil)");
    expect(c, "ZMSCORE z one nobody four", "1) \"1\"\n2) (nil)\n3) \"5\"");
    expect(c, "ZMSCORE nobody a b", "1) (nil)\n2) (nil)");
    expect(c, "ZCARD z", "(integer) 4");
    expect(c, "ZINCRBY z 0.1 two", "\"3.1\"");
    expect(c, "ZINCRBY z 7 new", "\"7\"");
    expect(c, "ZRANK z more", "(integer) 1");
    expect(c, "ZREVRANK z more", "(integer) 3");
    expect(c, "ZRANK z more WITHSCORE", "1) (integer) 1\n2) \"2.5\"");
    expect(c, "ZREVRANK z new withscore", "1) (integer) 0\n2) \"7\"");
    expect(c, "ZRANK z nobody", "(nil)");
    expect(c, "ZRANK z nobody WITHSCORE", "(nil)");
    expect(c, "ZRANK z one NOSUCH", "(error) ERR syntax error");
    expect(c, "ZRANK z one WITHSCORE more", "(error) ERR wrong number of arguments for 'zrank' command");
    expect(c, "ZREM z one nobody one", "(integer) 1");
    expect(c, "ZREM z two more four new", "(integer) 4");
    expect(c, "EXISTS z", "(integer) 0");
    example_close(&example);
}

Test(sorted_sets, what_is_added_may_depend_on_what_is_there)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z XX 1 a", "(integer) 0");
    expect(c, "EXISTS z", "(integer) 0");
    expect(c, "ZADD z NX 1 a", "(integer) 1");
    expect(c, "ZADD z NX CH 2 a 1 b", "(integer) 1");
    expect(c, "ZADD z XX CH 2 a 1 c", "(integer) 1");
    expect(c, "ZADD z GT CH 1 a 5 b 3 c", "(integer) 2");
    expect(c, "ZADD z LT CH 1 a 6 b 3 c", "(integer) 1");
    expect(c, "ZRANGE z 0 -1 WITHSCORES", "1) \"a\"\n2) \"1\"\n3) \"c\"\n4) \"3\"\n5) \"b\"\n6) \"5\"");
    expect(c, "ZADD z INCR 2 a", "\"3\"");
    expect(c, "ZADD z NX INCR 2 a", "(nil)");
    expect(c, "ZADD z LT INCR 2 a", "(nil)");
    expect(c, "ZADD z GT INCR 2 a", "\"5\"");
    expect(c, "ZADD z NX XX 1 a", "(error) ERR XX and NX options at the same time are not compatible");
    expect(c, "ZADD z GT LT 1 a",
           "(error) ERR GT, LT, and/or NX options at the same time are not compatible");
    expect(c, "ZADD z INCR 1 a 2 b", "(error) ERR INCR option supports a single increment-element pair");
    expect(c, "ZADD z 1 a x b", "(error) ERR value is not a valid float");
    expect(c, "ZADD z nan a", "(error) ERR value is not a valid float");
    expect(c, "ZADD z 1 a 2", "(error) ERR syntax error");
    expect(c, "ZADD z inf a", "(integer) 0");
    expect(c, "ZINCRBY z -inf a", "(error) ERR resulting score is not a number (NaN)");
    expect(c, "ZSCORE z a", "\"inf\"");
    example_close(&example);
}

Test(sorted_sets, scores_are_written_with_few_digits)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z 3.1 a 1e-7 b 1e20 c -0 d 0.00001 e 1234567890123456789 f -inf g", "(integer) 7");
    expect(c, "ZMSCORE z a b c d e f g",
           "1) \"3.1\"\n2) \"1e-7\"\n3) \"1e+20\"\n4) \"0\"\n5) \"0.00001\"\n6) \"1234567890123456768\"\n7) "
           "\"-inf\"");
    expect_start(c, "HELLO 3", "1#");
    expect_raw(c, SLICE("ZSCORE z a\r\n"), SLICE(",3.1\r\n"));
    expect_raw(c, SLICE("ZSCORE z g\r\n"), SLICE(",-inf\r\n"));
    example_close(&example);
}

Test(sorted_sets, ranges_are_by_rank_by_score_or_by_member)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z 1 a 2 b 3 c 4 d 5 e", "(integer) 5");
    expect(c, "ZRANGE z 1 -2", "1) \"b\"\n2) \"c\"\n3) \"d\"");
    expect(c, "ZRANGE z 0 1 REV", "1) \"e\"\n2) \"d\"");
    expect(c, "ZREVRANGE z -1 100 WITHSCORES", "1) \"a\"\n2) \"1\"");
    expect(c, "ZRANGE z 5 9", "(empty array)");
    expect(c, "ZRANGE z 3 1", "(empty array)");
    expect(c, "ZRANGE z (1 3 BYSCORE", "1) \"b\"\n2) \"c\"");
    expect(c, "ZRANGE z 3 (1 BYSCORE REV", "1) \"c\"\n2) \"b\"");
    expect(c, "ZRANGEBYSCORE z -inf +inf LIMIT 1 2", "1) \"b\"\n2) \"c\"");
    expect(c, "ZRANGEBYSCORE z -inf +inf LIMIT 3 -1", "1) \"d\"\n2) \"e\"");
    expect(c, "ZRANGEBYSCORE z -inf +inf LIMIT -1 2", "(empty array)");
    expect(c, "ZREVRANGEBYSCORE z 4 2 WITHSCORES LIMIT 1 1", "1) \"c\"\n2) \"3\"");
    expect(c, "ZCOUNT z 2 (4", "(integer) 2");
    expect(c, "ZCOUNT z 4 2", "(integer) 0");
    expect(c, "ZADD l 0 a 0 b 0 c 0 dd 0 e", "(integer) 5");
    expect(c, "ZRANGE l [b (dd BYLEX", "1) \"b\"\n2) \"c\"");
    expect(c, "ZRANGE l + (c BYLEX REV LIMIT 1 5", "1) \"dd\"");
    expect(c, "ZRANGEBYLEX l - [b", "1) \"a\"\n2) \"b\"");
    expect(c, "ZREVRANGEBYLEX l [d -", "1) \"c\"\n2) \"b\"\n3) \"a\"");
    expect(c, "ZLEXCOUNT l (a +", "(integer) 4");
    expect(c, "ZLEXCOUNT l + -", "(integer) 0");
    example_close(&example);
}

Test(sorted_sets, what_bounds_no_range_is_refused)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZRANGE z a 1", "(error) ERR value is not an integer or out of range");
    expect(c, "ZRANGE z a 1 BYSCORE", "(error) ERR min or max is not a float");
    expect(c, "ZCOUNT z 1 (x", "(error) ERR min or max is not a float");
    expect(c, "ZRANGE z a [b BYLEX", "(error) ERR min or max not valid string range item");
    expect(c, "ZRANGE z 0 1 LIMIT 0 1",
           "(error) ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
    expect(c, "ZRANGE z - + BYLEX WITHSCORES",
           "(error) ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    expect(c, "ZRANGE z 0 1 BYSCORE BYLEX", "(error) ERR syntax error");
    expect(c, "ZREVRANGE z 0 1 REV", "(error) ERR syntax error");
    expect(c, "ZRANGESTORE d z 0 1 WITHSCORES", "(error) ERR syntax error");
    expect(c, "ZRANGEBYSCORE z 0 1 LIMIT 0", "(error) ERR syntax error");
    example_close(&example);
}

Test(sorted_sets, ranges_are_stored_and_removed)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z 1 a 2 b 3 c 4 d 5 e", "(integer) 5");
    expect(c, "SET d text", "OK");
    expect(c, "ZRANGESTORE d z 2 4 BYSCORE", "(integer) 3");
    expect(c, "ZRANGE d 0 -1 WITHSCORES", "1) \"b\"\n2) \"2\"\n3) \"c\"\n4) \"3\"\n5) \"d\"\n6) \"4\"");
    expect(c, "ZRANGESTORE d d 0 0 REV", "(integer) 1");
    expect(c, "ZRANGE d 0 -1", "1) \"d\"");
    expect(c, "ZRANGESTORE d z 7 8 BYSCORE", "(integer) 0");
    expect(c, "EXISTS d", "(integer) 0");
    expect(c, "ZREMRANGEBYRANK z 0 0", "(integer) 1");
    expect(c, "ZREMRANGEBYSCORE z (4 inf", "(integer) 1");
    expect(c, "ZREMRANGEBYLEX z [b [b", "(integer) 1");
    expect(c, "ZREMRANGEBYRANK z 0 -1", "(integer) 2");
    expect(c, "EXISTS z", "(integer) 0");
    expect(c, "ZREMRANGEBYRANK z 0 -1", "(integer) 0");
    example_close(&example);
}

Test(sorted_sets, members_are_popped_from_either_end)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z 1 a 2 b 3 c 4 d 5 e", "(integer) 5");
    expect(c, "ZPOPMIN z", "1) \"a\"\n2) \"1\"");
    expect(c, "ZPOPMAX z 2", "1) \"e\"\n2) \"5\"\n3) \"d\"\n4) \"4\"");
    expect(c, "ZPOPMIN z 0", "(empty array)");
    expect(c, "ZMPOP 2 nobody z MAX", "1) \"z\"\n2) 1) 1) \"c\"\n      2) \"3\"");
    expect(c, "ZMPOP 1 z MIN COUNT 10", "1) \"z\"\n2) 1) 1) \"b\"\n      2) \"2\"");
    expect(c, "EXISTS z", "(integer) 0");
    expect(c, "ZPOPMIN z", "(empty array)");
    expect(c, "ZMPOP 1 z MIN", "(nil)");
    expect(c, "ZPOPMIN z -1", "(error) ERR value is out of range, must be positive");
    expect(c, "ZPOPMIN z x", "(error) ERR value is out of range, must be positive");
    expect(c, "ZPOPMIN z 1 2", "(error) ERR syntax error");
    expect(c, "ZMPOP 0 z MIN", "(error) ERR numkeys should be greater than 0");
    expect(c, "ZMPOP 1 z BOTH", "(error) ERR syntax error");
    expect(c, "ZMPOP 2 z MIN", "(error) ERR syntax error");
    expect(c, "ZMPOP 1 z MIN COUNT 0", "(error) ERR count should be greater than 0");
    expect(c, "ZMPOP 1 z MIN COUNT 1 COUNT 1", "(error) ERR syntax error");
    example_close(&example);
}

Test(sorted_sets, pairs_are_nested_where_the_protocol_has_doubles)
{
    struct example example;
    struct client *c = example_open(&example);

    expect_start(c, "HELLO 3", "1#");
    expect(c, "ZADD z 1 a 2.5 b", "(integer) 2");
    expect_raw(c, SLICE("ZRANGE z 0 -1 WITHSCORES\r\n"),
               SLICE("*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n"));
    expect_raw(c, SLICE("ZUNION 1 z WITHSCORES\r\n"),
               SLICE("*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$1\r\nb\r\n,2.5\r\n"));
    expect(c, "ZREM z b", "(integer) 1");
    expect_raw(c, SLICE("ZRANDMEMBER z -1 WITHSCORES\r\n"), SLICE("*1\r\n*2\r\n$1\r\na\r\n,1\r\n"));
    expect_raw(c, SLICE("ZSCAN z 0\r\n"), SLICE("*2\r\n$1\r\n0\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"));
    example_close(&example);
}

Test(sorted_sets, a_single_pop_is_flat_in_either_protocol)
{
    struct example example;
    struct client *c = example_open(&example);

    expect_start(c, "HELLO 3", "1#");
    expect(c, "ZADD z 1 a 2 b 3 c", "(integer) 3");
    expect_raw(c, SLICE("ZPOPMIN z\r\n"), SLICE("*2\r\n$1\r\na\r\n,1\r\n"));
    expect_raw(c, SLICE("ZPOPMAX z 1\r\n"), SLICE("*1\r\n*2\r\n$1\r\nc\r\n,3\r\n"));
    expect_raw(c, SLICE("ZRANK z b WITHSCORE\r\n"), SLICE("*2\r\n:0\r\n,2\r\n"));
    expect_raw(c, SLICE("ZRANK z x WITHSCORE\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("ZMPOP 1 z MIN\r\n"), SLICE("*2\r\n$1\r\nz\r\n*1\r\n*2\r\n$1\r\nb\r\n,2\r\n"));
    expect_raw(c, SLICE("ZMPOP 1 z MIN\r\n"), SLICE("_\r\n"));
    example_close(&example);
}

Test(sorted_sets, are_united_intersected_and_subtracted)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD a 1 one 2 two 3 three", "(integer) 3");
    expect(c, "ZADD b 10 two 20 three 30 four", "(integer) 3");
    expect(c, "SADD s three four five", "(integer) 3");
    expect(c, "ZUNION 2 a b WITHSCORES",
           "1) \"one\"\n2) \"1\"\n3) \"two\"\n4) \"12\"\n5) \"three\"\n6) \"23\"\n7) \"four\"\n8) \"30\"");
    expect(c, "ZINTER 2 a b WEIGHTS 10 1 AGGREGATE MAX WITHSCORES",
           "1) \"two\"\n2) \"20\"\n3) \"three\"\n4) \"30\"");
    expect(c, "ZINTER 3 a b s WITHSCORES", "1) \"three\"\n2) \"24\"");
    expect(c, "ZDIFF 2 a s", "1) \"one\"\n2) \"two\"");
    expect(c, "ZDIFF 2 s a WITHSCORES", "1) \"five\"\n2) \"1\"\n3) \"four\"\n4) \"1\"");
    expect(c, "ZDIFF 2 a a", "(empty array)");
    expect(c, "ZINTERCARD 2 a b", "(integer) 2");
    expect(c, "ZINTERCARD 2 a b LIMIT 1", "(integer) 1");
    expect(c, "ZINTERCARD 2 a b LIMIT 0", "(integer) 2");
    expect(c, "ZUNIONSTORE a 2 a a", "(integer) 3");
    expect(c, "ZSCORE a three", "\"6\"");
    expect(c, "ZINTERSTORE d 2 a nobody", "(integer) 0");
    expect(c, "ZDIFFSTORE s 2 b a", "(integer) 1");
    expect(c, "TYPE s", "zset");
    expect(c, "ZADD i inf x -inf y", "(integer) 2");
    expect(c, "ZADD j -inf x inf y", "(integer) 2");
    expect(c, "ZUNION 2 i j WITHSCORES", "1) \"x\"\n2) \"0\"\n3) \"y\"\n4) \"0\"");
    expect(c, "ZUNION 1 i WEIGHTS 0 WITHSCORES", "1) \"x\"\n2) \"0\"\n3) \"y\"\n4) \"0\"");
    example_close(&example);
}

Test(sorted_sets, algebra_without_sense_is_refused)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "ZADD z 1 a", "(integer) 1");
    expect(c, "SET k v", "OK");
    expect(c, "ZUNION 0 z", "(error) ERR at least 1 input key is needed for 'zunion' command");
    expect(c, "ZUNION x z", "(error) ERR value is not an integer or out of range");
    expect(c, "ZUNION 3 z z", "(error) ERR syntax error");
    expect(c, "ZUNION 1 k NOSUCH", WRONG_TYPE);
    expect(c, "ZUNION 1 z NOSUCH", "(error) ERR syntax error");
    expect(c, "ZUNION 1 z WEIGHTS", "(error) ERR syntax error");
    expect(c, "ZUNION 1 z WEIGHTS x", "(error) ERR weight value is not a float");
    expect(c, "ZUNION 1 z AGGREGATE mean", "(error) ERR syntax error");
    expect(c, "ZDIFF 1 z WEIGHTS 1", "(error) ERR syntax error");
    expect(c, "ZUNIONSTORE d 1 z WITHSCORES", "(error) ERR syntax error");
    expect(c, "ZINTERCARD 1 z LIMIT -1", "(error) ERR LIMIT can't be negative");
    expect(c, "ZINTERCARD 1 z LIMIT", "(error) ERR syntax error");
    example_close(&example);
}

Test(sorted_sets, other_types_are_refused)
{
    struct example example;
    struct client *c = example_open(&example);
    static const char *const lines[] = {
        "ZADD k 1 a",
        "ZINCRBY k 1 a",
        "ZREM k a",
        "ZCARD k",
        "ZSCORE k a",
        "ZMSCORE k a",
        "ZRANK k a",
        "ZREVRANK k a",
        "ZRANGE k 0 1",
        "ZRANGESTORE d k 0 1",
        "ZCOUNT k 0 1",
        "ZLEXCOUNT k - +",
        "ZREMRANGEBYRANK k 0 1",
        "ZPOPMIN k",
        "ZPOPMAX k 0",
        "ZMPOP 1 k MIN",
        "ZRANDMEMBER k",
        "ZSCAN k 0",
        "ZUNION 1 k",
        "ZINTERCARD 1 k",
        "GEOADD k 0 0 a",
        "GEOPOS k a",
        "GEODIST k a b",
        "GEOHASH k a",
        "GEORADIUS k 0 0 1 m",
        "GEORADIUSBYMEMBER k a 1 m",
        "GEOSEARCH k FROMMEMBER a BYRADIUS 1 m",
        "GEOSEARCHSTORE d k FROMMEMBER a BYRADIUS 1 m",
    };

    expect(c, "SET k v", "OK");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) expect(c, lines[i], WRONG_TYPE);
    expect(c, "GET k", "\"v\"");
    example_close(&example);
}

/* Members NAMEn with the score n. */
static void add_members(struct client *client, const char *command, const char *name, int from, int to)
{
    cr_assert_eq(ask_numbered(client, command, PREFIXES("", name), from, to), to - from, "%s", command);
}

Test(sorted_sets, name_their_encoding_by_the_settings)
{
    struct example example;
    struct client *c = example_open(&example);
    char line[128];

    add_members(c, "ZADD z", "m", 0, 128);
    expect(c, "OBJECT ENCODING z", "\"listpack\"");
    expect(c, "ZADD z 1 m0", "(integer) 0");
    expect(c, "OBJECT ENCODING z", "\"listpack\"");
    expect(c, "ZADD z 1 more", "(integer) 1");
    expect(c, "OBJECT ENCODING z", "\"skiplist\"");
    expect(c, "ZREMRANGEBYRANK z 0 -2", "(integer) 128");
    expect(c, "OBJECT ENCODING z", "\"skiplist\"");
    snprintf(line, sizeof line, "ZADD long 1 a%063d", 1);
    expect(c, line, "(integer) 1");
    expect(c, "OBJECT ENCODING long", "\"listpack\"");
    snprintf(line, sizeof line, "ZADD long 1 a%064d", 1);
    expect(c, line, "(integer) 1");
    expect(c, "OBJECT ENCODING long", "\"skiplist\"");
    expect(c, "ZUNIONSTORE d 1 z", "(integer) 1");
    expect(c, "OBJECT ENCODING d", "\"listpack\"");

    expect(c, "CONFIG SET zset-max-listpack-entries 2 zset-max-listpack-value 4", "OK");
    expect(c, "ZADD tiny 1 a 2 b", "(integer) 2");
    expect(c, "OBJECT ENCODING tiny", "\"listpack\"");
    expect(c, "ZADD tiny 3 c", "(integer) 1");
    expect(c, "OBJECT ENCODING tiny", "\"skiplist\"");
    expect(c, "ZADD wide 1 abcde", "(integer) 1");
    expect(c, "OBJECT ENCODING wide", "\"skiplist\"");
    expect(c, "ZRANGESTORE again tiny 0 0", "(integer) 1");
    expect(c, "OBJECT ENCODING again", "\"listpack\"");
    example_close(&example);
}

Test(sorted_sets, may_be_large, .timeout = 120)
{
    struct example example;
    struct client *c = example_open(&example);

    for (int first = 0; first < 100000; first += 1000)
        add_members(c, "ZADD z", "member:", first, first + 1000);
    expect(c, "ZCARD z", "(integer) 100000");
    expect(c, "ZRANK z member:77777", "(integer) 77777");
    expect(c, "ZREVRANK z member:77777", "(integer) 22222");
    expect(c, "ZSCORE z member:4711", "\"4711\"");
    expect(c, "ZRANGE z 50000 50001 WITHSCORES",
           "1) \"member:50000\"\n2) \"50000\"\n3) \"member:50001\"\n4) \"50001\"");
    expect(c, "ZRANGE z 99 99 REV", "1) \"member:99900\"");
    expect(c, "ZRANGEBYSCORE z (10 inf LIMIT 90000 2", "1) \"member:90011\"\n2) \"member:90012\"");
    expect(c, "ZREVRANGEBYSCORE z inf (10 LIMIT 90000 1", "1) \"member:9999\"");
    expect(c, "ZCOUNT z (1000 50000", "(integer) 49000");
    expect(c, "ZINCRBY z 1000000 member:0", "\"1000000\"");
    expect(c, "ZREVRANK z member:0", "(integer) 0");
    expect(c, "ZPOPMAX z", "1) \"member:0\"\n2) \"1000000\"");
    expect(c, "ZREMRANGEBYSCORE z 20001 80000", "(integer) 60000");
    expect(c, "ZRANK z member:80001", "(integer) 20000");
    expect(c, "ZREMRANGEBYRANK z 10 -11", "(integer) 39979");
    expect(c, "ZRANGE z 9 10", "1) \"member:10\"\n2) \"member:99990\"");
    expect(c, "ZUNIONSTORE z 2 z z", "(integer) 20");
    expect(c, "ZSCORE z member:99999", "\"199998\"");
    example_close(&example);
}

/* 0e10000, and so on: it is always 0. */
Test(sorted_sets, of_equal_scores_are_in_the_order_of_their_bytes, .timeout = 120)
{
    struct example example;
    struct client *c = example_open(&example);

    for (int first = 19000; first >= 10000; first -= 1000)
        cr_assert_eq(ask_numbered(c, "ZADD z", PREFIXES("0e", "m"), first, first + 1000), 1000);
    expect(c, "ZRANK z m14711", "(integer) 4711");
    expect(c, "ZLEXCOUNT z [m10100 (m19000", "(integer) 8900");
    expect(c, "ZRANGE z [m1444 + BYLEX LIMIT 3 2", "1) \"m14443\"\n2) \"m14444\"");
    expect(c, "ZREVRANGEBYLEX z (m15 - LIMIT 0 1", "1) \"m14999\"");
    expect(c, "ZREMRANGEBYLEX z - (m19999", "(integer) 9999");
    expect(c, "ZRANGE z 0 -1", "1) \"m19999\"");
    example_close(&example);
}
