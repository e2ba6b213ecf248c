/* Values with grace, tags and versions: what CACHE stores and invalidates, and what other commands see of it.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/e2e/events/scene.h"
#include "tests/e2e/example.h"
#include "tests/support/client/expect.h"
#include "tests/support/fixture.h"

static const char *const two_loops[] = { "--threads", "2", NULL };

static void expect_state(struct client *c, const char *key, const char *state)
{
    char command[64], start[64];
    snprintf(command, sizeof command, "CACHE INFO %s", key);
    snprintf(start, sizeof start, " 1) \"state\"\n 2) \"%s\"", state);
    expect_start(c, command, start);
}

Test(cache_values, other_commands_see_a_key_while_it_is_fresh)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "CACHE SET k v PX 1000 GRACE 5000", "OK");
    expect(c, "GET k", "\"v\"");
    expect(c, "PTTL k", "(integer) 1000");
    expect(c, "EXISTS k", "(integer) 1");
    expect(c, "OBJECT ENCODING k", "\"embstr\"");
    fixture_advance(f, 1001);
    expect(c, "GET k", "(nil)");
    expect(c, "PTTL k", "(integer) -2");
    expect(c, "EXISTS k", "(integer) 0");
    expect(c, "TYPE k", "none");
    expect(c, "KEYS *", "(empty array)");
    expect(c, "SCAN 0", "1) \"0\"\n2) (empty array)");
    expect(c, "RANDOMKEY", "(nil)");
    expect(c, "MGET k k", "1) (nil)\n2) (nil)");
    expect(c, "DUMP k", "(nil)");
    expect(c, "RENAME k j", "(error) ERR no such key");
    expect(c, "COPY k j", "(integer) 0");
    expect(c, "MOVE k 1", "(integer) 0");
    expect(c, "DBSIZE", "(integer) 1");
    expect_state(c, "k", "stale");
    fixture_advance(f, 5000);
    expect(c, "CACHE INFO k", "(nil)");
    expect(c, "DBSIZE", "(integer) 0");
    fixture_close(&f);
}

Test(cache_values, a_write_over_drops_the_dress_and_an_edit_keeps_it)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "CACHE SET k v PX 1000 GRACE 5000 TAGS 1 t", "OK");
    expect(c, "APPEND k w", "(integer) 2");
    expect(c, "PEXPIRE k 3000", "(integer) 1");
    fixture_advance(f, 3001);
    expect_state(c, "k", "stale");
    expect(c, "APPEND k anew", "(integer) 4");
    expect(c, "PTTL k", "(integer) -1");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    expect(c, "GET k", "\"anew\"");

    expect(c, "CACHE SET k 5 PX 1000 TAGS 1 t", "OK");
    expect(c, "INCR k", "(integer) 6");
    expect(c, "PERSIST k", "(integer) 1");
    expect(c, "GETEX k EX 100", "\"6\"");
    expect(c, "TTL k", "(integer) 100");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    expect(c, "GET k", "(nil)");

    expect(c, "CACHE SET k v TAGS 1 t", "OK");
    expect(c, "SET k plain KEEPTTL", "OK");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    expect(c, "GET k", "\"plain\"");
    fixture_close(&f);
}

Test(cache_values, the_dress_goes_along_with_rename_copy_and_move)
{
    struct fixture *f = fixture_open(two_loops);
    struct client *c = &f->client;
    expect(c, "CACHE SET a v PX 1000 GRACE 5000 TAGS 1 t", "OK");
    expect(c, "COPY a b", "(integer) 1");
    expect(c, "RENAME a c", "OK");
    expect(c, "COPY c d DB 1", "(integer) 1");
    expect(c, "PTTL b", "(integer) 1000");
    expect(c, "PTTL c", "(integer) 1000");
    expect(c, "CACHE INVALIDATE SOFT TAGS t", "(integer) 1");
    expect(c, "MGET b c", "1) (nil)\n2) (nil)");
    expect_state(c, "b", "stale");
    expect_state(c, "c", "stale");
    expect(c, "SELECT 1", "OK");
    expect(c, "GET d", "(nil)");
    fixture_close(&f);
}

Test(cache_values, a_deletion_of_a_stale_key_counts_nothing_and_leaves_nothing)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "CACHE SET k v PX 10 GRACE 5000", "OK");
    fixture_advance(f, 20);
    expect(c, "DEL k", "(integer) 0");
    expect(c, "CACHE INFO k", "(nil)");
    expect(c, "DBSIZE", "(integer) 0");
    fixture_close(&f);
}

Test(cache_values, an_invalidation_by_key_counts_what_was_visible)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "CACHE SET graced v EX 10 GRACE 1000", "OK");
    expect(c, "CACHE SET graceless v EX 10 TAGS 1 t", "OK");
    expect(c, "SET plain v", "OK");
    expect(c, "RPUSH list v", "(integer) 1");
    expect(c, "CACHE INVALIDATE SOFT KEYS graced graceless plain nothing", "(integer) 3");
    expect(c, "EXISTS graced graceless plain", "(integer) 0");
    expect_state(c, "graced", "stale");
    expect(c, "DBSIZE", "(integer) 2");
    expect(c, "CACHE INVALIDATE SOFT KEYS graced", "(integer) 0");
    expect_state(c, "graced", "stale");
    fixture_advance(f, 999);
    expect_state(c, "graced", "stale");
    fixture_advance(f, 2);
    expect(c, "CACHE INFO graced", "(nil)");
    expect(c, "CACHE INVALIDATE KEYS list", "(integer) 1");
    expect(c, "DBSIZE", "(integer) 0");
    fixture_close(&f);
}

Test(cache_values, a_pattern_is_walked_for_in_all_shards)
{
    struct fixture *f = fixture_open(two_loops);
    struct client *c = &f->client;
    char command[64];
    for (int i = 0; i < 2000; i++) {
        snprintf(command, sizeof command, "CACHE SET %s:%d v EX 100 GRACE 10000", i % 2 ? "odd" : "even", i);
        expect(c, command, "OK");
    }
    expect(c, "CACHE INVALIDATE SOFT MATCH odd:*", "(integer) 1000");
    expect(c, "GET odd:1", "(nil)");
    expect_state(c, "odd:1", "stale");
    expect(c, "GET even:2", "\"v\"");
    expect(c, "DBSIZE", "(integer) 2000");
    expect(c, "CACHE INVALIDATE MATCH even:*", "(integer) 1000");
    expect(c, "CACHE INVALIDATE MATCH *", "(integer) 0");
    expect(c, "DBSIZE", "(integer) 0");
    expect(c, "MULTI", "OK");
    expect(c, "CACHE INVALIDATE MATCH *", "QUEUED");
    expect(c, "EXEC", "1) (error) ERR MATCH is not allowed in a transaction or script");
    expect_start(c, "EVAL \"return redis.call('cache','invalidate','match','*')\" 0",
                 "(error) ERR MATCH is not allowed in a transaction or script");
    fixture_close(&f);
}

static long long keys_of(struct client *c)
{
    return strtoll(client_ask(c, "DBSIZE").data + 1, NULL, 10);
}

Test(cache_values, no_pattern_is_walked_for_while_writes_are_paused)
{
    static const char *const options[] = { "--threads", "2", "--enable-debug-command", "yes", NULL };
    struct fixture *f = fixture_open(options);
    struct client *c = &f->client, walks;
    fixture_connect(f, &walks);
    expect(c, "DEBUG POPULATE 200000", "OK");
    cr_assert(client_send(&walks, SLICE("CACHE INVALIDATE MATCH key:*\r\n")));
    while (keys_of(c) == 200000) {}
    expect(c, "CLIENT PAUSE 1000000 WRITE", "OK");
    usleep(20000); /* a slice of the other loop may have begun */
    long long left = keys_of(c);
    fixture_advance(f, 100);
    usleep(200000);
    cr_expect_eq(keys_of(c), left);
    cr_expect_gt(left, 0);
    expect(c, "CLIENT UNPAUSE", "OK");
    fixture_advance(f, 100);
    expect_next(&walks, "(integer) 200000");
    expect(c, "DBSIZE", "(integer) 0");
    client_close(&walks);
    fixture_close(&f);
}

Test(cache_values, the_walk_frees_what_was_bumped_and_forgets_the_tag)
{
    struct fixture *f = fixture_open(two_loops);
    struct client *c = &f->client;
    char command[64];
    for (int i = 0; i < 3000; i++) {
        snprintf(command, sizeof command, "CACHE SET k%d v TAGS 2 t u%d", i, i % 3);
        expect(c, command, "OK");
    }
    expect(c, "CACHE INVALIDATE TAGS u1 u2", "(integer) 2");
    expect(c, "GET k1", "(nil)");
    expect(c, "GET k3", "\"v\"");
    for (int i = 0; i < 4000 && scene_info(c, "cache_bumped_tags") != 0; i++) fixture_advance(f, 10);
    expect(c, "DBSIZE", "(integer) 1000");
    cr_assert_eq(scene_info(c, "cache_reaped"), 2000);
    cr_assert_eq(scene_info(c, "cache_dressed_keys"), 1000);
    expect(c, "GET k3", "\"v\"");
    fixture_close(&f);
}

Test(cache_values, a_scan_tells_members_of_a_tag_and_their_states)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "CACHE SET a v PX 100 GRACE 5000 TAGS 1 t", "OK");
    expect(c, "CACHE SET b v PX 9000 TAGS 1 t", "OK");
    expect(c, "SET plain v", "OK");
    expect(c, "CACHE SCAN 0 TAG u COUNT 100", "1) \"0\"\n2) (empty array)");
    fixture_advance(f, 200);
    expect(c, "CACHE SCAN 0 TAG t STATE stale COUNT 100", "1) \"0\"\n2) 1) \"a\"");
    expect(c, "CACHE SCAN 0 MATCH p* COUNT 100", "1) \"0\"\n2) 1) \"plain\"");
    expect(c, "CACHE SCAN 0 STATE fresh TAG t COUNT 100", "1) \"0\"\n2) 1) \"b\"");
    expect(c, "CACHE SCAN 0 STATE old", "(error) ERR syntax error");
    expect(c, "CACHE SCAN x", "(error) ERR invalid cursor");
    expect(c, "CACHE SCAN 0 COUNT 0", "(error) ERR syntax error");
    fixture_close(&f);
}

Test(cache_values, what_is_wrong_is_said)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    expect(c, "CACHE SET k", "(error) ERR wrong number of arguments for 'cache|set' command");
    expect(c, "CACHE SET k v FOO", "(error) ERR syntax error");
    expect(c, "CACHE SET k v EX", "(error) ERR syntax error");
    expect(c, "CACHE SET k v EX 1 PX 1", "(error) ERR syntax error");
    static const char *const twice[] = { "CACHE SET k v EX 1 EX 2",
                                         "CACHE SET k v TAGS 1 a TAGS 1 b",
                                         "CACHE SET k v EX 1 GRACE 1 GRACE 2",
                                         "CACHE SET k v JITTER 1 JITTER 2",
                                         "CACHE SET k v VERSION 1 VERSION 2",
                                         "CACHE SET k v COST 1 COST 2",
                                         "CACHE SET k v TYPE a/b TYPE a/c",
                                         "CACHE SET k v TOKEN a TOKEN b",
                                         "CACHE GET k LEASE 1 LEASE 2",
                                         "CACHE GET k WAIT 1 WAIT 2",
                                         "CACHE GET k VERSION 1 VERSION 2",
                                         "CACHE GET k PEEK PEEK",
                                         "CACHE SCAN 0 TAG a TAG b",
                                         "CACHE SCAN 0 MATCH a MATCH b",
                                         "CACHE TOP HOT COUNT 1 COUNT 2" };
    for (size_t i = 0; i < sizeof twice / sizeof *twice; i++) expect(c, twice[i], "(error) ERR syntax error");
    expect(c, "CACHE SET k v EX a", "(error) ERR value is not an integer or out of range");
    expect(c, "CACHE SET k v EX 0", "(error) ERR invalid expire time in 'cache|set' command");
    expect(c, "CACHE SET k v EX 9223372036854775807",
           "(error) ERR invalid expire time in 'cache|set' command");
    expect(c, "CACHE SET k v EX 1 GRACE -1", "(error) ERR invalid grace time in 'cache|set' command");
    expect(c, "CACHE SET k v EX 1 GRACE 4294967296", "(error) ERR invalid grace time in 'cache|set' command");
    expect(c, "CACHE SET k v GRACE 1", "(error) ERR GRACE needs a time to live in 'cache|set' command");
    expect(c, "CACHE SET k v TAGS 0", "(error) ERR wrong number of tags");
    expect(c, "CACHE SET k v TAGS 2 a", "(error) ERR wrong number of tags");
    expect(c, "CACHE SET k v TAGS -1 a", "(error) ERR wrong number of tags");
    expect(c, "CACHE SET k v TAGS a a", "(error) ERR value is not an integer or out of range");
    expect(c, "CACHE SET k v TAGS 65 a", "(error) ERR too many tags, at most 64");
    expect(c, "CACHE SET k v TAGS 1 \"\"", "(error) ERR a tag must have 1 to 255 bytes");
    expect(c, "CACHE SET k v JITTER 51", "(error) ERR value is not an integer or out of range");
    expect(c, "CACHE SET k v COST -1", "(error) ERR invalid cost in 'cache|set' command");
    expect(c, "CACHE SET k v TYPE \"a\\nb\"", "(error) ERR syntax error");
    expect(c, "CACHE INVALIDATE KEYS",
           "(error) ERR wrong number of arguments for 'cache|invalidate' command");
    expect(c, "CACHE INVALIDATE SOFT KEYS", "(error) ERR syntax error");
    expect(c, "CACHE INVALIDATE k l", "(error) ERR syntax error");
    expect(c, "CACHE INVALIDATE MATCH a b", "(error) ERR syntax error");
    expect(c, "CACHE INVALIDATE TAGS \"\"", "(error) ERR a tag must have 1 to 255 bytes");
    expect(c, "EXISTS k", "(integer) 0");
    fixture_close(&f);
}

Test(cache_values, a_token_is_good_until_one_of_the_tags_is_bumped)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    char token[64], command[160];
    struct slice reply = client_ask(c, "CACHE GET k LEASE 60000");
    const char *start = memmem(reply.data, reply.len, "$16\r\n", 5);
    cr_assert_not_null(start);
    snprintf(token, sizeof token, "%.16s", start + 5);
    expect(c, "CACHE INVALIDATE TAGS other", "(integer) 1");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    snprintf(command, sizeof command, "CACHE SET k old TOKEN %s EX 10 TAGS 1 t", token);
    expect(c, command, "(nil)");
    expect(c, "GET k", "(nil)");
    cr_assert_eq(scene_info(c, "cache_refused"), 1);
    fixture_close(&f);
}

Test(cache_values, a_watched_key_that_is_invalidated_by_its_tag_fails_exec)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client, other;
    fixture_connect(f, &other);
    expect(c, "CACHE SET k v EX 100 TAGS 1 t", "OK");
    expect(c, "WATCH k nothing", "OK");
    expect(&other, "CACHE INVALIDATE TAGS t", "(integer) 1");
    expect(c, "MULTI", "OK");
    expect(c, "SET a b", "QUEUED");
    expect(c, "EXEC", "(nil)");
    expect(c, "WATCH k", "OK");
    expect(c, "MULTI", "OK");
    expect(c, "CACHE SET k w EX 100 TAGS 1 t", "QUEUED");
    expect(c, "CACHE INVALIDATE TAGS t", "QUEUED");
    expect(c, "GET k", "QUEUED");
    expect(c, "EXEC", "1) OK\n2) (integer) 1\n3) (nil)");
    client_close(&other);
    fixture_close(&f);
}

Test(cache_values, users_need_rights_to_tags_as_to_keys)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client, other;
    fixture_connect(f, &other);
    expect(c, "ACL SETUSER web on >pw +@all ~web:* ~nuthatch:tag:web:*", "OK");
    expect(c, "ACL SETUSER reader on >pw +@read ~* ", "OK");
    expect(&other, "AUTH web pw", "OK");
    const char *denied =
        "(error) NOPERM this user has no permissions to access one of the keys used as arguments";
    expect(&other, "CACHE SET web:1 v EX 10 TAGS 1 web:a", "OK");
    expect(&other, "CACHE SET web:1 v EX 10 TAGS 1 users", denied);
    expect(&other, "CACHE SET x v EX 10", denied);
    expect(&other, "CACHE INVALIDATE TAGS web:a", "(integer) 1");
    expect(c, "ACL LOG RESET", "OK");
    expect(&other, "CACHE INVALIDATE TAGS users", denied);
    expect_start(c, "ACL LOG",
                 "1)  1) \"count\"\n    2) (integer) 1\n    3) \"reason\"\n    4) \"key\"\n    5) "
                 "\"context\"\n    6) \"toplevel\"\n    7) \"object\"\n    8) \"users\"");
    expect(&other, "CACHE INVALIDATE KEYS web:1 x", denied);
    expect(&other, "CACHE INVALIDATE MATCH web:*", denied);
    expect(&other, "AUTH reader pw", "OK");
    expect_state(&other, "web:1", "dead");
    expect(&other, "CACHE INVALIDATE KEYS web:1",
           "(error) NOPERM this user has no permissions to run the 'cache|invalidate' command");
    client_close(&other);
    fixture_close(&f);
}

/* What one selector allows to do is not what another allows to reach. */
Test(cache_values, rights_of_two_selectors_are_not_put_together)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client, other;
    fixture_connect(f, &other);
    expect(c, "ACL SETUSER sel on >pw +@all ~page:* (+get ~*)", "OK");
    expect(c, "CACHE SET secret v EX 10 TAGS 1 b", "OK");
    expect(&other, "AUTH sel pw", "OK");
    const char *denied =
        "(error) NOPERM this user has no permissions to access one of the keys used as arguments";
    expect(&other, "CACHE INVALIDATE KEYS secret", denied);
    expect(&other, "CACHE INVALIDATE TAGS b", denied);
    expect(&other, "CACHE INVALIDATE MATCH *", denied);
    expect(&other, "GET secret", "\"v\"");
    expect(c, "ACL SETUSER lessee reset on >pw +@read %R~* (+set ~*)", "OK");
    expect(&other, "AUTH lessee pw", "OK");
    expect(&other, "CACHE GET nothing", "1) \"miss\"\n2) (nil)\n3) (nil)");
    client_close(&other);
    fixture_close(&f);
}

Test(cache_values, a_store_of_nothing_leaves_no_stale_value_and_no_lease)
{
    static const char *const stores[] = { "SORT none STORE k", "SINTERSTORE k none", "BITOP AND k none",
                                          "ZRANGESTORE k none 0 -1", "GEORADIUS none 1 1 1 m STORE k" };
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client;
    for (size_t i = 0; i < sizeof stores / sizeof *stores; i++) {
        expect(c, "CACHE SET k v EX 10 GRACE 100000 TAGS 1 t", "OK");
        expect(c, "CACHE INVALIDATE SOFT TAGS t", "(integer) 1");
        expect(c, stores[i], "(integer) 0");
        expect(c, "CACHE GET k PEEK", "1) \"miss\"\n2) (nil)\n3) (nil)");
    }
    fixture_close(&f);
}

Test(cache_values, events_tell_of_what_is_removed)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client, ear;
    fixture_connect(f, &ear);
    expect(c, "CONFIG SET notify-keyspace-events KEA", "OK");
    expect(&ear, "PSUBSCRIBE __keyevent@0__:*", "1) \"psubscribe\"\n2) \"__keyevent@0__:*\"\n3) (integer) 1");
    expect(c, "CACHE SET k v PX 50 GRACE 50", "OK");
    expect_next(&ear, "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:set\"\n4) \"k\"");
    expect_next(&ear, "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:expire\"\n4) \"k\"");
    fixture_advance(f, 70);
    expect(c, "DEL k", "(integer) 0");
    expect_next(&ear, "1) \"pmessage\"\n2) \"__keyevent@0__:*\"\n3) \"__keyevent@0__:expired\"\n4) \"k\"");
    client_close(&ear);
    fixture_close(&f);
}

Test(cache_values, of_a_tag_those_are_told_who_have_read_it)
{
    for (size_t i = 0; i < 2; i++) {
        struct fixture *f = fixture_open(i == 0 ? NULL : two_loops);
        struct client *c = &f->client, near, other;
        fixture_connect(f, &near);
        fixture_connect(f, &other);
        client_ask(&near, "HELLO 3");
        client_ask(&other, "HELLO 3");
        expect(c, "CACHE SET k v EX 1000 TAGS 2 s t", "OK");
        expect(c, "CACHE SET l v EX 1000 TAGS 1 u", "OK");
        expect(&near, "CLIENT TRACKING ON", "OK");
        expect(&other, "CLIENT TRACKING ON", "OK");
        expect_start(&near, "CACHE GET k", "1) \"hit\"");
        expect(&other, "GET l", "\"v\"");
        expect(c, "CACHE INVALIDATE TAGS x", "(integer) 1");
        expect(c, "CACHE INVALIDATE SOFT TAGS t", "(integer) 1");
        expect(&other, "PING", "PONG");
        expect_next(&near, "1> \"invalidate\"\n2> (nil)");
        expect(c, "CACHE INVALIDATE TAGS s t", "(integer) 2");
        expect(&near, "PING", "PONG");
        expect(c, "CACHE INVALIDATE TAGS s u", "(integer) 2");
        expect(&near, "PING", "PONG");
        expect_next(&other, "1> \"invalidate\"\n2> (nil)");
        expect(&other, "CLIENT TRACKING OFF", "OK");
        expect(&other, "CLIENT TRACKING ON BCAST PREFIX zzz", "OK");
        expect(c, "CACHE INVALIDATE TAGS x", "(integer) 1");
        expect_next(&other, "1> \"invalidate\"\n2> (nil)");
        client_close(&near);
        client_close(&other);
        fixture_close(&f);
    }
}

Test(cache_values, clients_that_keep_copies_are_told)
{
    struct fixture *f = fixture_open(NULL);
    struct client *c = &f->client, near;
    fixture_connect(f, &near);
    expect(c, "CACHE SET k v PX 1000 GRACE 5000 TAGS 1 t", "OK");
    client_ask(&near, "HELLO 3");
    expect(&near, "CLIENT TRACKING ON", "OK");
    expect(&near, "GET k", "\"v\"");
    fixture_advance(f, 1200);
    expect_next(&near, "1> \"invalidate\"\n2> 1) \"k\"");
    expect(c, "CACHE SET k v PX 100000 TAGS 1 t", "OK");
    expect(&near, "GET k", "\"v\"");
    expect(c, "CACHE INVALIDATE TAGS t", "(integer) 1");
    expect_next(&near, "1> \"invalidate\"\n2> (nil)");
    client_close(&near);
    fixture_close(&f);
}
