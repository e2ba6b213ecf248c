/*
 * Strings that are compared before something is done: SET IFNE, IFDEQ, IFDNE, DELEX and DIGEST of Redis 8.4,
 * as its documentation has them. What Valkey answers (IFEQ, DELIFEQ, MSETEX) is recorded:
 * tests/differential/recorded/.
 */
#include <criterion/criterion.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"

static struct client *open_newer(struct example *example)
{
    if (instance_is_redis(INSTANCE_NUTHATCH)) cr_skip_test("Redis 7.0 does not know these");
    return example_open(example);
}

#define WRONG_TYPE "(error) WRONGTYPE Operation against a key holding the wrong kind of value"
#define NO_DIGEST  "(error) ERR must be exactly 16 hexadecimal characters"

Test(strings_compared, a_digest_is_xxh3_in_sixteen_digits)
{
    struct example example;
    struct client *c = open_newer(&example);

    expect(c, "DIGEST k", "(nil)");
    expect(c, "SET k \"Hello world\"", "OK");
    expect(c, "DIGEST k", "\"b6acb9d84a38ff74\"");
    expect(c, "SET k hello", "OK");
    expect(c, "DIGEST k", "\"9555e8555c62dcfd\"");
    expect(c, "SET k \"\"", "OK");
    expect(c, "DIGEST k", "\"2d06800538d394c2\"");
    expect(c, "SET k 123", "OK"); /* kept as a number */
    expect(c, "DIGEST k", "\"404a763b3f4c8c9a\"");
    expect(c, "SET k v8", "OK");
    expect(c, "DIGEST k", "\"0cc76dbb41381419\""); /* with its zero in front */
    expect(
        c,
        "SET k v8lf0c11xh8ymlqztfd3eeq16kfn4sspw7fqmnuuq3k3t75em5wdizgcdw7uc26nnf961u2jkfzkjytls2kwlj7626sd",
        "OK");
    expect(c, "DIGEST k", "\"00006c38adf31777\"");
    expect(c, "RPUSH l a", "(integer) 1");
    expect(c, "DIGEST l", WRONG_TYPE);
    expect(c, "DIGEST", "(error) ERR wrong number of arguments for 'digest' command");
    expect(c, "COMMAND GETKEYSANDFLAGS DIGEST k", "1) 1) \"k\"\n   2) 1) RO\n      2) access");
    example_close(&example);
}

Test(strings_compared, set_ifne_stores_what_is_not_there_yet)
{
    struct example example;
    struct client *c = open_newer(&example);

    expect(c, "SET k 1 IFNE 1", "OK"); /* nothing is equal to a key that does not exist */
    expect(c, "SET k 2 IFNE 1", "(nil)");
    expect(c, "SET k 2 IFNE 01", "OK");
    expect(c, "SET k 3 IFNE 2 GET", "\"2\"");
    expect(c, "GET k", "\"2\"");
    expect(c, "SET k 3 IFNE 4 GET", "\"2\"");
    expect(c, "GET k", "\"3\"");
    expect(c, "SET other 1 IFNE x GET", "(nil)");
    expect(c, "GET other", "\"1\"");
    expect(c, "SET k 4 IFNE 3 EX 0", "(error) ERR invalid expire time in 'set' command");
    expect(c, "SET k 4 IFNE 3 NX", "(error) ERR syntax error");
    expect(c, "SET k 4 XX IFNE 3", "(error) ERR syntax error");
    expect(c, "SET k 4 IFNE 3 IFEQ 3", "(error) ERR syntax error");
    expect(c, "SET k 4 IFNE", "(error) ERR syntax error");
    expect(c, "SET k 4 IFNE 9 EX 100", "OK");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "SET k 5 KEEPTTL IFNE 9", "OK");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "RPUSH l a", "(integer) 1");
    expect(c, "SET l v IFNE a", WRONG_TYPE);
    expect(c, "SET l v IFNE a GET", WRONG_TYPE);
    example_close(&example);
}

Test(strings_compared, set_compares_with_a_digest)
{
    struct example example;
    struct client *c = open_newer(&example);

    expect(c, "SET k v IFDEQ 9555e8555c62dcfd", "(nil)");
    expect(c, "EXISTS k", "(integer) 0");
    expect(c, "SET k hello IFDNE 9555e8555c62dcfd", "OK");
    expect(c, "SET k other IFDNE 9555e8555c62dcfd", "(nil)");
    expect(c, "SET k other IFDEQ 0000000000000000", "(nil)");
    expect(c, "SET k other IFDEQ 9555E8555C62DCFD GET", "\"hello\"");
    expect(c, "GET k", "\"other\"");
    expect(c, "SET k hello IFDNE zzzzzzzzzzzzzzzz", "OK");
    expect(c, "SET k v IFDEQ 9555e8555c62dcf", NO_DIGEST);
    expect(c, "SET k v IFDNE \"\"", NO_DIGEST);
    expect(c, "SET nobody v IFDEQ 1", NO_DIGEST);
    expect(c, "GET k", "\"hello\"");
    expect(c, "SADD s a", "(integer) 1");
    expect(c, "SET s v IFDEQ 9555e8555c62dcfd", WRONG_TYPE);
    expect(c, "COMMAND GETKEYSANDFLAGS SET k v IFDEQ x",
           "1) 1) \"k\"\n   2) 1) RW\n      2) access\n      3) update");
    example_close(&example);
}

Test(strings_compared, delex_removes_what_fits)
{
    struct example example;
    struct client *c = open_newer(&example);

    expect(c, "DELEX k", "(integer) 0");
    expect(c, "SET k hello", "OK");
    expect(c, "DELEX k", "(integer) 1");
    expect(c, "RPUSH l a", "(integer) 1");
    expect(c, "DELEX l", "(integer) 1");
    expect(c, "SET k hello", "OK");
    expect(c, "DELEX k IFEQ other", "(integer) 0");
    expect(c, "DELEX k IFNE hello", "(integer) 0");
    expect(c, "DELEX k IFDEQ 0000000000000000", "(integer) 0");
    expect(c, "DELEX k IFDNE 9555e8555c62dcfd", "(integer) 0");
    expect(c, "DELEX k ifeq hello", "(integer) 1");
    expect(c, "SET k hello", "OK");
    expect(c, "DELEX k IfNe other", "(integer) 1");
    expect(c, "SET k hello", "OK");
    expect(c, "DELEX k IFDEQ 9555E8555C62DCFD", "(integer) 1");
    expect(c, "SET k hello", "OK");
    expect(c, "DELEX k IFDNE 0000000000000000", "(integer) 1");
    expect(c, "EXISTS k", "(integer) 0");
    example_close(&example);
}

Test(strings_compared, delex_looks_at_its_condition_only_where_there_is_a_key)
{
    struct example example;
    struct client *c = open_newer(&example);

    expect(c, "DELEX k IFDEQ short", "(integer) 0");
    expect(c, "DELEX k NONSENSE x", "(integer) 0");
    expect(c, "DELEX k IFEQ", "(error) ERR wrong number of arguments for 'delex' command");
    expect(c, "DELEX k IFEQ a b", "(error) ERR wrong number of arguments for 'delex' command");
    expect(c, "SET k hello", "OK");
    expect(c, "DELEX k IFDEQ short", NO_DIGEST);
    expect(c, "DELEX k NONSENSE x", "(error) ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");
    expect(c, "RPUSH l a", "(integer) 1");
    expect(c, "DELEX l IFEQ a", "(error) ERR Key should be of string type if conditions are specified");
    expect(c, "DELEX l NONSENSE a", "(error) ERR Key should be of string type if conditions are specified");
    expect(c, "EXISTS k l", "(integer) 2");
    expect(c, "COMMAND GETKEYSANDFLAGS DELEX k", "1) 1) \"k\"\n   2) 1) RM\n      2) delete");
    expect(c, "COMMAND GETKEYSANDFLAGS DELEX k IFEQ v", "1) 1) \"k\"\n   2) 1) RW\n      2) delete");
    example_close(&example);
}

Test(strings_compared, msetex_says_what_is_wrong_with_its_pairs)
{
    struct example example;
    struct client *c = open_newer(&example);

    expect(c, "MSETEX 0 a 1", "(error) ERR invalid numkeys value");
    expect(c, "MSETEX -1 a 1", "(error) ERR invalid numkeys value");
    expect(c, "MSETEX many a 1", "(error) ERR invalid numkeys value");
    expect(c, "MSETEX 2147483648 a 1", "(error) ERR invalid numkeys value");
    expect(c, "MSETEX 9223372036854775807 a 1", "(error) ERR invalid numkeys value");
    expect(c, "MSETEX 2 a 1 b", "(error) ERR wrong number of key-value pairs");
    expect(c, "MSETEX 2147483647 a 1 b", "(error) ERR wrong number of key-value pairs");
    expect(c, "DBSIZE", "(integer) 0");
    example_close(&example);
}

Test(strings_compared, what_changes_is_told_as_of_set_and_del)
{
    struct example example;
    struct client *c = open_newer(&example), listener;

    cr_assert(client_open_tcp(&listener, example.server.port));
    expect(c, "CONFIG SET notify-keyspace-events KEA", "OK");
    expect_start(&listener, "PSUBSCRIBE __keyevent@0__:*", "1) \"psubscribe\"");
    expect(c, "SET k 1 IFNE 2", "OK");
    expect_next(&listener, "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:set\"\n4) \"k\"");
    expect(c, "SET k 1 IFEQ 2", "(nil)");
    expect(c, "MSETEX 1 k 2 EX 100", "(integer) 1");
    expect_next(&listener, "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:set\"\n4) \"k\"");
    expect_next(&listener,
                "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:expire\"\n4) \"k\"");
    expect(c, "DELIFEQ k 1", "(integer) 0");
    expect(c, "DELIFEQ k 2", "(integer) 1");
    expect_next(&listener, "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:del\"\n4) \"k\"");
    client_close(&listener);
    example_close(&example);
}
