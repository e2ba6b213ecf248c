/*
 * CACHE TOP BIG and PREFIX: what is big, and who uses the memory.
 */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/base/random.h"
#include "tests/e2e/example.h"
#include "tests/e2e/told.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/fixture.h"

TestSuite(cache_top, .timeout = 120);

/* Nobody is told of a round of the walk that is older. */
#define ROUND_IS_OLD_MS 1000

static struct fixture *open_with_loops(const char *threads)
{
    const char *const options[] = { "--threads", threads, NULL };
    return fixture_open(options);
}

static void row(struct client *c, const char *prefix, long long *keys, long long *bytes)
{
    char quoted[80];
    const char *reply = told(c, "CACHE TOP PREFIX COUNT 100");
    snprintf(quoted, sizeof quoted, "\"%s\"", prefix);
    const char *at = strstr(reply, quoted);
    *keys = at != NULL ? number_behind(at, "\"keys\"") : 0;
    *bytes = at != NULL ? number_behind(at, "\"bytes\"") : 0;
}

Test(cache_top, the_largest_is_first_with_type_size_and_length)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "SET small x", "OK");
    expect(c, "SETRANGE large 99999 x", "(integer) 100000");
    expect(c, "RPUSH list a b c", "(integer) 3");
    long long usage = number_behind(told(c, "MEMORY USAGE large"), "");
    const char *reply = told(c, "CACHE TOP BIG COUNT 1");
    cr_expect(strstr(reply, "\"large\"") != NULL && strstr(reply, "\"small\"") == NULL, "%s", reply);
    cr_expect(strstr(reply, "\"string\"") != NULL, "%s", reply);
    cr_expect_eq(number_behind(reply, "\"bytes\""), usage);
    cr_expect_eq(number_behind(reply, "\"length\""), 100000);
    reply = told(c, "CACHE TOP BIG");
    cr_expect(strstr(reply, "\"list\"") != NULL, "%s", reply);
    fixture_close(&f);
}

/* A round over few keys takes no time: each question is answered by one of its own. */
Test(cache_top, what_has_just_grown_is_told_at_once)
{
    struct fixture *f = open_with_loops("2");
    struct client *c = &f->client;
    char line[80], name[24];
    for (int i = 0; i < 10; i++) {
        snprintf(line, sizeof line, "SETRANGE k%d %d x", i, 1000 << i);
        client_ask(c, line);
        snprintf(name, sizeof name, "\"k%d\"", i);
        fixture_advance(f, 500); /* enough for a round that takes long on a busy machine */
        cr_expect(strstr(told(c, "CACHE TOP BIG COUNT 1"), name) != NULL, "%s", name);
    }
    fixture_close(&f);
}

Test(cache_top, what_is_gone_does_not_show_and_what_grew_shows_its_size)
{
    struct fixture *f = open_with_loops("2");
    struct client *c = &f->client;
    expect(c, "SETRANGE goes 9999 x", "(integer) 10000");
    expect(c, "SETRANGE grows 4999 x", "(integer) 5000");
    expect(c, "SET ends x PX 500", "OK");
    client_ask(c, "CACHE TOP BIG");
    expect(c, "DEL goes", "(integer) 1");
    expect(c, "SETRANGE grows 19999 x", "(integer) 20000");
    expect(c, "SETRANGE comes 29999 x", "(integer) 30000");
    const char *reply = told(c, "CACHE TOP BIG"); /* of the round before, or of a new one */
    cr_expect(strstr(reply, "\"goes\"") == NULL, "%s", reply);
    cr_expect_eq(number_behind(strstr(reply, "\"grows\""), "\"length\""), 20000);
    fixture_advance(f, ROUND_IS_OLD_MS);
    reply = told(c, "CACHE TOP BIG");
    cr_expect(strstr(reply, "\"comes\"") != NULL && strstr(reply, "\"ends\"") == NULL, "%s", reply);
    fixture_close(&f);
}

Test(cache_top, prefixes_end_where_the_settings_say)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    long long keys, bytes;
    expect(c, "MSET user:1:a x user:2:a x post/1 x user/1 x", "OK");
    row(c, "user", &keys, &bytes);
    cr_expect_eq(keys, 2);
    row(c, "", &keys, &bytes);
    cr_expect_eq(keys, 2);
    expect(c, "CONFIG SET cache-prefix-delimiter /", "OK");
    fixture_advance(f, ROUND_IS_OLD_MS);
    row(c, "user", &keys, &bytes);
    cr_expect_eq(keys, 1);
    expect(c, "CONFIG SET cache-prefix-delimiter : cache-prefix-depth 2", "OK");
    fixture_advance(f, ROUND_IS_OLD_MS);
    row(c, "user:1", &keys, &bytes);
    cr_expect_eq(keys, 1);
    const char *reply = told(c, "CONFIG SET cache-prefix-delimiter 123456789");
    cr_expect(strstr(reply, "at most 8 bytes") != NULL, "%s", reply);
    fixture_close(&f);
}

/* Of eight prefixes and none, of every type and size, with deadlines and without, in two databases. */
static void write_at_random(struct client *c, struct random *random)
{
    static const char *const forms[] = { "SET %s %0*d",      "SET %s %0*d PX 100000",
                                         "RPUSH %s a %0*d",  "HSET %s f %0*d",
                                         "SADD %s a b %0*d", "ZADD %s 1 %0*d",
                                         "APPEND %s a%0*d",  "DEL %s %0*d" };
    char name[40], line[2000];
    unsigned prefix = (unsigned)random_below(random, 9), number = (unsigned)random_below(random, 60);
    if (prefix == 8)
        snprintf(name, sizeof name, "plain%u", number);
    else
        snprintf(name, sizeof name, "p%u:%u", prefix, number);
    int len = 1 + (int)random_below(random, random_chance(random, 10) ? 1500 : 60);
    snprintf(line, sizeof line, forms[random_below(random, 8)], name, len, 7);
    client_ask(c, line);
}

struct truth {
    long long keys, bytes;
};

/* As KEYS and MEMORY USAGE tell it. */
static void walk_by_hand(struct client *c, const char *pattern, struct truth *truth)
{
    struct buffer names = { 0 };
    char line[100];
    snprintf(line, sizeof line, "KEYS %s", pattern);
    const char *reply = told(c, line);
    buffer_append(&names, reply, strlen(reply) + 1);
    for (char *at = names.data; (at = strchr(at, '"')) != NULL;) {
        char *end = strchr(at + 1, '"');
        snprintf(line, sizeof line, "MEMORY USAGE %.*s", (int)(end - at - 1), at + 1);
        truth->bytes += number_behind(told(c, line), "");
        truth->keys++;
        at = end + 1;
    }
    buffer_clear(&names);
}

static void compare(struct client *c, const char *prefix, const char *pattern, struct truth *all)
{
    struct truth truth = { 0 };
    long long keys, bytes;
    for (int db = 0; db < 2; db++) {
        expect(c, db == 0 ? "SELECT 0" : "SELECT 1", "OK");
        walk_by_hand(c, pattern, &truth);
    }
    row(c, prefix, &keys, &bytes);
    cr_expect_eq(keys, truth.keys, "%s: %lld and %lld keys", prefix, keys, truth.keys);
    cr_expect_eq(bytes, truth.bytes, "%s: %lld and %lld bytes", prefix, bytes, truth.bytes);
    all->keys += keys;
    all->bytes += bytes;
}

static void sums_are_those_of_a_walk(const char *threads)
{
    struct fixture *f = open_with_loops(threads);
    struct client *c = &f->client;
    struct random random = { 11 };
    for (int round = 0; round < 3; round++) {
        struct truth all = { 0 };
        for (int i = 0; i < 600; i++) {
            if (i % 100 == 0) expect(c, i % 200 == 0 ? "SELECT 0" : "SELECT 1", "OK");
            write_at_random(c, &random);
        }
        fixture_advance(f, ROUND_IS_OLD_MS);
        for (int prefix = 0; prefix < 8; prefix++) {
            char name[16], pattern[16];
            snprintf(name, sizeof name, "p%d", prefix);
            snprintf(pattern, sizeof pattern, "p%d:*", prefix);
            compare(c, name, pattern, &all);
        }
        compare(c, "", "plain*", &all);
        const char *reply = told(c, "INFO cache");
        long long keys, bytes;
        const char *at = strstr(reply, "cache_tally_keys:");
        cr_assert_not_null(at);
        cr_assert_eq(sscanf(at, "cache_tally_keys:%lld", &keys), 1);
        at = strstr(reply, "cache_tally_bytes:");
        cr_assert_eq(sscanf(at, "cache_tally_bytes:%lld", &bytes), 1);
        cr_expect_eq(all.keys, keys);
        cr_expect_eq(all.bytes, bytes);
        long long stored = number_behind(strstr(told(c, "MEMORY STATS"), "dataset.bytes"), "");
        cr_expect_eq(all.bytes - 8 * all.keys, stored);
    }
    fixture_close(&f);
}

Test(cache_top, the_sums_of_prefixes_are_those_of_a_walk)
{
    sums_are_those_of_a_walk("1");
}

Test(cache_top, the_sums_of_two_loops_are_those_of_a_walk)
{
    sums_are_those_of_a_walk("2");
}

Test(cache_top, what_has_no_row_is_told_as_the_rest)
{
    struct fixture *f = open_with_loops("2");
    struct client *c = &f->client;
    for (int i = 0; i < 20; i++) {
        char line[500];
        snprintf(line, sizeof line, "SET p%d:a %0*d", i, 10 + 20 * i, 1);
        expect(c, line, "OK");
    }
    const char *reply = told(c, "CACHE TOP PREFIX COUNT 5");
    cr_expect(strstr(reply, "\"p19\"") != NULL && strstr(reply, "\"p1\"") == NULL, "%s", reply);
    cr_expect_eq(number_behind(strstr(reply, "\"(other)\""), "\"keys\""), 15);
    reply = told(c, "CACHE TOP PREFIX COUNT 20");
    cr_expect(strstr(reply, "(other)") == NULL, "%s", reply);
    fixture_close(&f);
}

static void read_often(struct client *c, const char *line, int times)
{
    struct buffer lines = { 0 };
    struct slice reply;
    for (int i = 0; i < times; i++) buffer_printf(&lines, "%s\r\n", line);
    cr_assert(client_send(c, buffer_slice(&lines)));
    for (int i = 0; i < times; i++) cr_assert(client_read(c, &reply));
    buffer_clear(&lines);
}

/* Of 20,000 reads some 312 are samples: within a quarter of the truth but for one case in a hundred thousand.
 */
static void expect_about(long long told, long long truth)
{
    cr_expect(told > truth * 3 / 4 && told < truth * 5 / 4, "%lld, and it is %lld", told, truth);
}

Test(cache_top, reads_hit_and_miss_by_prefix)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "SET there:1 x", "OK");
    read_often(c, "GET there:1", 20000);
    read_often(c, "GET nowhere:1", 20000);
    read_often(c, "MGET there:1 nowhere:1", 10000);
    const char *reply = told(c, "CACHE TOP PREFIX");
    const char *there = strstr(reply, "\"there\""), *nowhere = strstr(reply, "\"nowhere\"");
    expect_about(number_behind(there, "\"hits\""), 25000);
    expect_about(number_behind(nowhere, "\"misses\""), 25000);
    cr_expect_eq(number_behind(nowhere, "\"keys\""), 0);
    client_ask(c, "CACHE TOP PREFIX RESET");
    reply = told(c, "CACHE TOP PREFIX");
    cr_expect_eq(number_behind(reply, "\"hits\""), 0);
    fixture_close(&f);
}

Test(cache_top, who_may_not_read_a_key_is_not_told_of_it)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "MSET user:1 x secret:1 x plain x", "OK");
    expect(c, "ACL SETUSER watcher on nopass +@all ~user:*", "OK");
    expect(c, "AUTH watcher any", "OK");
    const char *const lines[] = { "CACHE TOP BIG", "CACHE TOP BIG", "CACHE TOP PREFIX" };
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const char *reply = told(c, lines[i]);
        cr_expect(strstr(reply, "user") != NULL && strstr(reply, "secret") == NULL, "%s", reply);
        cr_expect(strstr(reply, "plain") == NULL && strstr(reply, "other") == NULL, "%s", reply);
    }
    fixture_close(&f);
}

struct exchanger {
    struct client client;
    pthread_t thread;
    _Atomic bool ends;
};

static void *exchange(void *context)
{
    struct exchanger *exchanger = context;
    while (!atomic_load(&exchanger->ends)) {
        client_ask(&exchanger->client, "SWAPDB 0 1");
        client_ask(&exchanger->client, "SWAPDB 0 7");
        client_ask(&exchanger->client, "SWAPDB 8 9");
    }
    return NULL;
}

/* And none of their keys is met twice, or missed. */
Test(cache_top, rounds_end_while_databases_are_exchanged)
{
    static const char *const options[] = { "--threads", "2", "--enable-debug-command", "yes", NULL };
    struct fixture *f = fixture_open(options);
    struct client *c = &f->client;
    struct exchanger exchanger = { .ends = false };
    long long keys, bytes;
    expect(c, "DEBUG POPULATE 100000", "OK");
    expect(c, "SELECT 7", "OK");
    expect(c, "DEBUG POPULATE 1000 seven", "OK");
    fixture_connect(f, &exchanger.client);
    cr_assert_eq(pthread_create(&exchanger.thread, NULL, exchange, &exchanger), 0);
    for (int i = 0; i < 3; i++) {
        row(c, "key", &keys, &bytes);
        cr_expect_eq(keys, 100000, "%lld", keys);
        row(c, "seven", &keys, &bytes);
        cr_expect_eq(keys, 1000, "%lld", keys);
        fixture_advance(f, ROUND_IS_OLD_MS);
    }
    atomic_store(&exchanger.ends, true);
    pthread_join(exchanger.thread, NULL);
    client_close(&exchanger.client);
    fixture_close(&f);
}

/* A right to the name ":" is none to names without it. */
Test(cache_top, keys_without_a_prefix_are_summed_for_who_may_read_all)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "MSET a:1 x secret x", "OK");
    expect(c, "ACL SETUSER watcher on nopass +@all ~a:* ~:*", "OK");
    expect(c, "AUTH watcher any", "OK");
    const char *reply = told(c, "CACHE TOP PREFIX");
    cr_expect(strstr(reply, "\"a\"") != NULL && strstr(reply, "\"\"") == NULL, "%s", reply);
    expect(c, "ACL SETUSER watcher ~*", "OK");
    reply = told(c, "CACHE TOP PREFIX");
    cr_expect(strstr(reply, "\"\"") != NULL, "%s", reply);
    fixture_close(&f);
}

Test(cache_top, it_is_told_in_a_transaction_and_not_in_a_script)
{
    struct fixture *f = open_with_loops("2");
    struct client *c = &f->client;
    expect(c, "SET k x", "OK");
    expect(c, "MULTI", "OK");
    expect(c, "CACHE TOP BIG", "QUEUED");
    expect(c, "CACHE TOP PREFIX", "QUEUED");
    const char *reply = told(c, "EXEC");
    cr_expect(strstr(reply, "\"k\"") != NULL && strstr(reply, "\"prefix\"") != NULL, "%s", reply);
    reply = told(c, "EVAL \"return redis.call('CACHE', 'TOP', 'BIG')\" 0");
    cr_expect(strstr(reply, "not allowed from script") != NULL, "%s", reply);
    fixture_close(&f);
}

/* One goes while it waits; the other is told. */
Test(cache_top, clients_may_go_while_they_wait)
{
    struct fixture *f = open_with_loops("2");
    struct client other;
    expect(&f->client, "SET k x", "OK");
    for (int i = 0; i < 20; i++) {
        fixture_connect(f, &other);
        cr_assert(client_send(&other, SLICE("CACHE TOP BIG\r\nCACHE TOP PREFIX\r\n")));
        client_close(&other);
        fixture_advance(f, ROUND_IS_OLD_MS);
        const char *reply = told(&f->client, "CACHE TOP BIG");
        cr_expect(strstr(reply, "\"k\"") != NULL, "%s", reply);
    }
    fixture_close(&f);
}

Test(cache_top, wrong_words_are_refused)
{
    struct fixture *f = open_with_loops("1");
    struct client *c = &f->client;
    expect(c, "CACHE TOP BIG RESET", "(error) ERR syntax error");
    expect(c, "CACHE TOP PREFIX COUNT", "(error) ERR syntax error");
    expect(c, "CACHE TOP PREFIX COUNT 0", "(error) ERR COUNT must be greater than 0");
    expect(c, "CACHE TOP BIG", "(empty array)");
    expect(c, "CACHE TOP PREFIX", "(empty array)");
    fixture_close(&f);
}
