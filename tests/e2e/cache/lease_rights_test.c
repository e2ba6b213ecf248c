/*
 * Who may win a lease of CACHE GET: who may store what it computes.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/fixture.h"

#define HIT(value)     "1) \"hit\"\n2) \"" value "\"\n3) (nil)"
#define STALE(value)   "1) \"stale\"\n2) \"" value "\"\n3) (nil)"
#define NOTHING(state) "1) \"" state "\"\n2) (nil)\n3) (nil)"

static struct fixture *f;
static struct client *c;
static struct client user;

static void open_fixture(void)
{
    f = fixture_open(NULL);
    c = &f->client;
    fixture_connect(f, &user);
}

static void close_fixture(void)
{
    client_close(&user);
    fixture_close(&f);
}

TestSuite(lease_rights, .init = open_fixture, .fini = close_fixture, .timeout = 120);

static void expect_win(struct client *client, const char *line)
{
    struct slice reply = client_ask(client, line);
    cr_assert(slice_equal(reply_part_text(reply_part(reply, 0)), SLICE("win")), "%.*s", (int)reply.len,
              reply.data);
}

/* Who could not store what he computes would only keep others from it. */
Test(lease_rights, who_may_not_store_wins_no_lease)
{
    static const char *const users[] = { "ACL SETUSER u on nopass +@read ~*",
                                         "ACL SETUSER u on nopass +@all -cache|set ~*",
                                         "ACL SETUSER u on nopass +@all %R~*",
                                         "ACL SETUSER u on nopass +@read %RW~* (+cache|set %W~other)" };
    expect(c, "CACHE SET old v PX 100 GRACE 100000", "OK");
    expect(c, "CACHE SET dear v PX 10000 COST 5000", "OK");
    fixture_advance(f, 9000);
    for (size_t i = 0; i < sizeof users / sizeof *users; i++) {
        expect(c, "ACL DELUSER u", i == 0 ? "(integer) 0" : "(integer) 1");
        expect(c, users[i], "OK");
        expect(&user, "AUTH u x", "OK");
        expect(&user, "CACHE GET k LEASE 600000", NOTHING("miss"));
        expect(&user, "CACHE GET k WAIT 60000", NOTHING("miss"));
        expect(&user, "CACHE GET old", STALE("v"));
        expect(&user, "CACHE GET dear", HIT("v"));
        client_close(&user);
        fixture_connect(f, &user);
    }
    expect(c, "ACL SETUSER filler on nopass +@read ~* (+cache|get +cache|set ~k)", "OK");
    expect(&user, "AUTH filler x", "OK");
    expect(&user, "CACHE GET j", NOTHING("miss"));
    expect_win(&user, "CACHE GET k");
}

Test(lease_rights, a_script_that_may_not_write_wins_no_lease)
{
    expect(c, "EVAL_RO \"return redis.call('cache','get',KEYS[1])[1]\" 1 k", "\"miss\"");
    expect(c, "EVAL \"#!lua flags=no-writes\nreturn redis.call('cache','get',KEYS[1])[1]\" 1 k", "\"miss\"");
    expect(c, "EVAL \"return redis.call('cache','get',KEYS[1])[1]\" 1 k", "\"win\"");
}
