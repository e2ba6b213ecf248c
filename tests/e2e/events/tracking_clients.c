#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/events/tracking.h"
#include "tests/support/fixture.h"

#define INFO_OFF                                                                                             \
    "1# \"flags\" => 1~ \"off\"\n2# \"redirect\" => (integer) -1\n3# \"prefixes\" => (empty array)"

Test(tracking_clients, are_told_how_they_track)
{
    struct pair p;
    pair_open(&p);
    struct client *c = &p.reader;
    expect(c, "CLIENT TRACKINGINFO", INFO_OFF);
    expect(c, "CLIENT GETREDIR", "(integer) -1");
    expect(c, "CLIENT TRACKING ON OPTIN NOLOOP", "OK");
    expect(c, "CLIENT GETREDIR", "(integer) 0");
    expect(c, "CLIENT CACHING YES", "OK");
    expect(c, "CLIENT TRACKINGINFO",
           "1# \"flags\" => 1~ \"on\"\n   2~ \"optin\"\n   3~ \"caching-yes\"\n   4~ \"noloop\"\n"
           "2# \"redirect\" => (integer) 0\n3# \"prefixes\" => (empty array)");
    expect(c, "CLIENT TRACKING ON", "OK");
    expect(c, "CLIENT TRACKINGINFO",
           "1# \"flags\" => 1~ \"on\"\n2# \"redirect\" => (integer) 0\n3# \"prefixes\" => (empty array)");
    expect(c, "CLIENT TRACKING OFF", "OK");
    expect(c, "CLIENT TRACKING ON BCAST PREFIX b PREFIX a", "OK");
    expect(c, "CLIENT TRACKING ON BCAST PREFIX ca", "OK");
    expect(c, "CLIENT TRACKINGINFO",
           "1# \"flags\" => 1~ \"on\"\n   2~ \"bcast\"\n2# \"redirect\" => (integer) 0\n"
           "3# \"prefixes\" => 1) \"a\"\n   2) \"b\"\n   3) \"ca\"");
    expect(c, "RESET", "RESET");
    client_ask(c, "HELLO 3");
    expect(c, "CLIENT TRACKINGINFO", INFO_OFF);
    pair_close(&p);
}

static void expect_part(struct client *client, const char *line, const char *part)
{
    struct slice reply = client_ask(client, line);
    bool found = memmem(reply.data, reply.len, part, strlen(part)) != NULL;
    cr_assert(found, "%s: no %s in %.*s", line, part, (int)reply.len, reply.data);
}

Test(tracking_clients, are_seen_by_their_flags_and_counted)
{
    struct pair p;
    pair_open(&p);
    struct client *c = &p.reader;
    expect_part(c, "CLIENT INFO", " flags=N ");
    expect_part(c, "CLIENT INFO", " redir=-1 ");
    expect(c, "CLIENT TRACKING ON", "OK");
    expect_part(c, "CLIENT INFO", " flags=t ");
    expect_part(c, "CLIENT INFO", " redir=0 ");
    client_ask(c, "MGET a b c");
    expect_part(c, "INFO clients", "tracking_clients:1\r\n");
    expect_part(c, "INFO stats",
                "tracking_total_keys:3\r\ntracking_total_items:3\r\ntracking_total_prefixes:0");
    expect(&p.writer, "CLIENT TRACKING ON", "OK");
    expect(&p.writer, "GET a", "(nil)");
    expect_part(c, "INFO clients", "tracking_clients:2\r\n");
    expect_part(c, "INFO stats", "tracking_total_keys:3\r\ntracking_total_items:4\r\n");
    expect(&p.writer, "SET a 1", "OK");
    expect_part(&p.writer, "INFO stats", "tracking_total_keys:2\r\ntracking_total_items:2\r\n");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_part(&p.writer, "INFO stats", "tracking_total_keys:0\r\ntracking_total_items:0\r\n");
    expect_told(c, TOLD("a") " " TOLD_ALL);
    expect(c, "CLIENT TRACKING OFF", "OK");
    expect(c, "CLIENT TRACKING ON BCAST PREFIX a PREFIX b", "OK");
    expect_part(c, "CLIENT INFO", " flags=tB ");
    expect_part(c, "INFO stats", "tracking_total_prefixes:2\r\n");
    client_close(c);
    expect(&p.writer, "CLIENT TRACKING OFF", "OK");
    while (strstr(client_ask(&p.writer, "INFO clients").data, "tracking_clients:0\r\n") == NULL) {}
    expect_part(&p.writer, "INFO stats", "tracking_total_prefixes:0\r\n");
    pair_connect(&p, c, NULL);
    pair_close(&p);
}

Test(tracking_clients, cannot_have_what_contradicts_itself)
{
    static const char *const lines[] = {
        "CLIENT TRACKING ON PREFIX a",
        "(error) ERR PREFIX option requires BCAST mode to be enabled",
        "CLIENT TRACKING ON BCAST OPTIN",
        "(error) ERR OPTIN and OPTOUT are not compatible with BCAST",
        "CLIENT TRACKING ON OPTIN OPTOUT",
        "(error) ERR You can't specify both OPTIN mode and OPTOUT mode",
        "CLIENT TRACKING ON REDIRECT 12345",
        "(error) ERR The client ID you want redirect to does not exist",
        "CLIENT TRACKING OFF REDIRECT 0",
        "(error) ERR The client ID you want redirect to does not exist",
        "CLIENT TRACKING ON REDIRECT x",
        "(error) ERR value is not an integer or out of range",
        "CLIENT TRACKING ON REDIRECT",
        "(error) ERR syntax error",
        "CLIENT TRACKING ON PREFIX",
        "(error) ERR syntax error",
        "CLIENT TRACKING maybe",
        "(error) ERR syntax error",
        "CLIENT TRACKING",
        "(error) ERR wrong number of arguments for 'client|tracking' command",
        "CLIENT CACHING YES",
        "(error) ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT "
        "mode enabled",
        "CLIENT TRACKING ON BCAST PREFIX ab PREFIX c PREFIX a",
        "(error) ERR Prefix 'ab' overlaps with another provided prefix 'a'. Prefixes for a single client "
        "must not "
        "overlap.",
        "CLIENT TRACKING ON BCAST PREFIX ab",
        "OK",
        "CLIENT TRACKING ON BCAST PREFIX c PREFIX abc",
        "(error) ERR Prefix 'abc' overlaps with an existing prefix 'ab'. Prefixes for a single client must "
        "not "
        "overlap.",
        "CLIENT TRACKING ON",
        "(error) ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
        "re-enabling it with a different mode.",
        "CLIENT TRACKING ON BCAST",
        "OK",
        "CLIENT TRACKING ON BCAST PREFIX x",
        "(error) ERR Prefix 'x' overlaps with an existing prefix ''. Prefixes for a single client must not "
        "overlap.",
        "CLIENT TRACKING OFF BCAST PREFIX q OPTIN",
        "OK",
        "CLIENT TRACKING ON OPTIN",
        "OK",
        "CLIENT TRACKING ON OPTOUT",
        "(error) ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
        "re-enabling it with a different mode.",
        "CLIENT CACHING NO",
        "(error) ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.",
        "CLIENT CACHING maybe",
        "(error) ERR syntax error",
        "CLIENT TRACKING ON",
        "OK",
        "CLIENT CACHING YES",
        "(error) ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.",
        "CLIENT TRACKING ON OPTOUT",
        "OK",
        "CLIENT CACHING NO",
        "OK",
    };
    struct pair p;
    pair_open(&p);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i += 2) expect(&p.reader, lines[i], lines[i + 1]);
    pair_close(&p);
}

static void redirect_to(struct client *reader, long long id, const char *options)
{
    char line[128];
    snprintf(line, sizeof line, "CLIENT TRACKING ON REDIRECT %lld%s", id, options);
    expect(reader, line, "OK");
    snprintf(line, sizeof line, "(integer) %lld", id);
    expect(reader, "CLIENT GETREDIR", line);
}

static void redirect(struct client *reader, struct client *listener, const char *options)
{
    redirect_to(reader, pair_id(listener), options);
}

Test(tracking_clients, may_have_another_be_told)
{
    struct pair p;
    struct client listener;
    pair_open(&p);
    pair_connect(&p, &listener, "HELLO 3");
    redirect(&p.reader, &listener, "");
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.writer, "SET k 1", "OK");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_told(&listener, TOLD("k") " " TOLD_ALL);
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.reader, "SET k 1", "OK");
    expect_told(&p.reader, "");
    expect_told(&listener, TOLD("k"));
    redirect(&p.reader, &p.reader, "");
    expect(&p.reader, "GET k", "\"1\"");
    expect(&p.writer, "SET k 1", "OK");
    expect_told(&p.reader, TOLD("k"));
    client_close(&listener);
    pair_close(&p);
}

Test(tracking_clients, are_told_when_that_other_has_gone)
{
    struct pair p;
    struct client listener;
    char told[128];
    pair_open(&p);
    pair_connect(&p, &listener, "HELLO 3");
    redirect(&p.reader, &listener, " BCAST");
    snprintf(told, sizeof told, "1> \"tracking-redir-broken\"\n2> (integer) %lld", pair_id(&listener));
    expect(&listener, "QUIT", "OK");
    expect_closed(&listener);
    client_close(&listener);
    expect_part(&p.reader, "CLIENT INFO", " flags=tB ");
    expect(&p.writer, "SET k 1", "OK");
    expect_told(&p.reader, told);
    expect_part(&p.reader, "CLIENT INFO", " flags=tRB ");
    expect_part(&p.reader, "CLIENT TRACKINGINFO", "broken_redirect");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_told(&p.reader, told);
    expect(&p.reader, "CLIENT TRACKING ON BCAST", "OK");
    expect_part(&p.reader, "CLIENT INFO", " flags=tB ");
    expect(&p.writer, "SET k 1", "OK");
    expect_told(&p.reader, TOLD("k"));
    pair_close(&p);
}

Test(tracking_clients, are_told_of_each_key_of_a_command_whoever_else_has_read_it)
{
    struct pair p;
    struct client other;
    char kill[64];
    pair_open(&p);
    pair_connect(&p, &other, "HELLO 3");
    expect(&other, "CLIENT TRACKING ON NOLOOP", "OK");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    /* It is not told of what it does itself. */
    expect(&other, "MGET a b c", "1) (nil)\n2) (nil)\n3) (nil)");
    expect(&p.reader, "MGET a b c", "1) (nil)\n2) (nil)\n3) (nil)");
    expect(&other, "MSET a 1 b 1 c 1", "OK");
    expect_told(&p.reader, TOLD("a") " " TOLD("b") " " TOLD("c"));
    /* It is not there any more. */
    expect(&other, "MGET a b c", "1) \"1\"\n2) \"1\"\n3) \"1\"");
    expect(&p.reader, "MGET a b c", "1) \"1\"\n2) \"1\"\n3) \"1\"");
    snprintf(kill, sizeof kill, "CLIENT KILL ID %lld",
             strtoll(client_ask(&other, "CLIENT ID").data + 1, NULL, 10));
    expect(&p.writer, kill, "(integer) 1");
    expect(&p.writer, "MSET a 2 b 2 c 2", "OK");
    expect_told(&p.reader, TOLD("a") " " TOLD("b") " " TOLD("c"));
    client_close(&other);
    pair_close(&p);
}

Test(tracking_clients, that_speak_resp2_are_not_told)
{
    struct pair p;
    struct client listener;
    pair_open(&p);
    pair_connect(&p, &listener, NULL);
    client_ask(&p.reader, "HELLO 2");
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.writer, "SET k 1", "OK");
    expect(&p.writer, "FLUSHALL", "OK");
    expect_told(&p.reader, "");
    redirect(&p.reader, &listener, "");
    expect(&p.reader, "GET k", "(nil)");
    expect(&p.writer, "SET k 1", "OK");
    expect_told(&listener, "");
    client_ask(&p.reader, "HELLO 3");
    client_ask(&listener, "HELLO 3");
    expect(&p.reader, "GET k", "\"1\"");
    expect(&p.writer, "SET k 2", "OK");
    expect_told(&listener, TOLD("k"));
    client_close(&listener);
    pair_close(&p);
}

#define MESSAGE(keys) "1) \"message\"\n2) \"__redis__:invalidate\"\n3) " keys

/* In RESP2: the other has subscribed to anything. */
static void expect_message(struct client *listener, const char *message)
{
    cr_assert(client_send_line(listener, "PING asked"));
    if (message != NULL) expect_next(listener, message);
    expect_next(listener, "1) \"pong\"\n2) \"asked\"");
}

Test(tracking_clients, may_have_a_subscriber_be_told_that_speaks_resp2)
{
    struct pair p;
    struct client listener;
    pair_open(&p);
    pair_connect(&p, &listener, NULL);
    long long id = pair_id(&listener);
    client_ask(&p.reader, "HELLO 2");
    redirect_to(&p.reader, id, "");
    expect_start(&listener, "SUBSCRIBE __redis__:invalidate", "1) \"subscribe\"");
    expect(&p.reader, "MGET k l", "1) (nil)\n2) (nil)");
    expect(&p.writer, "SET k 1", "OK");
    expect_message(&listener, MESSAGE("1) \"k\""));
    expect(&p.writer, "FLUSHALL", "OK");
    expect_message(&listener, MESSAGE("(nil)"));
    expect(&p.reader, "CLIENT TRACKING OFF", "OK");
    client_ask(&p.reader, "HELLO 3");
    redirect_to(&p.reader, id, " BCAST");
    expect(&p.writer, "MSET k 1 l 2", "OK");
    expect_message(&listener, MESSAGE("1) \"k\"\n   2) \"l\""));
    expect_start(&listener, "SUBSCRIBE other", "1) \"subscribe\"");
    expect_start(&listener, "UNSUBSCRIBE __redis__:invalidate", "1) \"unsubscribe\"");
    expect(&p.writer, "SET k 1", "OK");
    expect_message(&listener, MESSAGE("1) \"k\""));
    expect_start(&listener, "UNSUBSCRIBE", "1) \"unsubscribe\"");
    expect(&p.writer, "SET k 1", "OK");
    expect_told(&listener, "");
    client_close(&listener);
    pair_close(&p);
}

Test(tracking_clients, are_told_of_keys_that_expire)
{
    struct fixture *f = fixture_open(OPTIONS("--enable-debug-command", "yes"));
    struct client reader;
    fixture_connect(f, &reader);
    client_ask(&reader, "HELLO 3");
    expect(&f->client, "SET k 1 PX 100", "OK");
    expect(&f->client, "SET l 1 PX 100000", "OK");
    expect(&reader, "CLIENT TRACKING ON", "OK");
    expect(&reader, "GET k", "\"1\"");
    expect(&reader, "GET l", "\"1\"");
    fixture_advance(f, 50);
    expect_told(&reader, "");
    fixture_advance(f, 1000);
    expect_told(&reader, TOLD("k"));
    expect(&f->client, "DEBUG SET-ACTIVE-EXPIRE 0", "OK");
    fixture_advance(f, 200000);
    expect_told(&reader, "");
    expect(&f->client, "GET l", "(nil)");
    expect_told(&reader, TOLD("l"));
    client_close(&reader);
    fixture_close(&f);
}

Test(tracking_clients, are_told_of_keys_that_are_evicted)
{
    struct pair p;
    char line[64];
    pair_open_with(&p, OPTIONS("--maxmemory", "4mb", "--maxmemory-policy", "allkeys-lru"));
    expect(&p.reader, "CLIENT TRACKING ON BCAST PREFIX first", "OK");
    expect(&p.writer, "SET first 1", "OK");
    expect_told(&p.reader, TOLD("first"));
    for (int i = 0; i < 6000; i++) {
        snprintf(line, sizeof line, "SETRANGE other%d 1000 x", i);
        client_ask(&p.writer, line);
    }
    expect(&p.writer, "EXISTS first", "(integer) 0");
    expect_told(&p.reader, TOLD("first"));
    pair_close(&p);
}

/* How many keys the client has been told of. */
static size_t count_told(struct client *client)
{
    size_t told = 0;
    struct slice reply;
    cr_assert(client_send_line(client, "PING"));
    while (client_read(client, &reply) && !slice_equal(reply, SLICE("+PONG\r\n"))) {
        cr_assert(memmem(reply.data, reply.len, "key:", 4) != NULL);
        told++;
    }
    return told;
}

static void expect_limited(struct pair *p, size_t keys)
{
    char line[64];
    for (size_t i = 0; i < keys; i++) {
        snprintf(line, sizeof line, "GET key:%zu", i);
        cr_assert(client_send_line(&p->reader, line));
    }
    size_t told = 0, replies = 0;
    struct slice reply;
    while (replies < keys && client_read(&p->reader, &reply))
        if (reply.data[0] == '>')
            told++;
        else
            replies++;
    told += count_told(&p->reader);
    cr_assert_eq(told, keys - 100, "%zu", told);
    expect_part(&p->writer, "INFO stats", "tracking_total_keys:100\r\n");
}

Test(tracking_clients, are_told_of_keys_that_are_too_many_to_be_remembered)
{
    struct pair p;
    char line[64];
    pair_open_with(&p, OPTIONS("--tracking-table-max-keys", "100"));
    for (size_t i = 0; i < 1000; i += 2) {
        snprintf(line, sizeof line, "SET key:%zu 1", i);
        expect(&p.writer, line, "OK");
    }
    expect(&p.reader, "CLIENT TRACKING ON", "OK");
    expect_limited(&p, 1000);
    expect(&p.writer, "CONFIG SET tracking-table-max-keys 10", "OK");
    size_t told = 0;
    while (told < 90) told += count_told(&p.reader);
    cr_assert_eq(told, 90);
    expect(&p.writer, "CONFIG SET tracking-table-max-keys 0", "OK");
    for (size_t i = 0; i < 200; i++) {
        snprintf(line, sizeof line, "GET key:%zu", i);
        client_ask(&p.reader, line);
    }
    cr_assert_eq(count_told(&p.reader), 0);
    pair_close(&p);
}
