/* Entries are moved in memory to reach a limit; without one they stay where they are. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/support/client/expect.h"
#include "tests/support/fixture.h"

#define KEYS  4096
#define STAYS 64 /* one key of so many */

struct place {
    char text[64];
};

static struct place place_of(struct client *c, unsigned key)
{
    char line[64];
    struct place place = { "" };
    snprintf(line, sizeof line, "DEBUG OBJECT key:%u", key);
    struct slice reply = client_ask(c, line);
    cr_assert_eq(sscanf(reply.data, "+Value at:%60s", place.text), 1, "%.*s", (int)reply.len, reply.data);
    return place;
}

static void fill(struct client *c)
{
    char line[160];
    for (unsigned key = 0; key < KEYS; key++) {
        snprintf(line, sizeof line, "SET key:%u %080u", key, key);
        expect(c, line, "OK");
    }
    for (unsigned key = 0; key < KEYS; key++) {
        snprintf(line, sizeof line, "DEL key:%u", key);
        if (key % STAYS != 0) expect(c, line, "(integer) 1");
    }
}

Test(compaction, without_a_limit_entries_stay_where_they_are, .timeout = 60)
{
    static const char *const options[] = { "--enable-debug-command", "yes", NULL };
    struct fixture *f = fixture_open(options);
    static struct place before[KEYS / STAYS];
    fill(&f->client);
    for (unsigned i = 0; i < KEYS / STAYS; i++) before[i] = place_of(&f->client, i * STAYS);
    for (int i = 0; i < 20; i++) fixture_advance(f, 100);
    for (unsigned i = 0; i < KEYS / STAYS; i++)
        cr_assert_str_eq(place_of(&f->client, i * STAYS).text, before[i].text);
    fixture_close(&f);
}
