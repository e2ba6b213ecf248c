#include "tests/scenarios/faults/fault_rows.h"

#include <signal.h>
#include <string.h>

static void begin_stop(struct stage *stage)
{
    child_signal(&stage->world->upstream.child, SIGSTOP);
}
static void end_stop(struct stage *stage)
{
    child_signal(&stage->world->upstream.child, SIGCONT);
}
static void begin_crash(struct stage *stage)
{
    world_kill_upstream(stage->world);
}
static void end_crash(struct stage *stage)
{
    world_start_upstream(stage->world, false);
}

static void begin_loss(struct stage *stage)
{
    world_kill_upstream(stage->world);
    stage_erase(stage, false);
    keyspace_renew_counters(&stage->referee->keyspace, referee_now(stage->referee));
}

static void end_loss(struct stage *stage)
{
    world_start_upstream(stage->world, true);
    keyspace_answer(&stage->referee->keyspace, referee_now(stage->referee));
    /* An INCR that was being sent may have reached the new one. */
    keyspace_renew_counters(&stage->referee->keyspace, referee_now(stage->referee));
}

static void begin_kick(struct stage *stage)
{
    stage_ask(stage, PLACE_UPSTREAM, "CLIENT KILL TYPE normal SKIPME yes");
}

/* Another server takes the upstream's place, with all its keys, and the address leads there. The one before
 * lives on for a while as its replica, and whoever has a connection to it keeps it. */
static void begin_failover(struct stage *stage)
{
    world_begin_failover(stage->world);
}

/* By now an instance must have noticed. */
static void check_failover(struct stage *stage, int place)
{
    char reply[256] = "";
    if (!stage_has_link(stage, place)) return;
    if (!world_ask(stage->world, place, 0, "SET failover x", reply, sizeof reply)) return;
    if (strncmp(reply, "-READONLY", 9) == 0) {
        stage_complain(stage, "an instance stays with a server that is a replica by now", reply);
    }
}

static void end_failover(struct stage *stage)
{
    bool lasted = stage_has_lasted(stage) && stage->plan->subject == SUBJECT_TIER;
    for (unsigned i = 1; i <= stage->plan->instances; i++) {
        if (lasted) check_failover(stage, (int)i);
    }
    world_end_failover(stage->world);
}

const struct fault process_faults[] = {
    { "stop", 8, 50, 1500, .begin = begin_stop, .end = end_stop, .cuts = true },
    { "crash", 6, 20, 300, .begin = begin_crash, .end = end_crash, .cuts = true, .restores = true },
    { "loss", 4, 20, 200, .begin = begin_loss, .end = end_loss, .cuts = true },
    { "client-kill", 8, 0, 0, .begin = begin_kick, .cuts = true },
    { "failover", 3, 3500, 4500, .begin = begin_failover, .end = end_failover, .cuts = true, .restores = true,
      .misleads = true },
};
const size_t process_fault_count = sizeof process_faults / sizeof *process_faults;
