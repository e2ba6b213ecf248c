/*
 * Where leases are as many as may be: what nobody computes gives way.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/fixture.h"

#define LIMIT "512"
#define KEYS  512

static struct fixture *f;
static struct client *c;

static void open_fixture(void)
{
    f = fixture_open(NULL);
    c = &f->client;
    expect(c, "CONFIG SET cache-max-leases " LIMIT, "OK");
}

static void close_fixture(void)
{
    fixture_close(&f);
}

TestSuite(lease_room, .init = open_fixture, .fini = close_fixture, .timeout = 60);

static struct slice ask_for(const char *kind, int number)
{
    char line[64];
    snprintf(line, sizeof line, "CACHE GET %s:%d LEASE 600000", kind, number);
    return client_ask(c, line);
}

static bool is_win(struct slice reply)
{
    return slice_equal(reply_part_text(reply_part(reply, 0)), SLICE("win"));
}

static void pass(const char *kind, int number)
{
    char line[128];
    struct slice reply = ask_for(kind, number);
    cr_assert(is_win(reply), "%s:%d", kind, number);
    struct slice token = reply_part_text(reply_part(reply, 2));
    snprintf(line, sizeof line, "CACHE RELEASE %s:%d %.*s PASS 86400000", kind, number, (int)token.len,
             token.data);
    client_ask(c, line);
}

/* More than the limit of keys that are to be computed by everybody for a day leave room for all the leases
 * that there may be, but few: nobody can see to it that each shard has as many of them. */
Test(lease_room, keys_that_rest_for_a_day_give_way_to_leases)
{
    int wins = 0;
    for (int i = 0; i < 2 * KEYS; i++) pass("low", i);
    for (int i = 0; i < KEYS; i++) wins += is_win(ask_for("high", i));
    cr_assert_gt(wins, KEYS * 3 / 4, "%d", wins);
    expect_start(c, "CACHE GET low:0", "1) \"");
}

/* It is one record of two to which a shard that has none grants a lease. */
Test(lease_room, a_shard_without_records_has_its_share_though_others_have_used_up_the_limit)
{
    expect(c, "CONFIG SET cache-max-leases 2", "OK");
    pass("low", 0);
    pass("low", 1);
    for (int i = 0; i < 64; i++) {
        cr_assert(is_win(ask_for("high", i)), "%d", i);
        char line[32];
        snprintf(line, sizeof line, "DEL high:%d", i);
        expect(c, line, "(integer) 0");
    }
}
