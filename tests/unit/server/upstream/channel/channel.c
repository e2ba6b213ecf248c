/*
 * A connection to an upstream beside a peer of this process.
 */
#include "server/upstream/channel/channel.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "server/config/config.h"
#include "server/upstream/channel/identity.h"
#include "tests/support/pace.h"
#include "tests/unit/server/upstream/peer.h"

#define REQUESTS 4
/* Far longer than a slow machine takes for any of this: only time that is moved comes to so much. */
#define TIMEOUT_MS 60000
/* Until it is asked who it is. */
#define ASKED_MS 2000

static struct config *config;
static struct peer peer;
static struct channel *channel;
static unsigned ready, demoted, lost;
static enum channel_end end;
static char why[256];
static const char *expected_server;
static enum channel_pulse pulse;

/* What requests were told, in the order in which they were. */
static struct buffer told;
static struct upstream_request requests[REQUESTS];

static void on_ready(void *context)
{
    (void)context;
    ready++;
}

static void on_push(void *context, struct slice frame)
{
    (void)context;
    buffer_printf(&told, "push %.*s", (int)frame.len, frame.data);
}

static void on_lost(void *context, enum channel_end how, const char *reason)
{
    (void)context;
    lost++;
    end = how;
    channel = NULL;
    snprintf(why, sizeof why, "%s", reason);
}

static const char *refuse(void *guard, const struct identity *identity)
{
    (void)guard;
    if (expected_server == NULL || strcmp(identity->run_id, expected_server) == 0) return NULL;
    return "not this one";
}

static void on_demoted(void *guard)
{
    (void)guard;
    demoted++;
}

static enum channel_pulse tell_pulse(void *context)
{
    (void)context;
    return pulse;
}

static void done(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    static const char *const outcomes[] = { "", "unsent", "unknown" };
    buffer_printf(&told, "%td:%s%.*s ", request - requests, outcomes[outcome],
                  reply.len > 2 ? (int)reply.len - 2 : 0, reply.data);
}

static void expect_told(const char *text)
{
    int64_t start = pace_now_ms();
    while (!slice_equal(buffer_slice(&told), slice_of_cstr(text)))
        cr_assert_not(peer_has_waited(&peer, start), "told %.*s", (int)told.len, told.data);
}

static void expect_lost(enum channel_end how, const char *reason)
{
    int64_t start = pace_now_ms();
    while (lost == 0) cr_assert_not(peer_has_waited(&peer, start));
    cr_assert_eq(end, how);
    cr_assert_str_eq(why, reason);
}

static void send_in(int which, int db, const char *bytes)
{
    requests[which] = (struct upstream_request){ .bytes = slice_of_cstr(bytes), .db = db, .done = done };
    channel_send(channel, &requests[which]);
    channel_flush(channel);
}

static void send_any(int which, const char *bytes)
{
    send_in(which, UPSTREAM_ANY_DB, bytes);
}

static void open_channel(void)
{
    channel = channel_open(&(struct channel_options){ .uv = &peer.uv,
                                                      .url = &peer.url,
                                                      .settings = config_settings(config),
                                                      .protocol = 3,
                                                      .ready = on_ready,
                                                      .push = on_push,
                                                      .pulse = tell_pulse,
                                                      .lost = on_lost,
                                                      .guard = { .refuse = refuse, .demoted = on_demoted } });
}

static void open_all(void)
{
    char timeout[16];
    snprintf(timeout, sizeof timeout, "%d", TIMEOUT_MS);
    char *argv[] = { "nuthatch", "--upstream-timeout", timeout, "--upstream-heartbeat", timeout };
    struct buffer report = { 0 };
    config = config_create();
    cr_assert_eq(config_load(config, 5, argv, &report), CONFIG_RUN);
    buffer_clear(&report);
    peer_open(&peer);
    open_channel();
    peer_accept(&peer, 0);
}

static void close_all(void)
{
    channel_close(&channel);
    peer_close(&peer);
    buffer_clear(&told);
    config_destroy(&config);
}

TestSuite(channel, .init = open_all, .fini = close_all);

/* B1 */
Test(channel, what_is_sent_waits_for_the_greeting)
{
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "HELLO");
    peer_expect_quiet(&peer, 0);
    peer_say(&peer, 0, "%0\r\n");
    peer_wait_for(&peer, 0, "INFO");
    peer_expect_quiet(&peer, 0);
    peer_say(&peer, 0, "$-1\r\n");
    peer_wait_for(&peer, 0, "one");
    peer_say(&peer, 0, "+1\r\n");
    expect_told("0:+1 ");
    cr_assert_eq(ready, 1);
}

/* B1 */
Test(channel, an_error_in_the_greeting_is_the_reply_to_all_that_waits)
{
    send_any(0, "one\r\n");
    send_in(1, 5, "two\r\n");
    peer_wait_for(&peer, 0, "HELLO");
    peer_say(&peer, 0, "-ERR max number of clients reached\r\n");
    peer_hang_up(&peer, 0);
    expect_told("0:-ERR max number of clients reached 1:-ERR max number of clients reached ");
    expect_lost(CHANNEL_REFUSED, "ERR max number of clients reached");
}

/* B1 */
Test(channel, what_was_never_sent_is_told_so)
{
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "HELLO");
    peer_hang_up(&peer, 0);
    expect_told("0:unsent ");
    expect_lost(CHANNEL_UNREACHED, "the upstream closed the connection");
}

static void close_at_once(struct upstream_request *request, enum upstream_outcome outcome, struct slice reply)
{
    done(request, outcome, reply);
    channel_close(&channel);
}

Test(channel, who_closes_it_while_it_fails_hears_no_more_of_it)
{
    peer_greet(&peer, 0, "a");
    requests[0] =
        (struct upstream_request){ .bytes = SLICE("one\r\n"), .db = UPSTREAM_ANY_DB, .done = close_at_once };
    channel_send(channel, &requests[0]);
    send_any(1, "two\r\n");
    peer_wait_for(&peer, 0, "two");
    peer_hang_up(&peer, 0);
    expect_told("0:unknown 1:unknown ");
    peer_advance(&peer, 1);
    cr_assert_eq(lost, 0);
}

/* B1: only an upstream without HELLO is sent a PING, and refuses it for what goes on there. */
Test(channel, errors_of_the_moment_are_no_refusal)
{
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "HELLO");
    peer_say(&peer, 0, "-ERR unknown command 'HELLO'\r\n");
    peer_wait_for(&peer, 0, "PING");
    peer_say(&peer, 0, "-LOADING Redis is loading the dataset in memory\r\n");
    peer_wait_for(&peer, 0, "INFO");
    peer_say(&peer, 0, "-BUSY a script\r\n");
    peer_wait_for(&peer, 0, "one");
    peer_say(&peer, 0, "-LOADING Redis is loading the dataset in memory\r\n");
    expect_told("0:-LOADING Redis is loading the dataset in memory ");
    cr_assert_eq(lost, 0);
}

/* C14 */
Test(channel, resp3_is_asked_for_by_each_connection)
{
    peer_wait_for(&peer, 0, "HELLO\r\n$1\r\n3");
    peer_say(&peer, 0, "-NOPROTO unsupported protocol version\r\n");
    peer_wait_for(&peer, 0, "PING");
    peer_say(&peer, 0, "+PONG\r\n");
    peer_wait_for(&peer, 0, "INFO");
    peer_say(&peer, 0, "$-1\r\n");
    int64_t start = pace_now_ms();
    while (ready == 0) cr_assert_not(peer_has_waited(&peer, start));
    cr_assert_eq(channel_protocol(channel), 2);
    channel_close(&channel);
    open_channel();
    peer_accept(&peer, 1);
    peer_greet(&peer, 1, "a");
    while (ready == 1) cr_assert_not(peer_has_waited(&peer, start));
    cr_assert_eq(channel_protocol(channel), 3);
}

/* C7 */
Test(channel, a_reply_that_keeps_coming_may_take_longer_than_the_timeout)
{
    peer_greet(&peer, 0, "a");
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "one");
    peer_say(&peer, 0, "$10\r\n");
    for (int i = 0; i < 10; i++) {
        peer_advance(&peer, TIMEOUT_MS / 3);
        peer_say(&peer, 0, "x");
    }
    peer_say(&peer, 0, "\r\n");
    expect_told("0:$10\r\nxxxxxxxxxx ");
}

/* A12 */
Test(channel, silence_ends_it_after_the_timeout)
{
    peer_greet(&peer, 0, "a");
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "one");
    peer_advance(&peer, TIMEOUT_MS - ASKED_MS);
    cr_assert_eq(lost, 0);
    peer_advance(&peer, 2 * ASKED_MS);
    expect_told("0:unknown ");
    expect_lost(CHANNEL_BROKEN, "no reply within upstream-timeout");
}

/* A12 */
Test(channel, silence_in_the_greeting_ends_it_as_well)
{
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "HELLO");
    peer_advance(&peer, TIMEOUT_MS + 1);
    expect_told("0:unsent ");
    expect_lost(CHANNEL_UNREACHED, "no reply within upstream-timeout");
}

/* A12 */
Test(channel, one_that_nobody_uses_is_asked_whether_it_lives)
{
    peer_greet(&peer, 0, "a");
    peer_advance(&peer, ASKED_MS);
    peer_wait_for(&peer, 0, "INFO");
    peer_advance(&peer, TIMEOUT_MS + 1);
    expect_lost(CHANNEL_BROKEN, "no reply within upstream-timeout");
}

/* A12 */
Test(channel, pushes_alone_do_not_keep_it_for_ever)
{
    peer_greet(&peer, 0, "a");
    send_any(0, "one\r\n");
    int64_t passed_ms = 0;
    for (; lost == 0; passed_ms += TIMEOUT_MS / 2) {
        peer_say(&peer, 0, ">1\r\n+news\r\n");
        peer_advance(&peer, TIMEOUT_MS / 2);
        cr_assert_lt(passed_ms, 20 * TIMEOUT_MS);
    }
    cr_assert_geq(passed_ms, 2 * TIMEOUT_MS);
    expect_lost(CHANNEL_BROKEN, "no reply within upstream-timeout");
}

/* A12 */
Test(channel, a_command_that_blocks_is_waited_for)
{
    pulse = PULSE_WAIT;
    peer_greet(&peer, 0, "a");
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "one");
    peer_advance(&peer, 5 * TIMEOUT_MS);
    cr_assert_eq(lost, 0);
    peer_say(&peer, 0, "+1\r\n");
    expect_told("0:+1 ");
}

/* A12 */
Test(channel, a_subscriber_is_pinged_and_does_not_see_it)
{
    char mark[64] = "", bytes[256];
    peer_greet(&peer, 0, "a");
    channel_set_raw(channel, true);
    peer_advance(&peer, ASKED_MS);
    int64_t start = pace_now_ms();
    while (mark[0] == '\0') {
        ssize_t got = read(peer.connections[0], bytes, sizeof bytes - 1);
        bytes[got > 0 ? got : 0] = '\0';
        const char *found = strstr(bytes, "nuthatch:");
        if (found != NULL) sscanf(found, "%63[^\r]", mark);
        cr_assert_not(peer_has_waited(&peer, start));
    }
    snprintf(bytes, sizeof bytes, "*2\r\n$4\r\npong\r\n$%zu\r\n%s\r\n+message\r\n", strlen(mark), mark);
    peer_say(&peer, 0, bytes);
    expect_told("push +message\r\n");
    peer_advance(&peer, ASKED_MS);
    peer_advance(&peer, TIMEOUT_MS + ASKED_MS);
    expect_lost(CHANNEL_BROKEN, "no reply within upstream-timeout"); /* it is asked again */
}

/* A13 */
Test(channel, one_to_another_server_carries_nothing)
{
    expected_server = "b";
    send_any(0, "one\r\n");
    peer_greet(&peer, 0, "a");
    expect_told("0:unsent ");
    expect_lost(CHANNEL_UNREACHED, "not this one");
}

/* A13 */
Test(channel, another_server_in_its_place_is_noticed)
{
    peer_greet(&peer, 0, "a");
    peer_advance(&peer, ASKED_MS);
    peer_wait_for(&peer, 0, "INFO");
    peer_say(&peer, 0, "$10\r\nrun_id:b\r\n\r\n");
    expect_lost(CHANNEL_BROKEN, "another server answers");
}

/* B24 */
Test(channel, what_only_a_replica_says_is_told)
{
    peer_greet(&peer, 0, "a");
    send_any(0, "one\r\n");
    peer_wait_for(&peer, 0, "one");
    peer_say(&peer, 0, "-READONLY You can't write against a read only replica.\r\n");
    expect_told("0:-READONLY You can't write against a read only replica. ");
    cr_assert_eq(demoted, 1);
}

/* B23 */
Test(channel, a_database_that_is_refused_is_refused_to_who_wants_it_alone)
{
    peer_greet(&peer, 0, "a");
    send_in(0, 1, "one\r\n");
    send_in(1, 1, "two\r\n");
    send_in(2, 0, "three\r\n");
    peer_wait_for(&peer, 0, "SELECT\r\n$1\r\n1");
    peer_expect_quiet(&peer, 0);
    peer_say(&peer, 0, "-ERR DB index is out of range\r\n");
    peer_wait_for(&peer, 0, "three");
    peer_say(&peer, 0, "+3\r\n");
    expect_told("0:-ERR DB index is out of range 1:-ERR DB index is out of range 2:+3 ");
    cr_assert_eq(lost, 0);
}

/* B23 */
Test(channel, a_database_once_selected_is_not_waited_for)
{
    peer_greet(&peer, 0, "a");
    send_in(0, 1, "one\r\n");
    peer_wait_for(&peer, 0, "SELECT");
    peer_say(&peer, 0, "+OK\r\n");
    peer_wait_for(&peer, 0, "one");
    send_in(1, 0, "two\r\n");
    send_in(2, 1, "three\r\n");
    peer_wait_for(&peer, 0, "three");
    peer_say(&peer, 0, "+1\r\n+OK\r\n+2\r\n+OK\r\n+3\r\n");
    expect_told("0:+1 1:+2 2:+3 ");
}

/* B23: a script runs, and refuses both; later it does not run any more when the second comes. */
Test(channel, nothing_is_answered_from_a_database_that_nobody_wanted)
{
    peer_greet(&peer, 0, "a");
    channel_set_db(channel, 1);
    send_in(0, 0, "one\r\n");
    send_in(1, 1, "two\r\n");
    peer_wait_for(&peer, 0, "two");
    peer_say(&peer, 0, "-BUSY a script\r\n-BUSY a script\r\n-BUSY a script\r\n+2\r\n");
    expect_told("0:-BUSY a script 1:unknown ");
    expect_lost(CHANNEL_BROKEN, "a database could not be selected any more");
}
