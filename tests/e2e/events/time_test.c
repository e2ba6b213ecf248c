/*
 * What happens when time has passed. Here it is moved, so that nothing waits and nothing is in doubt.
 */
#include <criterion/criterion.h>

#include "tests/support/client/expect.h"
#include "tests/support/fixture.h"
#include "tests/support/process/instance.h"

static struct fixture *f;

static void open_fixture(void)
{
    f = fixture_open(NULL);
}

static void close_fixture(void)
{
    fixture_close(&f);
}

TestSuite(time, .init = open_fixture, .fini = close_fixture);

/* As in Redis. */
Test(time, a_key_is_there_to_the_end_of_its_last_millisecond)
{
    expect(&f->client, "SET k v PX 100", "OK");
    fixture_advance(f, 100);
    expect(&f->client, "GET k", "\"v\"");
    expect(&f->client, "PTTL k", "(integer) 0");
    fixture_advance(f, 1);
    expect(&f->client, "GET k", "(nil)");
}

Test(time, who_never_looks_again_finds_the_memory_returned)
{
    expect(&f->client, "SET k v PX 100", "OK");
    expect(&f->client, "SET other v EX 1000", "OK");
    expect(&f->client, "DBSIZE", "(integer) 2");
    fixture_advance(f, 300);
    expect(&f->client, "DBSIZE", "(integer) 1");
}

Test(time, expired_keys_stay_while_expiry_is_off)
{
    fixture_close(&f);
    f = fixture_open(OPTIONS("--enable-debug-command", "yes"));
    expect(&f->client, "DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    expect(&f->client, "SET k v PX 1", "OK");
    fixture_advance(f, 400);
    expect(&f->client, "DBSIZE", "(integer) 1");
    struct slice stats = client_ask(&f->client, "INFO stats");
    cr_expect_not_null(memmem(stats.data, stats.len, "expired_stale_perc:100.00\r", 26));
    expect(&f->client, "DEBUG SET-ACTIVE-EXPIRE 1", "OK");
    fixture_advance(f, 100);
    expect(&f->client, "DBSIZE", "(integer) 0");
}

Test(time, who_says_nothing_for_the_timeout_is_closed)
{
    struct client busy;
    fixture_connect(f, &busy);
    expect(&f->client, "CONFIG SET timeout 10", "OK");
    fixture_advance(f, 9000);
    expect(&busy, "PING", "PONG");
    fixture_advance(f, 2000);
    expect_closed(&f->client);
    expect(&busy, "PING", "PONG");
    client_close(&busy);
}

Test(time, a_pause_ends_by_itself)
{
    struct client writer;
    fixture_connect(f, &writer);
    expect(&f->client, "CLIENT PAUSE 60000 WRITE", "OK");
    cr_assert(client_send_line(&writer, "SET k v"));
    fixture_advance(f, 59000);
    expect(&f->client, "GET k", "(nil)");
    fixture_advance(f, 1000);
    expect_next(&writer, "OK");
    client_close(&writer);
}

Test(time, all_loops_see_it_pass)
{
    struct client clients[4];
    fixture_close(&f);
    f = fixture_open(OPTIONS("--io-threads", "4"));
    for (int i = 0; i < 4; i++) fixture_connect(f, &clients[i]);
    expect(&clients[0], "MSET a 1 b 2 c 3", "OK");
    for (int i = 0; i < 3; i++) expect(&clients[i], "SET k v EX 60", "OK");
    fixture_advance(f, 60000);
    for (int i = 0; i < 4; i++) expect(&clients[i], "PTTL k", "(integer) 0");
    fixture_advance(f, 1);
    for (int i = 0; i < 4; i++) expect(&clients[i], "EXISTS k a", "(integer) 1");
    for (int i = 0; i < 4; i++) client_close(&clients[i]);
}

Test(time, a_key_that_nobody_uses_grows_idle)
{
    expect(&f->client, "SET k v", "OK");
    fixture_advance(f, 3600 * 1000);
    expect(&f->client, "OBJECT IDLETIME k", "(integer) 3600");
    expect(&f->client, "GET k", "\"v\"");
    expect(&f->client, "OBJECT IDLETIME k", "(integer) 0");
}

Test(time, who_waits_for_a_key_gives_up_in_time)
{
    struct client waiting, other;
    fixture_connect(f, &waiting);
    fixture_connect(f, &other);
    cr_assert(client_send_line(&waiting, "BLPOP l m 60.5"));
    cr_assert(client_send_line(&other, "BZPOPMIN z 0"));
    expect(&f->client, "PING", "PONG");
    fixture_advance(f, 60500);
    expect(&f->client, "CLIENT KILL TYPE pubsub", "(integer) 0");
    fixture_advance(f, 1);
    expect_next(&waiting, "(nil)");
    expect(&f->client, "RPUSH l v", "(integer) 1");
    fixture_advance(f, 1000000);
    expect(&f->client, "ZADD z 1 a", "(integer) 1");
    expect_next(&other, "1) \"z\"\n2) \"a\"\n3) \"1\"");
    client_close(&waiting);
    client_close(&other);
}

Test(time, who_has_a_key_in_its_cache_is_told_that_it_expired_though_nobody_looks)
{
    struct client reader;
    fixture_connect(f, &reader);
    client_ask(&reader, "HELLO 3");
    expect(&f->client, "SET k v PX 1000", "OK");
    expect(&reader, "CLIENT TRACKING ON", "OK");
    expect(&reader, "GET k", "\"v\"");
    fixture_advance(f, 1200);
    expect_next(&reader, "1> \"invalidate\"\n2> 1) \"k\"");
    client_close(&reader);
}
