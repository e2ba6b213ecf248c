/*
 * CACHE GET and RELEASE: one computes, the others wait, are shown what there is, or do without. Time is
 * moved.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/expect.h"
#include "tests/support/client/reply_parts.h"
#include "tests/support/fixture.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

#define CLIENTS 4

#define HIT(value)     "1) \"hit\"\n2) \"" value "\"\n3) (nil)"
#define STALE(value)   "1) \"stale\"\n2) \"" value "\"\n3) (nil)"
#define NOTHING(state) "1) \"" state "\"\n2) (nil)\n3) (nil)"
#define BUSY           NOTHING("busy")

static struct fixture *f;
static struct client *c;
static struct client w[CLIENTS];

static void open_all(const char *const *options)
{
    f = fixture_open(options);
    c = &f->client;
    for (int i = 0; i < CLIENTS; i++) fixture_connect(f, &w[i]);
}

static void open_fixture(void)
{
    open_all(NULL);
}

static void close_fixture(void)
{
    for (int i = 0; i < CLIENTS; i++) client_close(&w[i]);
    fixture_close(&f);
}

TestSuite(cache_leases, .init = open_fixture, .fini = close_fixture, .timeout = 120);

struct token {
    char text[32];
};

static struct token token_in(struct slice reply)
{
    struct token token = { "" };
    struct slice state = reply_part_text(reply_part(reply, 0));
    struct slice text = reply_part_text(reply_part(reply, 2));
    cr_assert(slice_equal(state, SLICE("win")), "%.*s", (int)reply.len, reply.data);
    cr_assert(text.len > 0 && text.len <= 24);
    snprintf(token.text, sizeof token.text, "%.*s", (int)text.len, text.data);
    return token;
}

static struct token win(struct client *client, const char *line)
{
    return token_in(client_ask(client, line));
}

static struct token read_win(struct client *client)
{
    struct slice reply;
    cr_assert(client_read(client, &reply));
    return token_in(reply);
}

/* A line with the token in the place of its %s. */
static void expect_with(struct client *client, const char *format, const struct token *token,
                        const char *reply)
{
    char line[256];
    const char *place = strstr(format, "%s");
    snprintf(line, sizeof line, "%.*s%s%s", (int)(place - format), format, token->text, place + 2);
    expect(client, line, reply);
}

static long info(const char *field)
{
    char name[64];
    int len = snprintf(name, sizeof name, "\n%s:", field);
    struct slice text = client_ask(c, "INFO everything");
    const char *found = memmem(text.data, text.len, name, (size_t)len);
    cr_assert_not_null(found, "%s", field);
    return strtol(found + len, NULL, 10);
}

static void wait_for_info(const char *field, long value)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    while (info(field) != value) {
        cr_assert(pace_now_ms() < end_ms, "%s is %ld and not %ld", field, info(field), value);
        pace_sleep_ms(1);
    }
}

static void begin_to_wait(int client, const char *line)
{
    long before = info("blocked_clients");
    cr_assert(client_send_line(&w[client], line));
    wait_for_info("blocked_clients", before + 1);
}

Test(cache_leases, the_first_who_finds_nothing_computes_and_the_others_are_told)
{
    struct token token = win(c, "CACHE GET k");
    expect(&w[0], "CACHE GET k", BUSY);
    expect(c, "CACHE GET k", BUSY);
    expect(&w[0], "CACHE GET other PEEK", NOTHING("miss"));
    expect(&w[0], "CACHE GET k PEEK", BUSY);
    expect_with(c, "CACHE SET k v TOKEN %s EX 10", &token, "OK");
    expect(&w[0], "CACHE GET k", HIT("v"));
    expect(&w[0], "CACHE GET k PEEK", HIT("v"));
    expect(&w[0], "GET k", "\"v\"");
    expect_with(c, "CACHE SET k late TOKEN %s", &token, "(nil)");
    expect(&w[0], "CACHE GET k", HIT("v"));
}

Test(cache_leases, who_waits_is_told_by_the_fill)
{
    struct token token = win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k WAIT 1000");
    begin_to_wait(1, "CACHE GET k WAIT 1000 FRESH META");
    expect_with(c, "CACHE SET k v TOKEN %s", &token, "OK");
    expect_next(&w[0], HIT("v"));
    struct slice reply;
    cr_assert(client_read(&w[1], &reply));
    cr_assert(slice_equal(reply_part_text(reply_part(reply, 1)), SLICE("v")));
    cr_assert(slice_equal(reply_part_text(reply_part_field(reply_part(reply, 3), "length")), SLICE("1")));
}

/* What has let it wait no longer was told, before or behind its answer; it has the value since. */
static void read_hit_and_invalidation(struct client *client)
{
    struct slice frame;
    bool hit = false, told = false;
    while (!(hit && told)) {
        cr_assert(client_read(client, &frame));
        if (frame.data[0] == '>')
            told = true;
        else
            hit = slice_equal(reply_part_text(reply_part(frame, 1)), SLICE("v"));
    }
}

static void wait_while_tracking(const char *change, const char *reply, const char *told)
{
    client_ask(&w[0], "HELLO 3");
    expect(&w[0], "CLIENT TRACKING ON", "OK");
    struct token token = win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k WAIT 5000");
    expect_with(c, "CACHE SET k v TOKEN %s EX 100 TAGS 1 t", &token, "OK");
    read_hit_and_invalidation(&w[0]);
    expect(c, change, reply);
    expect_next(&w[0], told);
    expect(c, "DEL k", "(integer) 0");
}

Test(cache_leases, who_waits_and_keeps_copies_is_told_of_the_next_change)
{
    wait_while_tracking("GETDEL k", "\"v\"", "1> \"invalidate\"\n2> 1) \"k\"");
    wait_while_tracking("CACHE INVALIDATE TAGS t", "(integer) 1", "1> \"invalidate\"\n2> (nil)");
}

Test(cache_leases, who_waits_in_vain_is_told_that_somebody_computes)
{
    win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k WAIT 100");
    begin_to_wait(1, "CACHE GET k WAIT 200");
    client_ask(&w[2], "HELLO 3");
    begin_to_wait(2, "CACHE GET k VERSION meta WAIT 200 META");
    fixture_advance(f, 101);
    expect_next(&w[0], BUSY);
    fixture_advance(f, 100);
    expect_next(&w[1], BUSY);
    struct slice reply;
    cr_assert(client_read(&w[2], &reply));
    expect_raw(&w[2], SLICE("CACHE GET k META\r\n"),
               SLICE("*4\r\n$4\r\nbusy\r\n_\r\n_\r\n%6\r\n$3\r\nttl\r\n:-1\r\n$5\r\ngrace\r\n:-1\r\n"
                     "$3\r\nage\r\n:-1\r\n$4\r\ncost\r\n:-1\r\n$4\r\ntype\r\n_\r\n$6\r\nlength\r\n:-1\r\n"));
    expect_raw(
        c, SLICE("CACHE GET k META\r\n"),
        SLICE("*4\r\n$4\r\nbusy\r\n$-1\r\n$-1\r\n*12\r\n$3\r\nttl\r\n:-1\r\n$5\r\ngrace\r\n:-1\r\n"
              "$3\r\nage\r\n:-1\r\n$4\r\ncost\r\n:-1\r\n$4\r\ntype\r\n$-1\r\n$6\r\nlength\r\n:-1\r\n"));
    cr_assert_eq(info("cache_timeouts"), 3);
}

/* What changes a key while its value is computed, and what it is before that. `SETUP|CHANGE`. */
static const char *const changes[] = {
    "|DEL k",
    "|UNLINK k",
    "|GETDEL k",
    "|EXPIRE k -1",
    "|SET k other",
    "|SETRANGE k 0 x",
    "|INCR k",
    "|LPUSH k x",
    "SET a 1|RENAME a k",
    "SET a 1|COPY a k",
    "SELECT 1;SET k 1|SELECT 1;MOVE k 0;SELECT 0",
    "|FLUSHALL",
    "|FLUSHDB",
    "|SWAPDB 0 1",
    "|MULTI;DEL k;EXEC",
    "|EVAL \"return redis.call('del','k')\" 1 k",
    "|CACHE INVALIDATE KEYS k",
    "|CACHE INVALIDATE SOFT KEYS k",
    "|CACHE INVALIDATE MATCH k*",
    "|CACHE SET k truth",
    "CACHE SET k old PX 1 GRACE 100000|DEL k",
    "CACHE SET k old PX 1 GRACE 100000|CACHE INVALIDATE KEYS k",
    "CACHE SET k old PX 1 GRACE 100000|CACHE INVALIDATE SOFT KEYS k",
    "CACHE SET k old PX 1 GRACE 100000|SET k other",
    "CACHE SET k old PX 1 GRACE 100000|APPEND k other",
    "CACHE SET k old PX 1 GRACE 100000|EXPIRE k -1",
};

static void ask_all(const char *lines, size_t len)
{
    char line[128];
    while (len > 0) {
        const char *end = memchr(lines, ';', len);
        size_t one = end != NULL ? (size_t)(end - lines) : len;
        snprintf(line, sizeof line, "%.*s", (int)one, lines);
        client_ask(c, line);
        size_t skip = end != NULL ? one + 1 : one;
        lines += skip;
        len -= skip;
    }
}

Test(cache_leases, whatever_changes_the_key_makes_void_what_is_being_computed)
{
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        const char *bar = strchr(changes[i], '|');
        client_ask(c, "FLUSHALL");
        ask_all(changes[i], (size_t)(bar - changes[i]));
        client_ask(c, "SELECT 0");
        fixture_advance(f, 2);
        struct token token = win(&w[0], "CACHE GET k FRESH");
        ask_all(bar + 1, strlen(bar + 1));
        cr_log_info("%s", changes[i]);
        expect_with(&w[0], "CACHE RELEASE k %s", &token, "(integer) 0");
        expect_with(&w[0], "CACHE SET k late TOKEN %s", &token, "(nil)");
    }
}

Test(cache_leases, a_waiter_wins_when_what_is_computed_has_become_void)
{
    win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k WAIT 1000");
    begin_to_wait(1, "CACHE GET k WAIT 1000");
    expect(c, "DEL k", "(integer) 0");
    struct token token = read_win(&w[0]);
    wait_for_info("blocked_clients", 1);
    expect_with(&w[0], "CACHE SET k v TOKEN %s", &token, "OK");
    expect_next(&w[1], HIT("v"));
}

Test(cache_leases, the_end_of_a_value_is_no_change_of_it)
{
    expect(c, "CACHE SET k old PX 100 GRACE 100 COST 50", "OK");
    fixture_advance(f, 95);
    struct token token = win(c, "CACHE GET k");
    expect(&w[0], "CACHE GET k", HIT("old"));
    fixture_advance(f, 10);
    expect(&w[0], "CACHE GET k", STALE("old"));
    expect(&w[0], "CACHE GET k FRESH", BUSY);
    fixture_advance(f, 300);
    expect(&w[0], "CACHE GET k", BUSY);
    expect_with(c, "CACHE SET k new TOKEN %s", &token, "OK");
    expect(&w[0], "CACHE GET k", HIT("new"));
}

Test(cache_leases, a_tag_bumped_meanwhile_makes_the_fill_void_if_it_has_it)
{
    struct token a = win(c, "CACHE GET a"), b = win(c, "CACHE GET b");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    begin_to_wait(0, "CACHE GET a WAIT 1000");
    expect_with(c, "CACHE SET a v TOKEN %s TAGS 2 s t", &a, "(nil)");
    read_win(&w[0]);
    expect_with(c, "CACHE SET b v TOKEN %s TAGS 1 s", &b, "OK");
    expect(c, "CACHE GET b", HIT("v"));
    cr_assert_eq(info("cache_fills"), 1);
    cr_assert_eq(info("cache_refused"), 1);
}

Test(cache_leases, a_value_is_as_old_as_its_lease)
{
    struct token token = win(c, "CACHE GET k");
    expect_with(c, "CACHE SET k v TOKEN %s TAGS 1 t EX 100 GRACE 100", &token, "OK");
    expect(c, "CACHE GET k", HIT("v"));
    expect(c, "CACHE INVALIDATE SOFT TAGS t", "(integer) 1");
    token = win(c, "CACHE GET k");
    expect(&w[0], "CACHE GET k", STALE("v"));
    expect_with(c, "CACHE RELEASE k %s RENEW 50000", &token, "(integer) 1");
    expect(&w[0], "CACHE GET k", HIT("v"));
    expect(&w[0], "TTL k", "(integer) 50");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    token = win(c, "CACHE GET k");
    expect_with(c, "CACHE RELEASE k %s RENEW 50000", &token, "(integer) 0");
    win(c, "CACHE GET k");
}

Test(cache_leases, what_was_bumped_since_cannot_be_renewed)
{
    expect(c, "CACHE SET k v EX 1 GRACE 100 TAGS 1 t", "OK");
    fixture_advance(f, 1100);
    struct token token = win(c, "CACHE GET k");
    expect(c, "CACHE INVALIDATE SOFT TAGS t", "(integer) 1");
    expect_with(c, "CACHE RELEASE k %s RENEW 50000", &token, "(integer) 0");
    win(c, "CACHE GET k");
}

Test(cache_leases, a_late_winner_is_replaced_and_no_longer_heard)
{
    struct token late = win(c, "CACHE GET k LEASE 100");
    begin_to_wait(0, "CACHE GET k WAIT 1000");
    fixture_advance(f, 99);
    wait_for_info("blocked_clients", 1);
    fixture_advance(f, 2);
    struct token token = read_win(&w[0]);
    expect_with(c, "CACHE SET k late TOKEN %s", &late, "(nil)");
    expect_with(&w[0], "CACHE SET k v TOKEN %s", &token, "OK");
}

Test(cache_leases, a_late_value_is_taken_if_nobody_else_has_won)
{
    struct token late = win(c, "CACHE GET k LEASE 100");
    fixture_advance(f, 1000);
    expect_with(c, "CACHE SET k late TOKEN %s", &late, "OK");
    expect(c, "CACHE GET k", HIT("late"));
    late = win(c, "CACHE GET other LEASE 100");
    fixture_advance(f, 100 + 60000);
    expect_with(c, "CACHE SET other late TOKEN %s", &late, "(nil)");
    wait_for_info("cache_lease_records", 0);
}

Test(cache_leases, when_the_winner_leaves_the_first_who_waits_wins)
{
    struct token gone = win(&w[3], "CACHE GET k LEASE 600000");
    begin_to_wait(0, "CACHE GET k WAIT 60000");
    begin_to_wait(1, "CACHE GET k WAIT 60000");
    client_close(&w[3]);
    struct token token = read_win(&w[0]);
    expect_with(c, "CACHE SET k late TOKEN %s", &gone, "(nil)");
    client_close(&w[0]);
    token = read_win(&w[1]);
    expect_with(&w[1], "CACHE RELEASE k %s", &token, "(integer) 1");
    fixture_connect(f, &w[0]);
    fixture_connect(f, &w[3]);
}

Test(cache_leases, a_value_that_a_winner_leaves_behind_is_taken_from_anybody_who_has_its_token)
{
    struct token token = win(&w[3], "CACHE GET k");
    client_close(&w[3]);
    wait_for_info("cache_leases", 0);
    expect_with(c, "CACHE SET k v TOKEN %s", &token, "OK");
    fixture_connect(f, &w[3]);
}

Test(cache_leases, what_failed_is_not_tried_again_for_a_while)
{
    struct token token = win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k WAIT 1000");
    expect_with(c, "CACHE RELEASE k %s RETRY 500", &token, "(integer) 1");
    expect_next(&w[0], NOTHING("fail"));
    expect(c, "CACHE GET k WAIT 1000", NOTHING("fail"));
    expect_with(c, "CACHE SET k late TOKEN %s", &token, "(nil)");
    fixture_advance(f, 501);
    win(c, "CACHE GET k");
}

Test(cache_leases, while_it_is_not_tried_again_an_old_value_is_shown)
{
    expect(c, "CACHE SET k old PX 100 GRACE 10000", "OK");
    fixture_advance(f, 101);
    struct token token = win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k FRESH WAIT 1000");
    expect_with(c, "CACHE RELEASE k %s RETRY 500", &token, "(integer) 1");
    expect_next(&w[0], NOTHING("fail"));
    expect(c, "CACHE GET k", STALE("old"));
    expect(c, "CACHE GET k FRESH", NOTHING("fail"));
}

Test(cache_leases, what_is_not_worth_keeping_is_waited_for_by_nobody)
{
    struct token token = win(c, "CACHE GET k");
    begin_to_wait(0, "CACHE GET k WAIT 1000");
    begin_to_wait(1, "CACHE GET k WAIT 1000");
    expect_with(c, "CACHE RELEASE k %s PASS 500", &token, "(integer) 1");
    expect_next(&w[0], NOTHING("pass"));
    expect_next(&w[1], NOTHING("pass"));
    expect(c, "CACHE GET k WAIT 1000", NOTHING("pass"));
    expect(c, "DEL k", "(integer) 0");
    win(c, "CACHE GET k");
}

Test(cache_leases, a_lease_is_of_its_database)
{
    win(c, "CACHE GET k");
    expect(&w[0], "SELECT 1", "OK");
    win(&w[0], "CACHE GET k");
    expect(c, "FLUSHDB", "OK");
    expect(&w[0], "CACHE GET k", BUSY);
    win(c, "CACHE GET k");
    expect(c, "SWAPDB 0 1", "OK");
    win(c, "CACHE GET k");
    win(&w[0], "CACHE GET k");
}

Test(cache_leases, a_version_makes_all_others_old)
{
    expect(c, "CACHE SET k v VERSION 1", "OK");
    expect(c, "CACHE GET k", HIT("v"));
    expect(c, "CACHE GET k VERSION 1", HIT("v"));
    struct token token = win(c, "CACHE GET k VERSION 2");
    expect(c, "CACHE GET k VERSION 2 WAIT 0", BUSY);
    expect(&w[0], "CACHE GET k VERSION 1", HIT("v"));
    expect_with(c, "CACHE SET k w VERSION 2 TOKEN %s", &token, "OK");
    expect(&w[0], "CACHE GET k VERSION 2", HIT("w"));
    expect(c, "SET plain v", "OK");
    win(c, "CACHE GET plain VERSION 2");
}

Test(cache_leases, nobody_waits_in_a_transaction_or_a_script)
{
    win(c, "CACHE GET k");
    expect(&w[0], "MULTI", "OK");
    expect(&w[0], "CACHE GET k WAIT 1000", "QUEUED");
    expect(&w[0], "CACHE GET j WAIT 1000 PEEK", "QUEUED");
    expect(&w[0], "EXEC",
           "1) 1) \"busy\"\n   2) (nil)\n   3) (nil)\n2) 1) \"miss\"\n   2) (nil)\n   3) (nil)");
    expect(&w[0], "EVAL \"return redis.call('cache','get',KEYS[1],'wait','1000')[1]\" 1 k", "\"busy\"");
    expect(&w[0], "EVAL \"return redis.call('cache','get',KEYS[1])[1]\" 1 s", "\"win\"");
    client_close(&w[0]);
    wait_for_info("cache_leases", 1);
    fixture_connect(f, &w[0]);
}

Test(cache_leases, who_waits_can_be_unblocked)
{
    char line[64];
    win(c, "CACHE GET k");
    for (int i = 0; i < 2; i++) {
        long id = strtol(reply_part_text(client_ask(&w[i], "CLIENT ID")).data, NULL, 10);
        begin_to_wait(i, "CACHE GET k WAIT 60000");
        snprintf(line, sizeof line, "CLIENT UNBLOCK %ld %s", id, i == 0 ? "TIMEOUT" : "ERROR");
        expect(c, line, "(integer) 1");
    }
    expect_next(&w[0], BUSY);
    expect_next(&w[1], "(error) UNBLOCKED client unblocked via CLIENT UNBLOCK");
}

Test(cache_leases, shortly_before_its_end_the_first_reader_begins_anew)
{
    struct token token = win(c, "CACHE GET k");
    fixture_advance(f, 400);
    expect_with(c, "CACHE SET k v PX 10000 TOKEN %s", &token, "OK");
    fixture_advance(f, 9100);
    expect(c, "CACHE GET k", HIT("v"));
    fixture_advance(f, 150);
    expect(c, "CACHE GET k PEEK", HIT("v"));
    struct slice reply = client_ask(c, "CACHE GET k META");
    token = token_in(reply);
    cr_assert(slice_equal(reply_part_text(reply_part(reply, 1)), SLICE("v")));
    expect(&w[0], "CACHE GET k", HIT("v"));
    cr_assert_eq(info("cache_early"), 1);
    fixture_advance(f, 200);
    expect_with(c, "CACHE SET k w PX 10000 TOKEN %s", &token, "OK");
    reply = client_ask(c, "CACHE GET k META");
    long cost = strtol(reply_part_text(reply_part_field(reply_part(reply, 3), "cost")).data, NULL, 10);
    cr_assert(cost > 290 && cost < 310, "%ld", cost);
}

Test(cache_leases, who_may_not_write_the_key_gets_no_lease)
{
    expect(c, "ACL SETUSER reader on nopass %R~* +@all", "OK");
    expect(c, "CACHE SET k old PX 100 GRACE 10000", "OK");
    expect(&w[0], "AUTH reader any", "OK");
    expect(&w[0], "CACHE GET j", NOTHING("miss"));
    fixture_advance(f, 101);
    expect(&w[0], "CACHE GET k", STALE("old"));
    expect_start(&w[0], "CACHE RELEASE k 0", "(error) NOPERM");
    struct token token = win(c, "CACHE GET j");
    begin_to_wait(0, "CACHE GET j WAIT 60000");
    expect_with(c, "CACHE RELEASE j %s", &token, "(integer) 1");
    expect_next(&w[0], NOTHING("miss"));
    expect(c, "ACL SETUSER other on nopass ~k +@read +@write", "OK");
    expect(&w[1], "AUTH other any", "OK");
    expect_start(&w[1], "CACHE GET j", "(error) NOPERM");
    win(&w[1], "CACHE GET k");
}

Test(cache_leases, without_room_one_computes_without_a_lease)
{
    expect(c, "CONFIG SET cache-max-leases 2", "OK");
    win(c, "CACHE GET a");
    win(c, "CACHE GET b");
    expect(c, "CACHE GET c", NOTHING("miss"));
    expect(c, "CACHE SET k old PX 100 GRACE 10000", "OK");
    fixture_advance(f, 101);
    expect(c, "CACHE GET k", STALE("old"));
    expect(c, "DEL a", "(integer) 0");
    win(c, "CACHE GET c");
    expect(c, "CONFIG SET cache-max-leases 0", "OK");
    expect(c, "DEL c", "(integer) 0");
    expect(c, "CACHE GET c", NOTHING("miss"));
}

Test(cache_leases, leases_are_charged_and_their_memory_comes_back)
{
    long before = info("cache_lease_records");
    cr_assert_eq(before, 0);
    for (int i = 0; i < 1000; i++) {
        char line[64];
        snprintf(line, sizeof line, "CACHE GET key:%d LEASE 1000", i);
        win(c, line);
    }
    cr_assert_eq(info("cache_leases"), 1000);
    fixture_advance(f, 1001);
    wait_for_info("cache_leases", 0);
    fixture_advance(f, 60001);
    wait_for_info("cache_lease_records", 0);
}

Test(cache_leases, what_is_known_of_a_key_tells_who_computes_and_how_many_wait)
{
    expect(c, "CACHE SET k v PX 100 GRACE 10000", "OK");
    fixture_advance(f, 101);
    struct slice info = client_ask(c, "CACHE INFO k");
    cr_assert(slice_equal(reply_part_text(reply_part_field(info, "lease-left")), SLICE("-1")));
    /* As HTTP tells it: 32 hexadecimal digits between quotes. */
    cr_assert_eq(reply_part_text(reply_part_field(info, "etag")).len, 34);
    win(c, "CACHE GET k LEASE 700");
    begin_to_wait(0, "CACHE GET k FRESH WAIT 1000");
    begin_to_wait(1, "CACHE GET k FRESH WAIT 1000");
    info = client_ask(c, "CACHE INFO k");
    cr_assert(slice_equal(reply_part_text(reply_part_field(info, "lease-left")), SLICE("700")));
    cr_assert(slice_equal(reply_part_text(reply_part_field(info, "waiters")), SLICE("2")));
}

Test(cache_leases, a_fresh_value_counts_as_a_hit_and_nothing_as_a_miss)
{
    expect(c, "SET k v", "OK");
    long hits = info("keyspace_hits"), misses = info("keyspace_misses");
    expect(c, "CACHE GET k", HIT("v"));
    win(c, "CACHE GET j");
    expect(c, "CACHE GET j", BUSY);
    cr_assert_eq(info("keyspace_hits"), hits + 1);
    cr_assert_eq(info("keyspace_misses"), misses + 2);
    cr_assert_eq(info("cache_hits"), 1);
    cr_assert_eq(info("cache_wins"), 1);
}

Test(cache_leases, wrong_words_are_refused)
{
    static const char *const wrong[][2] = {
        { "CACHE GET", "(error) ERR wrong number of arguments for 'cache|get' command" },
        { "CACHE GET k LEASE", "(error) ERR syntax error" },
        { "CACHE GET k LEASE 0", "(error) ERR invalid lease time in 'cache|get' command" },
        { "CACHE GET k LEASE 600001", "(error) ERR invalid lease time in 'cache|get' command" },
        { "CACHE GET k LEASE x", "(error) ERR value is not an integer or out of range" },
        { "CACHE GET k LEASE 10 PEEK", "(error) ERR syntax error" },
        { "CACHE GET k WAIT -1", "(error) ERR timeout is not an integer or out of range" },
        { "CACHE GET k WAIT 60001", "(error) ERR timeout is not an integer or out of range" },
        { "CACHE GET k WAIT", "(error) ERR syntax error" },
        { "CACHE GET k VERSION", "(error) ERR syntax error" },
        { "CACHE GET k NOW", "(error) ERR syntax error" },
        { "CACHE RELEASE k", "(error) ERR wrong number of arguments for 'cache|release' command" },
        { "CACHE RELEASE k t RETRY", "(error) ERR syntax error" },
        { "CACHE RELEASE k t AGAIN 1", "(error) ERR syntax error" },
        { "CACHE RELEASE k t RETRY 0", "(error) ERR invalid lease time in 'cache|release' command" },
        { "CACHE RELEASE k t PASS -1", "(error) ERR invalid lease time in 'cache|release' command" },
        { "CACHE RELEASE k t RENEW 0", "(error) ERR invalid expire time in 'cache|release' command" },
        { "CACHE RELEASE k t RENEW 9223372036854775807",
          "(error) ERR invalid expire time in 'cache|release' command" },
        { "CACHE RELEASE k t RETRY x", "(error) ERR value is not an integer or out of range" },
        { "CACHE GET l", "(error) WRONGTYPE Operation against a key holding the wrong kind of value" },
    };
    expect(c, "RPUSH l x", "(integer) 1");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) expect(c, wrong[i][0], wrong[i][1]);
    expect(c, "CACHE RELEASE k 0123456789abcdef", "(integer) 0");
    expect(c, "CACHE RELEASE k \"\"", "(integer) 0");
    win(c, "CACHE GET k");
    expect(c, "CACHE RELEASE k 0000000000000000", "(integer) 0");
}
