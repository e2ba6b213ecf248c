/*
 * Collections of a hundred thousand elements, in which nothing is lost on the way up and down.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/numbered.h"
#include "tests/support/client/reply_parts.h"

#define MANY 100000

/* `command` on the elements `from` to `to`, a thousand at a time; each is new, or is there. */
static void change(struct client *c, const char *command, const char *const *prefixes, int from, int to)
{
    for (; from < to; from += 1000) cr_assert_eq(ask_numbered(c, command, prefixes, from, from + 1000), 1000);
}

static size_t count_parts(struct client *c, const char *line)
{
    struct reply_parts parts;
    cr_assert(reply_parts_init(&parts, client_ask(c, line)), "%s", line);
    return parts.count;
}

Test(large_collections, hashes_lose_no_field, .timeout = 120)
{
    struct example example;
    struct client *c = example_open(&example);
    char line[64], wanted[64];

    change(c, "HSET h", PREFIXES("field:", "value:"), 0, MANY);
    expect(c, "HLEN h", "(integer) 100000");
    for (int i = 0; i < MANY; i += 997) {
        snprintf(line, sizeof line, "HGET h field:%d", i);
        snprintf(wanted, sizeof wanted, "\"value:%d\"", i);
        expect(c, line, wanted);
    }
    cr_expect_eq(count_parts(c, "HGETALL h"), 2 * MANY);
    cr_expect_eq(count_parts(c, "HVALS h"), MANY);
    cr_expect_eq(count_parts(c, "HRANDFIELD h 90000 WITHVALUES"), 180000);
    cr_expect_eq(count_parts(c, "HRANDFIELD h 1000"), 1000);
    cr_expect_eq(count_parts(c, "HRANDFIELD h -1000"), 1000);
    expect(c, "COPY h other", "(integer) 1");
    change(c, "HDEL h", PREFIXES("field:"), 1000, MANY);
    expect(c, "HLEN h", "(integer) 1000");
    expect(c, "HGET h field:999", "\"value:999\"");
    expect(c, "HGET h field:1000", "(nil)");
    change(c, "HDEL h", PREFIXES("field:"), 0, 1000);
    expect(c, "EXISTS h", "(integer) 0");
    expect(c, "HGET other field:99999", "\"value:99999\"");
    expect(c, "RENAME other h", "OK");
    expect(c, "HLEN h", "(integer) 100000");
    expect(c, "DEL h", "(integer) 1");
    example_close(&example);
}

Test(large_collections, sets_lose_no_member, .timeout = 120)
{
    struct example example;
    struct client *c = example_open(&example);

    change(c, "SADD a", PREFIXES("member:"), 0, MANY);
    change(c, "SADD b", PREFIXES("member:"), MANY / 2, MANY + MANY / 2);
    expect(c, "SCARD a", "(integer) 100000");
    cr_expect_eq(count_parts(c, "SMEMBERS a"), MANY);
    cr_expect_eq(count_parts(c, "SINTER a b"), MANY / 2);
    cr_expect_eq(count_parts(c, "SUNION a b"), MANY + MANY / 2);
    cr_expect_eq(count_parts(c, "SDIFF a b"), MANY / 2);
    cr_expect_eq(count_parts(c, "SRANDMEMBER a 99999"), MANY - 1);
    cr_expect_eq(count_parts(c, "SRANDMEMBER a 5000"), 5000);
    cr_expect_eq(count_parts(c, "SRANDMEMBER a -200000"), 2 * MANY);
    expect(c, "SINTERCARD 2 a b", "(integer) 50000");
    expect(c, "SUNIONSTORE u b a", "(integer) 150000");
    expect(c, "SDIFFSTORE d u a", "(integer) 50000");
    expect(c, "SINTERCARD 2 d a", "(integer) 0");
    expect(c, "SINTERSTORE u u a", "(integer) 100000");
    cr_expect_eq(count_parts(c, "SPOP u 60000"), 60000);
    expect(c, "SCARD u", "(integer) 40000");
    expect(c, "SINTERCARD 2 u a", "(integer) 40000");
    cr_expect_eq(count_parts(c, "SPOP u 40001"), 40000);
    expect(c, "EXISTS u", "(integer) 0");
    example_close(&example);
}

Test(large_collections, draws_whose_reply_would_have_no_end_are_refused)
{
    struct example example;
    struct client *c = example_open(&example);

    expect(c, "CONFIG SET proto-max-bulk-len 1mb", "OK");
    expect(c, "HSET h field 0123456789012345678901234567890123456789", "(integer) 1");
    expect(c, "SADD s 0123456789012345678901234567890123456789", "(integer) 1");
    expect(c, "ZADD z 1 0123456789012345678901234567890123456789", "(integer) 1");
    expect(c, "HRANDFIELD h -9223372036854775807", "(error) ERR value is out of range");
    expect(c, "SRANDMEMBER s -9223372036854775807", "(error) ERR value is out of range");
    expect(c, "ZRANDMEMBER z -9223372036854775807", "(error) ERR value is out of range");
    expect(c, "HRANDFIELD h -100000 WITHVALUES", "(error) ERR value is out of range");
    expect(c, "SRANDMEMBER s -100000", "(error) ERR value is out of range");
    expect(c, "ZRANDMEMBER z -100000 WITHSCORES", "(error) ERR value is out of range");
    cr_expect_eq(count_parts(c, "SRANDMEMBER s -20000"), 20000);
    example_close(&example);
}
