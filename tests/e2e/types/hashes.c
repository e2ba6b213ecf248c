#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"

Test(hashes, fields_are_set_and_got)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h name nuthatch seeds 12", "(integer) 2");
    expect(c, "HSET h seeds 13 tree oak seeds 14", "(integer) 1");
    expect(c, "HGET h seeds", "\"14\"");
    expect(c, "HGET h wings", "(nil)");
    expect(c, "HGET nobody name", "(nil)");
    expect(c, "HMGET h tree wings name tree", "1) \"oak\"\n2) (nil)\n3) \"nuthatch\"\n4) \"oak\"");
    expect(c, "HMGET nobody a b", "1) (nil)\n2) (nil)");
    expect(c, "HLEN h", "(integer) 3");
    expect(c, "HLEN nobody", "(integer) 0");
    expect(c, "HSTRLEN h name", "(integer) 8");
    expect(c, "HSTRLEN h seeds", "(integer) 2");
    expect(c, "HSTRLEN h wings", "(integer) 0");
    expect(c, "HEXISTS h tree", "(integer) 1");
    expect(c, "HEXISTS h wings", "(integer) 0");
    expect(c, "HSETNX h tree beech", "(integer) 0");
    expect(c, "HSETNX h food nuts", "(integer) 1");
    expect(c, "HMSET h food seeds tree elm", "OK");
    expect(c, "HGET h tree", "\"elm\"");
    expect(c, "HSET h odd", "(error) ERR wrong number of arguments for 'hset' command");
    expect(c, "HSET h a 1 b", "(error) ERR wrong number of arguments for 'hset' command");
    expect(c, "HMSET h a 1 b", "(error) ERR wrong number of arguments for 'hmset' command");
    example_close(&example);
}

Test(hashes, names_and_values_may_be_any_bytes)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h \"\" empty \"\\x00\\r\\n\" \"\" 007 008 -0 +1", "(integer) 4");
    expect(c, "HGET h \"\"", "\"empty\"");
    expect(c, "HGET h \"\\x00\\r\\n\"", "\"\"");
    expect(c, "HGET h 007", "\"008\"");
    expect(c, "HGET h 7", "(nil)");
    expect(c, "HGET h -0", "\"+1\"");
    expect(c, "HGET h 0", "(nil)");
    expect(c, "HSET h 9223372036854775807 -9223372036854775808", "(integer) 1");
    expect(c, "HGET h 9223372036854775807", "\"-9223372036854775808\"");
    expect(c, "HSTRLEN h 9223372036854775807", "(integer) 20");
    example_close(&example);
}

Test(hashes, a_key_goes_with_its_last_field)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h a 1 b 2 c 3", "(integer) 3");
    expect(c, "HDEL h a x a", "(integer) 1");
    expect(c, "EXISTS h", "(integer) 1");
    expect(c, "HDEL h b c b", "(integer) 2");
    expect(c, "EXISTS h", "(integer) 0");
    expect(c, "HDEL h a", "(integer) 0");
    example_close(&example);
}

Test(hashes, are_told_as_maps_where_the_protocol_has_them)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h a 1 b two", "(integer) 2");
    expect(c, "HGETALL h", "1) \"a\"\n2) \"1\"\n3) \"b\"\n4) \"two\"");
    expect(c, "HKEYS h", "1) \"a\"\n2) \"b\"");
    expect(c, "HVALS h", "1) \"1\"\n2) \"two\"");
    expect(c, "HGETALL nobody", "(empty array)");
    expect(c, "HRANDFIELD h 5 WITHVALUES", "1) \"a\"\n2) \"1\"\n3) \"b\"\n4) \"two\"");
    expect_start(c, "HELLO 3", "1#");
    expect(c, "HGETALL h", "1# \"a\" => \"1\"\n2# \"b\" => \"two\"");
    expect_raw(c, SLICE("HGETALL nobody\r\n"), SLICE("%0\r\n"));
    expect_raw(c, SLICE("HKEYS h\r\n"), SLICE("*2\r\n$1\r\na\r\n$1\r\nb\r\n"));
    expect_raw(c, SLICE("HGET h x\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("HRANDFIELD nobody\r\n"), SLICE("_\r\n"));
    expect_raw(c, SLICE("HRANDFIELD nobody 2\r\n"), SLICE("*0\r\n"));
    expect_raw(c, SLICE("HRANDFIELD h 2 WITHVALUES\r\n"),
               SLICE("*2\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\nb\r\n$3\r\ntwo\r\n"));
    expect_raw(c, SLICE("HSCAN h 0\r\n"),
               SLICE("*2\r\n$1\r\n0\r\n*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$3\r\ntwo\r\n"));
    example_close(&example);
}

Test(hashes, a_field_can_be_counted)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HINCRBY h n 5", "(integer) 5");
    expect(c, "HINCRBY h n -7", "(integer) -2");
    expect(c, "HGET h n", "\"-2\"");
    expect(c, "HSET h n 9223372036854775807 text much", "(integer) 1");
    expect(c, "HINCRBY h n 1", "(error) ERR increment or decrement would overflow");
    expect(c, "HINCRBY h text 1", "(error) ERR hash value is not an integer");
    expect(c, "HINCRBY h n 1.5", "(error) ERR value is not an integer or out of range");
    expect(c, "HINCRBYFLOAT h f 10.5", "\"10.5\"");
    expect(c, "HINCRBYFLOAT h f 0.1", "\"10.6\"");
    expect(c, "HINCRBYFLOAT h f -10.6", "\"0\"");
    expect(c, "HINCRBYFLOAT h f 5.0e3", "\"5000\"");
    expect(c, "HINCRBY h f 1", "(integer) 5001");
    expect(c, "HINCRBYFLOAT h text 1", "(error) ERR hash value is not a float");
    expect(c, "HINCRBYFLOAT h f much", "(error) ERR value is not a valid float");
    expect(c, "HINCRBYFLOAT h f inf", "(error) ERR value is NaN or Infinity");
    expect(c, "HINCRBYFLOAT h f nan", "(error) ERR value is not a valid float");
    expect(c, "HGET h f", "\"5001\"");
    expect(c, "HINCRBY other text x", "(error) ERR value is not an integer or out of range");
    expect(c, "EXISTS other", "(integer) 0");
    example_close(&example);
}

Test(hashes, random_fields_are_as_many_as_asked_for)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h a 1", "(integer) 1");
    expect(c, "HRANDFIELD h", "\"a\"");
    expect(c, "HRANDFIELD h 3", "1) \"a\"");
    expect(c, "HRANDFIELD h -3", "1) \"a\"\n2) \"a\"\n3) \"a\"");
    expect(c, "HRANDFIELD h -2 WITHVALUES", "1) \"a\"\n2) \"1\"\n3) \"a\"\n4) \"1\"");
    expect(c, "HRANDFIELD h 0", "(empty array)");
    expect(c, "HRANDFIELD nobody", "(nil)");
    expect(c, "HRANDFIELD nobody 1", "(empty array)");
    expect(c, "HRANDFIELD h many", "(error) ERR value is not an integer or out of range");
    expect(c, "HRANDFIELD h 1 WITHSCORES", "(error) ERR syntax error");
    expect(c, "HRANDFIELD h 1 WITHVALUES more", "(error) ERR syntax error");
    expect(c, "HRANDFIELD h 9223372036854775807 WITHVALUES", "(error) ERR value is out of range");
    expect_start(c, "HRANDFIELD h -9223372036854775808",
                 "(error) ERR value is out of range, value must between");
    example_close(&example);
}

Test(hashes, are_scanned)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h a1 x a2 y b1 z", "(integer) 3");
    expect(c, "HSCAN h 0 MATCH a* COUNT 1", "1) \"0\"\n2) 1) \"a1\"\n   2) \"x\"\n   3) \"a2\"\n   4) \"y\"");
    expect(c, "HSCAN nobody 0 NONSENSE", "1) \"0\"\n2) (empty array)");
    expect(c, "HSCAN h 0 NONSENSE", "(error) ERR syntax error");
    expect(c, "HSCAN h 0 TYPE string", "(error) ERR syntax error");
    expect(c, "HSCAN h 0 COUNT 0", "(error) ERR syntax error");
    expect(c, "HSCAN h here", "(error) ERR invalid cursor");
    example_close(&example);
}

Test(hashes, are_scanned_without_their_values)
{
    struct example example;
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 does not know NOVALUES");
    struct client *c = example_open(&example);

    expect(c, "HSET h a1 x a2 y", "(integer) 2");
    expect(c, "HSCAN h 0 novalues MATCH *2", "1) \"0\"\n2) 1) \"a2\"");
    expect(c, "SADD s a", "(integer) 1");
    expect(c, "SSCAN s 0 NOVALUES", "(error) ERR syntax error");
    example_close(&example);
}

Test(hashes, are_no_use_to_commands_of_other_types)
{
    static const char *const lines[] = {
        "HSET s a 1",
        "HSETNX s a 1",
        "HMSET s a 1",
        "HGET s a",
        "HMGET s a",
        "HGETALL s",
        "HKEYS s",
        "HVALS s",
        "HLEN s",
        "HSTRLEN s a",
        "HEXISTS s a",
        "HDEL s a",
        "HINCRBY s a 1",
        "HRANDFIELD s",
        "HRANDFIELD s 0",
        "HSCAN s 0",
        "HINCRBYFLOAT s a 1",
        "SADD h a",
        "GET h",
        "APPEND h x",
        "SETRANGE h 1 x",
        "SINTER nobody h",
        "SUNION h nobody",
        "SDIFF nobody h",
        "SMOVE h h2 a",
        "SINTERCARD 1 h",
        "SPOP h",
        "SRANDMEMBER h",
        "SMISMEMBER h a",
        "INCR h",
        "HSCAN s 0 FOO",
    };
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET s text", "OK");
    expect(c, "HSET h a 1", "(integer) 1");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) expect(c, lines[i], WRONG_TYPE);
    expect(c, "GET s", "\"text\"");
    expect(c, "HGETALL h", "1) \"a\"\n2) \"1\"");
    expect(c, "SET h text", "OK");
    expect(c, "GET h", "\"text\"");
    example_close(&example);
}

Test(hashes, keep_their_time_to_live_when_fields_change)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "HSET h a 1", "(integer) 1");
    expect(c, "EXPIRE h 100", "(integer) 1");
    expect(c, "HSET h a 2 b 3", "(integer) 1");
    expect(c, "HINCRBY h a 1", "(integer) 3");
    expect(c, "HDEL h b", "(integer) 1");
    expect(c, "TTL h", "(integer) 100");
    expect(c, "PEXPIREAT h 1", "(integer) 1");
    expect(c, "HGETALL h", "(empty array)");
    expect(c, "HSET h c 1", "(integer) 1");
    expect(c, "TTL h", "(integer) -1");
    example_close(&example);
}

Test(hashes, name_their_encoding_by_the_settings)
{
    struct example example;
    struct client *c = example_open(&example);
    char line[256];

    for (int i = 0; i < 512; i++) {
        snprintf(line, sizeof line, "HSET h field:%d v", i);
        expect(c, line, "(integer) 1");
    }
    expect(c, "OBJECT ENCODING h", "\"listpack\"");
    expect(c, "HSET h field:511 w", "(integer) 0");
    expect(c, "OBJECT ENCODING h", "\"listpack\"");
    expect(c, "HSET h field:512 v", "(integer) 1");
    expect(c, "OBJECT ENCODING h", "\"hashtable\"");
    expect(c, "HDEL h field:0 field:1", "(integer) 2");
    expect(c, "OBJECT ENCODING h", "\"hashtable\"");

    snprintf(line, sizeof line, "HSET long %064d %064d", 1, 2);
    expect(c, line, "(integer) 1");
    expect(c, "OBJECT ENCODING long", "\"listpack\"");
    snprintf(line, sizeof line, "HSET long %064d %065d", 1, 2);
    expect(c, line, "(integer) 0");
    expect(c, "OBJECT ENCODING long", "\"hashtable\"");

    expect(c, "CONFIG SET hash-max-listpack-entries 2 hash-max-ziplist-value 8", "OK");
    expect(c, "HSET few a 12345678 b 1", "(integer) 2");
    expect(c, "OBJECT ENCODING few", "\"listpack\"");
    expect(c, "HSETNX few c 1", "(integer) 1");
    expect(c, "OBJECT ENCODING few", "\"hashtable\"");
    expect(c, "HSET wide a 123456789", "(integer) 1");
    expect(c, "OBJECT ENCODING wide", "\"hashtable\"");
    example_close(&example);
}
