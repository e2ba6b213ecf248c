/*
 * CACHE TOP in front of a Redis: about the copies, and about what was sent up.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/e2e/told.h"
#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"

TestSuite(tier_top, .timeout = 120);

static void ask_often(struct client *c, const char *line, int times)
{
    struct buffer lines = { 0 };
    struct slice reply;
    for (int i = 0; i < times; i++) buffer_printf(&lines, "%s\r\n", line);
    cr_assert(client_send(c, buffer_slice(&lines)));
    for (int i = 0; i < times; i++) cr_assert(client_read(c, &reply));
    buffer_clear(&lines);
}

static void expect_about(long long number, long long truth)
{
    cr_expect(number > truth * 3 / 4 && number < truth * 5 / 4, "%lld, and it is %lld", number, truth);
}

Test(tier_top, copies_are_counted_by_size_and_by_prefix)
{
    struct tier_example tier;
    tier_open(&tier, NULL);
    struct client *c = &tier.client;
    expect(&tier.direct, "SETRANGE kept:1 4999 x", "(integer) 5000");
    expect(&tier.direct, "SETRANGE never:1 9999 x", "(integer) 10000");
    client_ask(c, "GET kept:1");
    ask_often(c, "GET kept:1", 10000);
    const char *reply = told(c, "CACHE TOP BIG");
    cr_expect(strstr(reply, "\"kept:1\"") != NULL && strstr(reply, "never") == NULL, "%s", reply);
    cr_expect_eq(number_behind(reply, "\"length\""), 5000);
    const char *prefix = strstr(told(c, "CACHE TOP PREFIX"), "\"kept\"");
    cr_expect_eq(number_behind(prefix, "\"keys\""), 1);
    expect_about(number_behind(prefix, "\"hits\""), 10000);
    expect(&tier.direct, "DEL kept:1", "(integer) 1");
    tier_wait_reply(c, "CACHE TOP BIG", "(empty array)");
    tier_close(&tier);
}

/* Reads that no copy answers are misses, and what is written is as hot as what is read. */
Test(tier_top, what_is_sent_up_is_sampled_as_well)
{
    struct tier_example tier;
    const char *const options[] = { "--near-cache-fill-after", "0", NULL };
    tier_open(&tier, options);
    struct client *c = &tier.client;
    expect(&tier.direct, "HSET read:1 f v", "(integer) 1");
    ask_often(c, "SET written:1 x", 10000);
    ask_often(c, "HGET read:1 f", 10000);
    const char *hot = told(c, "CACHE TOP HOT");
    expect_about(number_behind(strstr(hot, "\"written:1\""), "\"writes\""), 10000);
    expect_about(number_behind(strstr(hot, "\"read:1\""), "\"reads\""), 10000);
    const char *prefix = strstr(told(c, "CACHE TOP PREFIX"), "\"read\"");
    expect_about(number_behind(prefix, "\"misses\""), 10000);
    cr_expect_eq(number_behind(prefix, "\"hits\""), 0);
    expect(c, "HOTKEYS START METRICS 1 NET", "OK");
    expect(c, "SET window:1 x", "OK");
    cr_expect(strstr(told(c, "HOTKEYS GET"), "\"window:1\"") != NULL);
    tier_close(&tier);
}
