#include <criterion/criterion.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

Test(strings, what_was_set_is_got)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET greeting hello", "OK");
    expect(c, "GET greeting", "\"hello\"");
    expect(c, "GET nobody", "(nil)");
    expect(c, "SET greeting \"\"", "OK");
    expect(c, "GET greeting", "\"\"");
    expect(c, "SET \"\" \"a key may be empty\"", "OK");
    expect(c, "GET \"\"", "\"a key may be empty\"");
    expect(c, "SET \"\\x00\\r\\n\" \"\\xff\\x00\"", "OK");
    expect(c, "GET \"\\x00\\r\\n\"", "\"\\xff\\x00\"");
    example_close(&example);
}

Test(strings, set_may_depend_on_what_is_there)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k 1 XX", "(nil)");
    expect(c, "SET k 1 NX", "OK");
    expect(c, "SET k 2 NX", "(nil)");
    expect(c, "SET k 2 XX", "OK");
    expect(c, "SET k 3 NX GET", "\"2\"");
    expect(c, "SET k 3 GET", "\"2\"");
    expect(c, "SET other 1 XX GET", "(nil)");
    expect(c, "EXISTS other", "(integer) 0");
    expect(c, "SETNX k 4", "(integer) 0");
    expect(c, "SETNX other 4", "(integer) 1");
    expect(c, "GETSET k 5", "\"3\"");
    expect(c, "GETDEL k", "\"5\"");
    expect(c, "GETDEL k", "(nil)");
    example_close(&example);
}

Test(strings, set_takes_a_time_to_live_and_otherwise_clears_it)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k v EX 100", "OK");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "SET k w KEEPTTL", "OK");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "SET k w", "OK");
    expect(c, "TTL k", "(integer) -1");
    expect(c, "SET k v PXAT 9999999999999", "OK");
    expect(c, "PEXPIRETIME k", "(integer) 9999999999999");
    expect(c, "SETEX k 10 v", "OK");
    expect(c, "TTL k", "(integer) 10");
    expect(c, "PSETEX k 10000 v", "OK");
    expect(c, "TTL k", "(integer) 10");
    expect(c, "SET k v EXAT 1", "OK");
    expect(c, "EXISTS k", "(integer) 0");
    example_close(&example);
}

Test(strings, a_time_to_live_of_set_is_a_positive_number_that_fits)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k v EX 0", "(error) ERR invalid expire time in 'set' command");
    expect(c, "SET k v PX -1", "(error) ERR invalid expire time in 'set' command");
    expect(c, "SET k v EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command");
    expect(c, "SET k v EX ten", "(error) ERR value is not an integer or out of range");
    expect(c, "SET k v EX", "(error) ERR syntax error");
    expect(c, "SET k v EX 10 PX 10", "(error) ERR syntax error");
    expect(c, "SET k v EX 10 KEEPTTL", "(error) ERR syntax error");
    expect(c, "SET k v NX XX", "(error) ERR syntax error");
    expect(c, "SETEX k 0 v", "(error) ERR invalid expire time in 'setex' command");
    expect(c, "PSETEX k 0 v", "(error) ERR invalid expire time in 'psetex' command");
    expect(c, "EXISTS k", "(integer) 0");
    example_close(&example);
}

Test(strings, getex_reads_and_changes_the_time_to_live)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET k v", "OK");
    expect(c, "GETEX k EX 100", "\"v\"");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "GETEX k", "\"v\"");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "GETEX k PERSIST", "\"v\"");
    expect(c, "TTL k", "(integer) -1");
    expect(c, "GETEX k EX 0", "(error) ERR invalid expire time in 'getex' command");
    expect(c, "GETEX k NX", "(error) ERR syntax error");
    expect(c, "GETEX nobody EX soon", "(nil)");
    expect(c, "GETEX k PXAT 1", "\"v\"");
    expect(c, "EXISTS k", "(integer) 0");
    example_close(&example);
}

Test(strings, several_at_once)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "MSET a 1 b 2 a 3", "OK");
    expect(c, "MGET a nobody b", "1) \"3\"\n2) (nil)\n3) \"2\"");
    expect(c, "MSETNX c 1 b 1", "(integer) 0");
    expect(c, "EXISTS c", "(integer) 0");
    expect(c, "MSETNX c 1 d 1 c 2", "(integer) 1");
    expect(c, "GET c", "\"2\"");
    expect(c, "MSET a 1 b", "(error) ERR wrong number of arguments for 'mset' command");
    example_close(&example);
}

Test(strings, parts_are_read_appended_and_overwritten)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "APPEND k Hello", "(integer) 5");
    expect(c, "APPEND k \" World\"", "(integer) 11");
    expect(c, "STRLEN k", "(integer) 11");
    expect(c, "GETRANGE k 0 4", "\"Hello\"");
    expect(c, "GETRANGE k -5 -1", "\"World\"");
    expect(c, "GETRANGE k 9 100", "\"ld\"");
    expect(c, "GETRANGE k 5 4", "\"\"");
    expect(c, "GETRANGE k -1 -5", "\"\"");
    expect(c, "GETRANGE nobody 0 -1", "\"\"");
    expect(c, "SUBSTR k 0 0", "\"H\"");
    expect(c, "SETRANGE k 6 Redis", "(integer) 11");
    expect(c, "GET k", "\"Hello Redis\"");
    expect(c, "SETRANGE gap 2 x", "(integer) 3");
    expect(c, "GET gap", "\"\\x00\\x00x\"");
    expect(c, "SETRANGE nobody 5 \"\"", "(integer) 0");
    expect(c, "EXISTS nobody", "(integer) 0");
    expect(c, "SETRANGE k -1 x", "(error) ERR offset is out of range");
    expect(c, "SETRANGE k 536870912 x",
           "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    expect(c, "SETRANGE k 9223372036854775807 x",
           "(error) ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    expect(c, "GET k", "\"Hello Redis\"");
    example_close(&example);
}

Test(strings, a_number_is_text_that_can_be_counted)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "INCR n", "(integer) 1");
    expect(c, "INCRBY n 41", "(integer) 42");
    expect(c, "DECR n", "(integer) 41");
    expect(c, "DECRBY n 50", "(integer) -9");
    expect(c, "GET n", "\"-9\"");
    expect(c, "STRLEN n", "(integer) 2");
    expect(c, "APPEND n 0", "(integer) 3");
    expect(c, "INCR n", "(integer) -89");
    expect(c, "EXPIRE n 100", "(integer) 1");
    expect(c, "INCR n", "(integer) -88");
    expect(c, "TTL n", "(integer) 100");
    expect(c, "SET n 9223372036854775807", "OK");
    expect(c, "INCR n", "(error) ERR increment or decrement would overflow");
    expect(c, "GET n", "\"9223372036854775807\"");
    expect(c, "DECRBY n -9223372036854775808", "(error) ERR decrement would overflow");
    expect(c, "SET n 007", "OK");
    expect(c, "INCR n", "(error) ERR value is not an integer or out of range");
    expect(c, "INCRBY n 1.5", "(error) ERR value is not an integer or out of range");
    example_close(&example);
}

Test(strings, fractions_are_counted_without_exponents_or_trailing_zeros)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "SET f 10.50", "OK");
    expect(c, "INCRBYFLOAT f 0.1", "\"10.6\"");
    expect(c, "INCRBYFLOAT f -10.6", "\"0\"");
    expect(c, "INCRBYFLOAT f 5.0e3", "\"5000\"");
    expect(c, "INCRBYFLOAT f much", "(error) ERR value is not a valid float");
    expect(c, "INCRBYFLOAT f inf", "(error) ERR increment would produce NaN or Infinity");
    expect(c, "SET f text", "OK");
    expect(c, "INCRBYFLOAT f 1", "(error) ERR value is not a valid float");
    example_close(&example);
}

Test(strings, the_longest_common_subsequence)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "MSET a ohmytext b mynewtext", "OK");
    expect(c, "LCS a b", "\"mytext\"");
    expect(c, "LCS a b LEN", "(integer) 6");
    expect(c, "LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN",
           "1) \"matches\"\n"
           "2) 1) 1) 1) (integer) 4\n"
           "         2) (integer) 7\n"
           "      2) 1) (integer) 5\n"
           "         2) (integer) 8\n"
           "      3) (integer) 4\n"
           "3) \"len\"\n"
           "4) (integer) 6");
    expect(c, "LCS a nobody", "\"\"");
    expect(c, "LCS a b IDX LEN", "(error) ERR If you want both the length and indexes, please just use IDX.");
    example_close(&example);
}
