#include "tests/scenarios/faults/fault_rows.h"
#include "tests/support/tcp_proxy.h"

static struct tcp_proxy *network(const struct stage *stage)
{
    return stage->world->networks[stage->victim - 1];
}

static void begin_delay(struct stage *stage)
{
    tcp_proxy_delay_unevenly(network(stage), 200 + (int64_t)random_below(&stage->random, 20000));
}

static void end_delay(struct stage *stage)
{
    tcp_proxy_delay(network(stage), 0);
}
static void begin_stall(struct stage *stage)
{
    tcp_proxy_stall(network(stage), true);
}
static void end_stall(struct stage *stage)
{
    tcp_proxy_stall(network(stage), false);
}
static void begin_hole(struct stage *stage)
{
    tcp_proxy_swallow(network(stage), true);
}
static void end_hole(struct stage *stage)
{
    tcp_proxy_swallow(network(stage), false);
}

static void begin_reset(struct stage *stage)
{
    int64_t after = random_chance(&stage->random, 20) ? 0 : 1 + (int64_t)random_below(&stage->random, 40000);
    tcp_proxy_reset(network(stage), after);
}

/* The same to connections of one kind only, while the others go on: the lane alone, or all but the lane. */

static void aim(struct stage *stage, unsigned kinds, void (*begin)(struct stage *stage))
{
    tcp_proxy_aim(network(stage), kinds);
    begin(stage);
}

static unsigned draw_aside(struct stage *stage)
{
    static const unsigned kinds[] = { TCP_PROXY_SIDE, TCP_PROXY_DEDICATED,
                                      TCP_PROXY_SIDE | TCP_PROXY_DEDICATED };
    return kinds[random_below(&stage->random, sizeof kinds / sizeof *kinds)];
}

static void begin_lane_delay(struct stage *stage)
{
    aim(stage, TCP_PROXY_LANE, begin_delay);
}
static void begin_lane_stall(struct stage *stage)
{
    aim(stage, TCP_PROXY_LANE, begin_stall);
}
static void begin_lane_hole(struct stage *stage)
{
    aim(stage, TCP_PROXY_LANE, begin_hole);
}
static void begin_lane_reset(struct stage *stage)
{
    aim(stage, TCP_PROXY_LANE, begin_reset);
}
/* What belongs together is read one piece after the other, and other connections go on in between. */
static void begin_crumbs(struct stage *stage)
{
    tcp_proxy_crumble(network(stage), 8 + (int64_t)random_below(&stage->random, 200));
}
static void begin_lane_crumbs(struct stage *stage)
{
    aim(stage, TCP_PROXY_LANE, begin_crumbs);
}
static void begin_side_delay(struct stage *stage)
{
    aim(stage, draw_aside(stage), begin_delay);
}
static void begin_side_stall(struct stage *stage)
{
    aim(stage, draw_aside(stage), begin_stall);
}
static void begin_side_hole(struct stage *stage)
{
    aim(stage, draw_aside(stage), begin_hole);
}
static void begin_side_reset(struct stage *stage)
{
    aim(stage, draw_aside(stage), begin_reset);
}

/* What was kept back goes on, and the next fault is everybody's again. */
static void end_aimed(struct stage *stage)
{
    end_delay(stage);
    end_stall(stage);
    end_hole(stage);
    tcp_proxy_crumble(network(stage), 0);
    tcp_proxy_aim(network(stage), TCP_PROXY_ALL);
}

const struct fault network_faults[] = {
    { "delay", 10, 100, 400, .begin = begin_delay, .end = end_delay },
    { "stall", 8, 50, 1500, .begin = begin_stall, .end = end_stall, .cuts = true },
    { "reset", 12, 20, 60, .begin = begin_reset, .cuts = true },
    { "black-hole", 5, 300, 1800, .begin = begin_hole, .end = end_hole, .cuts = true },
    { "partition", 3, 1500, 4500, .begin = begin_hole, .end = end_hole, .cuts = true },
    { "lane-delay", 8, 100, 400, .begin = begin_lane_delay, .end = end_aimed, .of_tier = true },
    { "lane-crumbs", 8, 100, 400, .begin = begin_lane_crumbs, .end = end_aimed, .of_tier = true },
    { "lane-stall", 8, 50, 1500, .begin = begin_lane_stall, .end = end_aimed, .of_tier = true, .cuts = true },
    { "lane-black-hole", 4, 300, 1800, .begin = begin_lane_hole, .end = end_aimed, .of_tier = true,
      .cuts = true },
    { "lane-reset", 8, 20, 60, .begin = begin_lane_reset, .end = end_aimed, .of_tier = true, .cuts = true },
    { "side-delay", 8, 100, 400, .begin = begin_side_delay, .end = end_aimed, .of_tier = true },
    { "side-stall", 8, 50, 1500, .begin = begin_side_stall, .end = end_aimed, .of_tier = true, .cuts = true },
    { "side-black-hole", 4, 300, 1800, .begin = begin_side_hole, .end = end_aimed, .of_tier = true,
      .cuts = true },
    { "side-reset", 8, 20, 60, .begin = begin_side_reset, .end = end_aimed, .of_tier = true, .cuts = true },
};
const size_t network_fault_count = sizeof network_faults / sizeof *network_faults;
