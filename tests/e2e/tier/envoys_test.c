/*
 * upstream-auth user: users here that go to the upstream as users of their own there.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

#define NO_KEY "(error) NOPERM this user has no permissions to access one of the keys used as arguments"

static struct tier_example t;
static struct client alice;

static void come_as_alice(void)
{
    cr_assert(client_open_tcp(&alice, t.server.port));
    expect(&alice, "AUTH alice secret", "OK");
}

/* Alice may do everything here; her envoy may not there. */
static void open_with(const char *const *more)
{
    const char *options[32] = { "--upstream-auth",
                                "user",
                                "--upstream-user",
                                "alice",
                                "ua",
                                "up",
                                "--upstream-user",
                                "carol",
                                "uc",
                                "wrong",
                                "--user",
                                "alice",
                                "on",
                                ">secret",
                                "allkeys",
                                "allchannels",
                                "+@all" };
    size_t count = 17;
    for (; more != NULL && *more != NULL; more++) options[count++] = *more;
    tier_open(&t, options);
    expect(&t.direct, "ACL SETUSER ua on >up ~a:* &a:* +@all -client -info", "OK");
    come_as_alice();
    expect(&t.client, "MSET a:1 one b:1 secret", "OK");
}

static void open_all(void)
{
    open_with(NULL);
}

static void close_all(void)
{
    client_close(&alice);
    tier_close(&t);
}

TestSuite(tier_envoys, .init = open_all, .fini = close_all, .timeout = 120);

Test(tier_envoys, the_upstream_says_what_its_user_may_do)
{
    expect(&alice, "ACL WHOAMI", "\"alice\"");
    expect(&alice, "GET a:1", "\"one\"");
    expect(&alice, "SET a:2 two", "OK");
    expect(&alice, "SET b:2 two", NO_KEY);
    expect(&alice, "HSET b:3 f v", NO_KEY);
    expect(&alice, "MGET a:1 b:1", NO_KEY);
    expect(&alice, "EVAL \"return redis.call('GET', KEYS[1])\" 1 b:1", NO_KEY);
    expect(&t.direct, "EXISTS b:2 b:3", "(integer) 0");
    expect(&t.direct, "ACL SETUSER ua -set", "OK");
    expect(&alice, "SET a:2 x", "(error) NOPERM this user has no permissions to run the 'set' command");
}

Test(tier_envoys, no_copy_is_shown_to_it)
{
    tier_expect_hit(&t.client, "GET b:1", "\"secret\"");
    expect(&alice, "GET b:1", NO_KEY);
    expect(&alice, "STRLEN b:1", NO_KEY);
    expect(&alice, "EXISTS b:1", NO_KEY);
    expect(&t.client, "HSET b:h f v", "(integer) 1");
    for (int i = 0; i < 5; i++) expect(&t.client, "HGET b:h f", "\"v\"");
    expect(&alice, "HGET b:h f", NO_KEY);
    int64_t hits = tier_count(&t.client, "nearcache_hits");
    for (int i = 0; i < 3; i++) expect(&alice, "GET a:1", "\"one\"");
    cr_expect_eq(tier_count(&t.client, "nearcache_hits"), hits);
    expect_start(&alice, "NEARCACHE WHY a:1", "\"upstream: its user goes there as another (upstream-auth)\"");
}

Test(tier_envoys, others_see_at_once_what_it_writes)
{
    char line[64], wanted[64];
    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof line, "SET a:1 %d", i);
        snprintf(wanted, sizeof wanted, "\"%d\"", i);
        expect(&alice, line, "OK");
        expect(&t.client, "GET a:1", wanted);
        expect(&t.client, "GET a:1", wanted);
    }
}

Test(tier_envoys, transactions_waiting_and_channels_are_its_users_too)
{
    expect(&alice, "WATCH a:1", "OK");
    expect(&alice, "MULTI", "OK");
    expect(&alice, "INCR a:n", "QUEUED");
    expect(&alice, "EXEC", "1) (integer) 1");
    expect(&alice, "MULTI", "OK");
    expect(&alice, "GET b:1", NO_KEY);
    expect_start(&alice, "EXEC", "(error) EXECABORT");
    expect(&alice, "BLPOP b:l 1", NO_KEY);
    expect(&t.direct, "RPUSH a:l x", "(integer) 1");
    expect(&alice, "BLPOP a:l 1", "1) \"a:l\"\n2) \"x\"");
    expect(&alice, "SUBSCRIBE b:c",
           "(error) NOPERM this user has no permissions to access one of the channels used as arguments");
}

Test(tier_envoys, another_user_does_not_go_on_with_its_connection)
{
    expect(&alice, "WATCH a:1", "OK");
    expect(&alice, "AUTH default x", "OK");
    expect(&alice, "GET b:1",
           "(error) ERR The connection to the upstream that this client has is that of another user: it is "
           "closed");
    expect_closed(&alice);
}

Test(tier_envoys, who_becomes_another_user_goes_as_that)
{
    expect(&alice, "GET b:1", NO_KEY);
    expect(&alice, "AUTH default x", "OK");
    expect(&alice, "GET b:1", "\"secret\"");
    expect(&alice, "MULTI", "OK");
    expect(&alice, "GET b:1", "QUEUED");
    expect(&alice, "EXEC", "1) \"secret\"");
    expect(&alice, "AUTH alice secret", "OK");
    expect(&alice, "GET b:1", NO_KEY);
    expect(&alice, "MULTI", "OK");
    expect(&alice, "GET b:1", NO_KEY);
    expect(&alice, "DISCARD", "OK");
}

Test(tier_envoys, an_envoy_that_is_not_let_in_gets_nothing)
{
    expect(&t.client, "ACL SETUSER carol on nopass ~* &* +@all", "OK");
    expect(&t.client, "GET a:1", "\"one\"");
    expect(&alice, "AUTH carol x", "OK");
    for (int i = 0; i < 2; i++) {
        expect_start(&alice, "GET a:1", "(error) WRONGPASS");
        expect_start(&alice, "SET a:1 x", "(error) WRONGPASS");
    }
    expect_start(&alice, "MULTI", "(error) WRONGPASS");
    expect(&alice, "DISCARD", "OK");
    expect(&t.client, "GET a:1", "\"one\"");
    expect(&alice, "AUTH alice secret", "OK");
    expect(&alice, "GET a:1", "\"one\"");
}

Test(tier_envoys, its_password_is_not_shown)
{
    expect(&t.client, "CONFIG GET upstream-user", "1) \"upstream-user\"\n2) \"alice ua *** carol uc ***\"");
    expect(&t.client, "CONFIG SET upstream-user 'x y z'",
           "(error) ERR CONFIG SET failed (possibly related to argument 'upstream-user') - can't set "
           "immutable config");
}

Test(tier_envoys, without_a_link_there_is_nothing_for_it)
{
    close_all();
    open_with(OPTIONS("--upstream-on-failure", "local", "--upstream-reconnect", "50"));
    tier_expect_hit(&t.client, "GET a:1", "\"one\"");
    expect(&alice, "GET a:1", "\"one\"");
    child_signal(&t.redis.child, 9);
    tier_wait_link(&t.client, "down");
    expect(&t.client, "SET a:2 x", "OK");
    expect_start(&alice, "GET a:1", "(error) MASTERDOWN");
    expect_start(&alice, "SET a:1 x", "(error) MASTERDOWN");
}
