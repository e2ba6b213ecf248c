/*
 * The near cache, in front of a server that knows deadlines of fields: they are the upstream's business, and
 * no copy shows a field that is due there.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_fields, .timeout = 120);

static struct tier_example t;

struct said {
    const char *command, *reply;
};

static const struct said family[] = {
    { "HSET h a 1 b 2 c 3", "(integer) 3" },
    { "HEXPIRE h 100 FIELDS 2 a zz", "1) (integer) 1\n2) (integer) -2" },
    { "HTTL h FIELDS 2 a b", "1) (integer) 100\n2) (integer) -1" },
    { "HPEXPIRE h 200000 FIELDS 1 a", "1) (integer) 1" },
    { "HPTTL h FIELDS 1 a", "1) (integer) 200000" },
    { "HEXPIREAT h 20000000000 FIELDS 1 b", "1) (integer) 1" },
    { "HEXPIRETIME h FIELDS 1 b", "1) (integer) 20000000000" },
    { "HPEXPIREAT h 30000000000000 FIELDS 1 b", "1) (integer) 1" },
    { "HPEXPIRETIME h FIELDS 1 b", "1) (integer) 30000000000000" },
    { "HPERSIST h FIELDS 2 b c", "1) (integer) 1\n2) (integer) -1" },
    { "HGETEX h EX 50 FIELDS 1 c", "1) \"3\"" },
    { "HTTL h FIELDS 1 c", "1) (integer) 50" },
    { "HSETEX h FNX EX 60 FIELDS 1 d 4", "(integer) 1" },
    { "HSETEX h KEEPTTL FIELDS 1 d 5", "(integer) 1" },
    { "HTTL h FIELDS 1 d", "1) (integer) 60" },
    { "HGETDEL h FIELDS 2 d e", "1) \"5\"\n2) (nil)" },
    { "HEXPIRE h 0 FIELDS 1 c", "1) (integer) 2" },
    { "HLEN h", "(integer) 2" },
};

Test(tier_fields, the_family_goes_through_and_both_see_the_same)
{
    tier_open_before_ours(&t, NULL);
    for (size_t i = 0; i < sizeof family / sizeof *family; i++) {
        expect(&t.client, family[i].command, family[i].reply);
        expect(&t.direct, "HGET h a", "\"1\"");
    }
    tier_close(&t);
}

/* Each gives a field of a hash, of which there is a copy, a deadline or takes it away with the field. */
static const char *const changes[] = {
    "HEXPIRE h 10 FIELDS 1 a",     "HPEXPIREAT h 30000000000000 FIELDS 1 a",
    "HSETEX h EX 10 FIELDS 1 a 1", "HGETEX h EX 10 FIELDS 1 a",
    "HEXPIRE h 0 FIELDS 1 a",      "HGETDEL h FIELDS 1 a",
};

/* Asked until a copy answers. */
static void make_copy(void)
{
    expect(&t.direct, "FLUSHALL", "OK");
    expect(&t.direct, "HSET h a 1 b 2", "(integer) 2");
    tier_wait_reply(&t.client, "HLEN h", "(integer) 2");
    int64_t end_ms = pace_now_ms() + 10000 * PACE, hits = tier_count(&t.client, "nearcache_typed_hits");
    while (tier_count(&t.client, "nearcache_typed_hits") == hits) {
        cr_assert(pace_now_ms() < end_ms, "no copy is made");
        expect(&t.client, "HGET h b", "\"2\"");
    }
}

Test(tier_fields, a_copy_ends_when_a_field_is_given_a_deadline)
{
    tier_open_before_ours(&t, NULL);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct client *clients[] = { &t.client, &t.direct };
        for (size_t who = 0; who < 2; who++) {
            make_copy();
            client_ask(clients[who], changes[i]);
            tier_wait_reply(&t.client, "HGET h a", i < 4 ? "\"1\"" : "(nil)");
            tier_wait_reply(&t.client, "HLEN h", i < 4 ? "(integer) 2" : "(integer) 1");
        }
    }
    tier_close(&t);
}

Test(tier_fields, no_read_shows_a_field_that_is_due)
{
    tier_open_before_ours(&t, NULL);
    make_copy();
    expect(&t.direct, "HPEXPIRE h 1000 FIELDS 1 a", "1) (integer) 1");
    for (int i = 0; i < 20; i++)
        tier_wait_reply(&t.client, "HGETALL h", "1) \"a\"\n2) \"1\"\n3) \"b\"\n4) \"2\"");
    tier_advance(&t, 999);
    expect(&t.client, "HGET h a", "\"1\"");
    tier_advance(&t, 2);
    expect(&t.client, "HGET h a", "(nil)");
    expect(&t.client, "HGETALL h", "1) \"b\"\n2) \"2\"");
    expect(&t.client, "HLEN h", "(integer) 1");
    expect(&t.client, "HEXISTS h a", "(integer) 0");

    expect(&t.client, "HPEXPIRE h 1000 FIELDS 1 b", "1) (integer) 1");
    for (int i = 0; i < 20; i++) tier_wait_reply(&t.client, "HGET h b", "\"2\"");
    tier_advance(&t, 1001);
    expect(&t.client, "HGET h b", "(nil)");
    expect(&t.client, "EXISTS h", "(integer) 0");
    tier_close(&t);
}
