/*
 * The lane beside a peer of this process, which says what it likes and cuts what it likes.
 */
#include "server/upstream/lane.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "proto/base/buffer.h"
#include "server/config/config.h"
#include "server/upstream/upstream_url.h"
#include "tests/support/pace.h"

enum { LANE, PROBE, PEERS };

static struct config *config;
static struct upstream_url url;
static uv_loop_t uv;
static struct upstream *upstream;
static int listener, peers[PEERS];
static unsigned ups, failures;

/* --- what it tells ---------------------------------------------------------------------------------------
 */

static void on_up(void *context, enum upstream_tracking tracking)
{
    (void)context;
    (void)tracking;
    ups++;
}

static void on_failed(void *context, const char *why)
{
    (void)context;
    (void)why;
    failures++;
}

static void ignore_down(void *context, const char *why)
{
    (void)context;
    (void)why;
}

static void ignore_ending(void *context)
{
    (void)context;
}

static void ignore_busy(void *context, bool busy)
{
    (void)context;
    (void)busy;
}

static void ignore_alive(void *context, int64_t until_ms)
{
    (void)context;
    (void)until_ms;
}

/* --- the peer --------------------------------------------------------------------------------------------
 */

static void listen_somewhere(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    cr_assert_eq(bind(listener, (struct sockaddr *)&address, len), 0);
    cr_assert_eq(listen(listener, 8), 0);
    cr_assert_eq(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    url = (struct upstream_url){ .host = "127.0.0.1", .port = ntohs(address.sin_port) };
}

static bool give_up_waiting(int64_t since_ms)
{
    uv_run(&uv, UV_RUN_NOWAIT);
    pace_sleep_ms(1);
    return pace_now_ms() - since_ms > 5000 * PACE;
}

static void take_connection(int which)
{
    int64_t start = pace_now_ms();
    while ((peers[which] = accept(listener, NULL, NULL)) < 0)
        cr_assert_not(give_up_waiting(start), "no connection");
    cr_assert_eq(fcntl(peers[which], F_SETFL, O_NONBLOCK), 0);
}

/* Reads until a command with this word has come. */
static void wait_for(int which, const char *word)
{
    char bytes[4096];
    size_t len = 0;
    int64_t start = pace_now_ms();
    do {
        ssize_t got = read(peers[which], bytes + len, sizeof bytes - 1 - len);
        if (got > 0) len += (size_t)got;
        bytes[len] = '\0';
        if (strstr(bytes, word) != NULL) return;
    } while (!give_up_waiting(start));
    cr_assert(false, "%s has not come, but %s", word, bytes);
}

static void reply(int which, const char *bytes)
{
    cr_assert_eq(write(peers[which], bytes, strlen(bytes)), (ssize_t)strlen(bytes));
}

static void reset(int which)
{
    struct linger at_once = { .l_onoff = 1, .l_linger = 0 };
    setsockopt(peers[which], SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(peers[which]);
}

/* --- life ------------------------------------------------------------------------------------------------
 */

static void configure(void)
{
    char *argv[] = { "nuthatch" };
    struct buffer report = { 0 };
    config = config_create();
    cr_assert_eq(config_load(config, 1, argv, &report), CONFIG_RUN);
    buffer_clear(&report);
}

static void open_lane(void)
{
    signal(SIGPIPE, SIG_IGN);
    configure();
    listen_somewhere();
    uv_loop_init(&uv);
    upstream =
        lane_create(&(struct lane_options){ .uv = &uv, .url = &url, .settings = config_settings(config) });
    upstream->start(upstream, &(struct upstream_events){ .up = on_up,
                                                         .ending = ignore_ending,
                                                         .down = ignore_down,
                                                         .failed = on_failed,
                                                         .busy = ignore_busy,
                                                         .alive = ignore_alive });
}

static void close_lane(void)
{
    upstream->stop(&upstream);
    uv_run(&uv, UV_RUN_DEFAULT);
    cr_assert_eq(uv_loop_close(&uv), 0);
    close(listener);
    config_destroy(&config);
}

TestSuite(lane, .init = open_lane, .fini = close_lane);

/* The lane is asked whether it heard of a write; the write's connection is there. */
static void get_probed(void)
{
    take_connection(LANE);
    wait_for(LANE, "HELLO");
    reply(LANE, "%0\r\n");
    wait_for(LANE, "INFO");
    reply(LANE, "$9\r\n# Nothing\r\n");
    wait_for(LANE, "TRACKING");
    reply(LANE, "+OK\r\n");
    wait_for(LANE, "GET");
    reply(LANE, "_\r\n");
    take_connection(PROBE);
    wait_for(PROBE, "HELLO");
}

/* What was not probed is not believed in. */
Test(lane, a_probe_that_was_lost_is_tried_again)
{
    get_probed();
    close(peers[PROBE]);
    int64_t start = pace_now_ms();
    while (failures == 0) cr_assert_not(give_up_waiting(start));
    close(peers[LANE]);
    get_probed();
    reply(PROBE, "%0\r\n");
    close(peers[PROBE]);
    cr_assert_eq(ups, 0);
    close(peers[LANE]);
}

/* The probe's connection is seen to be gone first, and what the lane says then cannot be sent. */
Test(lane, both_connections_may_be_reset_in_one_turn)
{
    get_probed();
    reset(PROBE);
    reset(LANE);
    take_connection(LANE);
    wait_for(LANE, "HELLO");
    cr_assert_eq(failures, 1);
    cr_assert_eq(ups, 0);
    close(peers[LANE]);
}
