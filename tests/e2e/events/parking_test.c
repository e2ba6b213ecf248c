/* Shards that somebody keeps for long: those who need them wait, nobody else does, and none is forgotten. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "server/core/server.h"
#include "server/exec/parking.h"
#include "storage/keyspace/access.h"
#include "storage/keyspace/hold.h"
#include "tests/support/client/expect.h"
#include "tests/support/fixture.h"
#include "tests/support/pace.h"

static const char *const two_loops[] = { "--threads", "2", NULL };

/* Names of keys in the shard that is kept, and of some in others. */
struct names {
    char kept[3][16];
    char free[3][16];
};

static uint64_t bit_of(const struct fixture *f, const char *name)
{
    return access_bit(f->server->keyspace, keyspace_key(f->server->keyspace, slice_of_cstr(name)).hash);
}

static struct names find_names(const struct fixture *f)
{
    struct names names;
    size_t kept = 0, free = 0;
    uint64_t bit = bit_of(f, "k0");
    for (unsigned i = 0; kept < 3 || free < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "k%u", i);
        bool is_kept = bit_of(f, name) == bit;
        if (is_kept && kept < 3) strcpy(names.kept[kept++], name);
        if (!is_kept && free < 3) strcpy(names.free[free++], name);
    }
    return names;
}

/* The test's own thread is the one that keeps them. */
static void keep(struct fixture *f, struct access *access, const char *name)
{
    while (!hold_open(access, f->server->keyspace, bit_of(f, name))) pace_sleep_ms(1);
    hold_keep(access);
}

static void let_go(struct fixture *f, struct access *access)
{
    parking_wake(f->server, hold_close(access));
}

static void say(struct client *client, const char *format, const char *name)
{
    char line[64];
    snprintf(line, sizeof line, format, name);
    cr_assert(client_send_line(client, line));
}

static void ask(struct client *client, const char *format, const char *name, const char *reply)
{
    char line[64];
    snprintf(line, sizeof line, format, name);
    expect(client, line, reply);
}

/* Nothing comes while others are served. */
static void expect_silence(struct client *client)
{
    struct slice reply;
    int timeout_ms = client->timeout_ms;
    client->timeout_ms = 50;
    cr_assert(!client_read(client, &reply));
    cr_assert_eq(client->trouble, CLIENT_SILENT);
    client->timeout_ms = timeout_ms;
    client->trouble = CLIENT_FINE;
}

Test(parking, who_needs_a_shard_that_is_kept_waits_and_others_do_not)
{
    struct fixture *f = fixture_open(two_loops);
    struct names names = find_names(f);
    struct client parked[2];
    struct access access;
    for (size_t i = 0; i < 2; i++) fixture_connect(f, &parked[i]);

    keep(f, &access, names.kept[0]);
    for (size_t i = 0; i < 2; i++) {
        say(&parked[i], "INCR %s", names.kept[0]);
        say(&parked[i], "GET %s", names.free[0]);
    }
    for (size_t i = 0; i < 2; i++) expect_silence(&parked[i]);
    ask(&f->client, "SET %s other", names.free[0], "OK");
    ask(&f->client, "GET %s", names.free[0], "\"other\"");

    let_go(f, &access);
    struct slice first, second;
    cr_assert(client_read(&parked[0], &first));
    cr_assert(first.data[0] == ':');
    bool was_first = first.data[1] == '1';
    cr_assert(client_read(&parked[1], &second));
    cr_assert_eq(second.data[1], was_first ? '2' : '1');
    for (size_t i = 0; i < 2; i++) {
        expect_next(&parked[i], "\"other\"");
        client_close(&parked[i]);
    }
    fixture_close(&f);
}

Test(parking, several_keys_and_all_shards_wait_as_well)
{
    struct fixture *f = fixture_open(two_loops);
    struct names names = find_names(f);
    struct client several, all, scan;
    struct access access;
    fixture_connect(f, &several);
    fixture_connect(f, &all);
    fixture_connect(f, &scan);
    ask(&f->client, "SET %s 1", names.kept[0], "OK");

    keep(f, &access, names.kept[0]);
    char line[64];
    snprintf(line, sizeof line, "EXISTS %s %s", names.free[0], names.kept[0]);
    cr_assert(client_send_line(&several, line));
    cr_assert(client_send_line(&all, "KEYS *"));
    cr_assert(client_send_line(&scan, "SCAN 0 COUNT 1000"));
    expect_silence(&several);
    expect_silence(&all);
    expect(&f->client, "PING", "PONG");
    expect(&f->client, "DBSIZE", "(integer) 1");
    expect_start(&f->client, "INFO", "");

    let_go(f, &access);
    expect_next(&several, "(integer) 1");
    struct slice reply;
    cr_assert(client_read(&all, &reply));
    cr_assert_eq(reply.data[1], '1');
    cr_assert(client_read(&scan, &reply));
    client_close(&several);
    client_close(&all);
    client_close(&scan);
    fixture_close(&f);
}

Test(parking, who_leaves_while_it_waits_holds_nobody_up)
{
    struct fixture *f = fixture_open(two_loops);
    struct names names = find_names(f);
    struct client leaver, stayer;
    struct access access;
    fixture_connect(f, &leaver);
    fixture_connect(f, &stayer);

    keep(f, &access, names.kept[0]);
    say(&leaver, "SET %s leaver", names.kept[1]);
    say(&stayer, "APPEND %s stayer", names.kept[0]);
    expect_silence(&leaver);
    client_close(&leaver);
    ask(&f->client, "SET %s x", names.free[0], "OK");
    let_go(f, &access);
    expect_next(&stayer, "(integer) 6");

    keep(f, &access, names.kept[0]);
    let_go(f, &access);
    client_close(&stayer);
    fixture_close(&f);
}

/* Keys that are due stay where they are meanwhile, and nobody who looks at others waits for the sweep. */
Test(parking, the_sweep_passes_over_what_is_kept)
{
    struct fixture *f = fixture_open(two_loops);
    struct names names = find_names(f);
    struct access access;
    ask(&f->client, "SET %s v PX 100", names.kept[0], "OK");
    ask(&f->client, "SET %s v PX 100", names.free[0], "OK");
    keep(f, &access, names.kept[0]);
    fixture_advance(f, 1000);
    fixture_advance(f, 1000);
    expect(&f->client, "DBSIZE", "(integer) 1");
    let_go(f, &access);
    fixture_advance(f, 1000);
    expect(&f->client, "DBSIZE", "(integer) 0");
    fixture_close(&f);
}

Test(parking, ends_with_each_of_many_turns)
{
    struct fixture *f = fixture_open(two_loops);
    struct names names = find_names(f);
    struct client parked[8];
    struct access access;
    for (size_t i = 0; i < 8; i++) fixture_connect(f, &parked[i]);
    for (size_t turn = 0; turn < 50; turn++) {
        keep(f, &access, names.kept[0]);
        for (size_t i = 0; i < 8; i++) say(&parked[i], "INCR %s", names.kept[i % 3]);
        let_go(f, &access);
        for (size_t i = 0; i < 8; i++) {
            struct slice reply;
            cr_assert(client_read(&parked[i], &reply));
        }
    }
    char total[32];
    snprintf(total, sizeof total, "\"%u\"", 50 * 3);
    ask(&f->client, "GET %s", names.kept[0], total);
    for (size_t i = 0; i < 8; i++) client_close(&parked[i]);
    fixture_close(&f);
}
