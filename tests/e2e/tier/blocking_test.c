/*
 * Through the near cache: clients that wait for keys or messages, and what is told of them.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/e2e/tier/tier.h"
#include "tests/support/client/expect.h"
#include "tests/support/pace.h"

TestSuite(tier_blocking, .timeout = 120);

static struct tier_example t;

static void wait_info(struct client *client, const char *line)
{
    int64_t end_ms = pace_now_ms() + 10000 * PACE;
    for (;;) {
        struct slice info = client_ask(client, "INFO");
        if (memmem(info.data, info.len, line, strlen(line)) != NULL) return;
        cr_assert(pace_now_ms() < end_ms, "no %s", line);
        pace_sleep_ms(1);
    }
}

static void wait_blocked(struct client *client, int count)
{
    char line[64];
    snprintf(line, sizeof line, "\r\nblocked_clients:%d\r\n", count);
    wait_info(client, line);
}

static bool says(struct client *client, const char *command, const char *text)
{
    struct slice reply = client_ask(client, command);
    return memmem(reply.data, reply.len, text, strlen(text)) != NULL;
}

/* B8: each of them is sent when the one before is seen to wait. */
Test(tier_blocking, who_waits_first_is_served_first)
{
    struct client waiting[8];
    tier_open(&t, OPTIONS("--threads", "2"));
    for (int round = 0; round < 10; round++) {
        for (int i = 0; i < 8; i++) {
            cr_assert(round > 0 || client_open_tcp(&waiting[i], t.server.port));
            cr_assert(client_send_line(&waiting[i], "BLPOP q 0"));
            wait_blocked(&t.client, i + 1);
            cr_assert(says(&t.direct, "INFO clients", "blocked_clients:0") == false);
        }
        for (int i = 0; i < 8; i++) {
            char line[32], text[64];
            snprintf(line, sizeof line, "RPUSH q %d", i);
            snprintf(text, sizeof text, "1) \"q\"\n2) \"%d\"", i);
            expect(&t.client, line, "(integer) 1");
            expect_next(&waiting[i], text);
        }
    }
    for (int i = 0; i < 8; i++) client_close(&waiting[i]);
    tier_close(&t);
}

/* B8: nobody looks in between, and each is dialled anew. */
Test(tier_blocking, those_of_one_loop_wait_in_the_order_in_which_they_came)
{
    struct client waiting[20];
    tier_open(&t, OPTIONS("--threads", "1"));
    for (int i = 0; i < 20; i++) cr_assert(client_open_tcp(&waiting[i], t.server.port));
    for (int i = 0; i < 20; i++) {
        expect(&waiting[i], "PING", "PONG");
        cr_assert(client_send_line(&waiting[i], "BLPOP q 0"));
    }
    wait_blocked(&t.client, 20);
    for (int i = 0; i < 20; i++) {
        char line[32], text[64];
        snprintf(line, sizeof line, "RPUSH q %d", i);
        snprintf(text, sizeof text, "1) \"q\"\n2) \"%d\"", i);
        expect(&t.client, line, "(integer) 1");
        expect_next(&waiting[i], text);
    }
    for (int i = 0; i < 20; i++) client_close(&waiting[i]);
    tier_close(&t);
}

/* A15: of the same loop, and of another. */
Test(tier_blocking, what_is_pushed_after_a_waiting_client_has_gone_stays)
{
    struct client pusher;
    tier_open(&t, OPTIONS("--threads", "2"));
    cr_assert(client_open_tcp(&pusher, t.server.port));
    int lost = 0;
    for (int round = 0; round < 100; round++) {
        struct client leaver;
        cr_assert(client_open_tcp(&leaver, t.server.port));
        cr_assert(client_send_line(&leaver, "BLPOP q 0"));
        wait_blocked(&t.client, 1);
        client_close(&leaver);
        struct slice reply = client_ask(
            &pusher, round % 2 == 0 ? "RPUSH q 1" : "EVAL \"return redis.call('RPUSH', 'q', 1)\" 0");
        cr_assert(reply.data[0] == ':');
        reply = client_ask(&pusher, "LPOP q");
        lost += reply.data[0] != '$' || reply.data[1] == '-';
    }
    cr_expect_eq(lost, 0, "%d of 100", lost);
    wait_blocked(&t.client, 0);
    client_close(&pusher);
    tier_close(&t);
}

static int64_t id_of(struct client *client)
{
    struct slice reply = client_ask(client, "CLIENT ID");
    return strtoll(reply.data + 1, NULL, 10);
}

/* B22 */
Test(tier_blocking, a_client_that_waits_can_be_told_to_wait_no_longer)
{
    struct client waiting;
    char line[64];
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&waiting, t.server.port));
    int64_t id = id_of(&waiting);
    snprintf(line, sizeof line, "CLIENT UNBLOCK %lld", (long long)id);
    expect(&t.client, line, "(integer) 0");
    cr_assert(client_send_line(&waiting, "BLPOP q 0"));
    wait_blocked(&t.client, 1);
    expect(&t.client, line, "(integer) 1");
    expect_next(&waiting, "(nil)");
    cr_assert(client_send_line(&waiting, "BLPOP q 0"));
    wait_blocked(&t.client, 1);
    snprintf(line, sizeof line, "CLIENT UNBLOCK %lld ERROR", (long long)id);
    expect(&t.client, line, "(integer) 1");
    expect_next(&waiting, "(error) UNBLOCKED client unblocked via CLIENT UNBLOCK");
    wait_blocked(&t.client, 0);
    expect(&t.client, "CLIENT UNBLOCK 1 soon",
           "(error) ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
    expect(&t.client, "CLIENT UNBLOCK x", "(error) ERR value is not an integer or out of range");
    client_close(&waiting);
    tier_close(&t);
}

/* B9 */
Test(tier_blocking, what_was_passed_on_is_counted_by_its_name)
{
    tier_open(&t, NULL);
    expect(&t.client, "RPUSH q 1", "(integer) 1");
    expect_start(&t.client, "HGET q f", "(error) WRONGTYPE");
    expect_start(&t.client, "HGET q", "(error) ERR wrong number");
    cr_assert(says(&t.client, "INFO commandstats", "cmdstat_rpush:calls=1,"));
    cr_assert(says(&t.client, "INFO commandstats", "cmdstat_hget:calls=1,"));
    cr_assert(says(&t.client, "INFO commandstats", "rejected_calls=1,failed_calls=1"));
    expect(&t.client, "CONFIG RESETSTAT", "OK");
    cr_assert(!says(&t.client, "INFO commandstats", "cmdstat_rpush"));
    tier_close(&t);
}

/* B9 */
Test(tier_blocking, client_list_tells_what_clients_do_upstream)
{
    struct client other;
    tier_open(&t, NULL);
    cr_assert(client_open_tcp(&other, t.server.port));
    expect(&other, "CLIENT SETNAME other", "OK");
    cr_assert(!says(&t.client, "CLIENT LIST TYPE pubsub", "name=other"));
    cr_assert(says(&t.client, "CLIENT LIST TYPE normal", "name=other"));
    expect(&other, "MULTI", "OK");
    expect(&other, "SET a 1", "QUEUED");
    expect(&other, "CLIENT ID", "QUEUED");
    cr_assert(says(&t.client, "CLIENT LIST", "flags=x"));
    cr_assert(says(&t.client, "CLIENT LIST", "ssub=0 multi=2"));
    expect(&other, "DISCARD", "OK");
    cr_assert(!says(&t.client, "CLIENT LIST", "flags=x"));
    cr_assert(client_send_line(&other, "BLPOP q 0"));
    wait_blocked(&t.client, 1);
    cr_assert(says(&t.client, "CLIENT LIST", "flags=b"));
    expect(&t.client, "RPUSH q 1", "(integer) 1");
    expect_next(&other, "1) \"q\"\n2) \"1\"");
    expect(&other, "SUBSCRIBE a", "1) \"subscribe\"\n2) \"a\"\n3) (integer) 1");
    expect(&other, "PSUBSCRIBE b*", "1) \"psubscribe\"\n2) \"b*\"\n3) (integer) 2");
    cr_assert(says(&t.client, "CLIENT LIST TYPE pubsub", "sub=1 psub=1 ssub=0"));
    cr_assert(says(&t.client, "CLIENT LIST TYPE pubsub", "flags=P"));
    cr_assert(!says(&t.client, "CLIENT LIST TYPE normal", "name=other"));
    expect(&t.client, "CLIENT KILL TYPE pubsub", "(integer) 1");
    expect_closed(&other);
    client_close(&other);
    tier_close(&t);
}
