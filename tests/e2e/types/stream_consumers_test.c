/*
 * Consumers of a group: when they were seen, and when they were last given something. XINFO tells both, as
 * from Redis 7.2 on.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/support/client/expect.h"
#include "tests/support/client/reply_text.h"
#include "tests/support/fixture.h"

TestSuite(stream_consumers, .timeout = 60);

#define CONSUMER(name, pending, idle, inactive)                                                              \
    "1) \"name\"\n   2) \"" name "\"\n   3) \"pending\"\n   4) (integer) " pending                           \
    "\n   5) \"idle\"\n   6) (integer) " idle "\n   7) \"inactive\"\n   8) (integer) " inactive
#define ONLY(name, pending, idle, inactive) "1) " CONSUMER(name, pending, idle, inactive)

static struct fixture *open_with_group(void)
{
    struct fixture *f = fixture_open(NULL);
    expect(&f->client, "XGROUP CREATE s g $ MKSTREAM", "OK");
    return f;
}

Test(stream_consumers, who_was_given_nothing_was_never_active)
{
    struct fixture *f = open_with_group();
    expect(&f->client, "XGROUP CREATECONSUMER s g a", "(integer) 1");
    fixture_advance(f, 100);
    expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "0", "100", "-1"));
    expect(&f->client, "XADD s 1-1 f v", "\"1-1\"");
    expect(&f->client, "XREADGROUP GROUP g a NOACK STREAMS s >",
           "1) 1) \"s\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\"");
    expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "0", "0", "-1"));
    fixture_close(&f);
}

Test(stream_consumers, reading_again_is_seen_and_no_activity)
{
    struct fixture *f = open_with_group();
    expect(&f->client, "XADD s 1-1 f v", "\"1-1\"");
    expect(&f->client, "XREADGROUP GROUP g a STREAMS s >",
           "1) 1) \"s\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\"");
    fixture_advance(f, 100);
    expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "1", "100", "100"));
    expect(&f->client, "XREADGROUP GROUP g a STREAMS s 0",
           "1) 1) \"s\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\"");
    expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "1", "0", "100"));
    fixture_close(&f);
}

Test(stream_consumers, xinfo_full_tells_the_times_themselves)
{
    struct fixture *f = open_with_group();
    expect(&f->client, "XGROUP CREATECONSUMER s g a", "(integer) 1");
    struct buffer text = { 0 };
    reply_text(&text, client_ask(&f->client, "XINFO STREAM s FULL"));
    buffer_append(&text, "", 1);
    cr_assert_not_null(strstr(text.data, "\"active-time\""), "%s", text.data);
    cr_assert_not_null(strstr(text.data, "(integer) -1"), "%s", text.data);
    buffer_clear(&text);
    fixture_close(&f);
}

Test(stream_consumers, who_claims_is_active_and_a_copy_remembers)
{
    struct fixture *f = open_with_group();
    expect(&f->client, "XADD s 1-1 f v", "\"1-1\"");
    expect(&f->client, "XGROUP CREATECONSUMER s g b", "(integer) 1");
    expect(&f->client, "XREADGROUP GROUP g a STREAMS s >",
           "1) 1) \"s\"\n   2) 1) 1) \"1-1\"\n         2) 1) \"f\"\n            2) \"v\"");
    fixture_advance(f, 70);
    expect(&f->client, "XCLAIM s g b 0 1-1 JUSTID", "1) \"1-1\"");
    fixture_advance(f, 30);
    expect(&f->client, "XINFO CONSUMERS s g",
           "1) " CONSUMER("a", "0", "100", "100") "\n2) " CONSUMER("b", "1", "30", "30"));
    expect(&f->client, "XAUTOCLAIM s g a 0 0 JUSTID", "1) \"0-0\"\n2) 1) \"1-1\"\n3) (empty array)");
    expect(&f->client, "COPY s t", "(integer) 1");
    expect(&f->client, "XINFO CONSUMERS t g",
           "1) " CONSUMER("a", "1", "0", "0") "\n2) " CONSUMER("b", "0", "30", "30"));
    fixture_close(&f);
}

/* Everything that names a consumer makes it, and is seeing it: also what finds nothing, or is yet to wait. */
static const char *const nothing_found[] = {
    "XREADGROUP GROUP g a STREAMS s >",
    "XREADGROUP GROUP g a NOACK STREAMS s >",
    "XREADGROUP GROUP g a STREAMS s 18446744073709551615-18446744073709551615",
    "XCLAIM s g a 0 1-1",
    "XCLAIM s g a 0 7-7 JUSTID FORCE",
    "XAUTOCLAIM s g a 0 0",
    "EVAL \"return redis.call('xreadgroup', 'group', 'g', 'a', 'streams', 's', '>')\" 0",
};

Test(stream_consumers, come_to_be_though_nothing_is_found_for_them)
{
    for (size_t i = 0; i < sizeof nothing_found / sizeof *nothing_found; i++) {
        struct fixture *f = fixture_open(NULL);
        expect(&f->client, "XADD s 1-1 f v", "\"1-1\"");
        expect(&f->client, "XGROUP CREATE s g $", "OK");
        cr_log_info("%s", nothing_found[i]);
        client_ask(&f->client, nothing_found[i]);
        fixture_advance(f, 30);
        expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "0", "30", "-1"));
        client_ask(&f->client, nothing_found[i]);
        expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "0", "0", "-1"));
        expect(&f->client, "XGROUP CREATECONSUMER s g a", "(integer) 0");
        fixture_close(&f);
    }
}

Test(stream_consumers, do_not_come_to_be_by_a_command_that_is_refused)
{
    static const char *const refused[] = { "XREADGROUP GROUP g a STREAMS s t > >", "XCLAIM s g a 0 zzz",
                                           "XCLAIM s g a x 1-1", "XAUTOCLAIM s g a 0 0 COUNT 0",
                                           "XREADGROUP GROUP g a STREAMS s $" };
    struct fixture *f = open_with_group();
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct slice reply = client_ask(&f->client, refused[i]);
        cr_assert_eq(reply.data[0], '-', "%s", refused[i]);
        expect(&f->client, "XINFO CONSUMERS s g", "(empty array)");
    }
    fixture_close(&f);
}

Test(stream_consumers, who_waits_is_there_while_it_waits_and_is_announced)
{
    struct fixture *f = open_with_group();
    struct client watcher, waiter;
    struct slice told;
    fixture_connect(f, &watcher);
    fixture_connect(f, &waiter);
    expect(&f->client, "CONFIG SET notify-keyspace-events KEA", "OK");
    client_ask(&watcher, "PSUBSCRIBE __keyevent@0__:xgroup*");
    cr_assert(client_send_line(&waiter, "XREADGROUP GROUP g a BLOCK 0 STREAMS s >"));
    cr_assert(client_read(&watcher, &told));
    struct buffer text = { 0 };
    reply_text(&text, told);
    buffer_append(&text, "", 1);
    cr_assert_not_null(strstr(text.data, "xgroup-createconsumer"), "%s", text.data);
    buffer_clear(&text);
    expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "0", "0", "-1"));
    expect(&f->client, "XADD s 1-1 f v", "\"1-1\"");
    cr_assert(client_read(&waiter, &told));
    expect(&f->client, "XINFO CONSUMERS s g", ONLY("a", "1", "0", "0"));
    client_close(&watcher);
    client_close(&waiter);
    fixture_close(&f);
}
