/*
 * The lane beside a peer of this process, which says what it likes and cuts what it likes.
 */
#include "server/upstream/link/lane.h"

#include <criterion/criterion.h>

#include "proto/base/buffer.h"
#include "server/config/config.h"
#include "tests/support/pace.h"
#include "tests/unit/server/upstream/peer.h"

enum { LANE, PROBE };

static struct config *config;
static struct peer peer;
static struct upstream *upstream;
static unsigned ups, failures;

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

static void configure(void)
{
    /* No slow machine is taken for a silent peer. */
    char *argv[] = { "nuthatch", "--upstream-timeout", "60000" };
    struct buffer report = { 0 };
    config = config_create();
    cr_assert_eq(config_load(config, 3, argv, &report), CONFIG_RUN);
    buffer_clear(&report);
}

static void open_lane(void)
{
    configure();
    peer_open(&peer);
    upstream = lane_create(
        &(struct lane_options){ .uv = &peer.uv, .url = &peer.url, .settings = config_settings(config) });
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
    peer_close(&peer);
    config_destroy(&config);
}

TestSuite(lane, .init = open_lane, .fini = close_lane);

/* The lane is asked whether it heard of a write; the write's connection is there. */
static void get_probed(void)
{
    peer_accept(&peer, LANE);
    peer_wait_for(&peer, LANE, "HELLO");
    peer_say(&peer, LANE, "%0\r\n");
    peer_wait_for(&peer, LANE, "INFO");
    peer_say(&peer, LANE, "$9\r\n# Nothing\r\n");
    peer_wait_for(&peer, LANE, "TRACKING");
    peer_say(&peer, LANE, "+OK\r\n");
    peer_wait_for(&peer, LANE, "GET");
    peer_say(&peer, LANE, "_\r\n");
    peer_accept(&peer, PROBE);
    peer_wait_for(&peer, PROBE, "HELLO");
}

/* What was not probed is not believed in. */
Test(lane, a_probe_that_was_lost_is_tried_again)
{
    get_probed();
    peer_hang_up(&peer, PROBE);
    int64_t start = pace_now_ms();
    while (failures == 0) cr_assert_not(peer_has_waited(&peer, start));
    peer_hang_up(&peer, LANE);
    get_probed();
    peer_say(&peer, PROBE, "%0\r\n");
    peer_hang_up(&peer, PROBE);
    cr_assert_eq(ups, 0);
    peer_hang_up(&peer, LANE);
}

/* The probe's connection is seen to be gone first, and what the lane says then cannot be sent. */
Test(lane, both_connections_may_be_reset_in_one_turn)
{
    get_probed();
    peer_reset(&peer, PROBE);
    peer_reset(&peer, LANE);
    peer_accept(&peer, LANE);
    peer_wait_for(&peer, LANE, "HELLO");
    cr_assert_eq(failures, 1);
    cr_assert_eq(ups, 0);
    peer_hang_up(&peer, LANE);
}
