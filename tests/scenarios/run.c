#include "tests/scenarios/run.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "proto/base/alloc.h"
#include "proto/base/contract.h"
#include "tests/scenarios/faults/fault.h"
#include "tests/scenarios/world/actor.h"
#include "tests/support/pace.h"

#define DIRECT_DEPTH    6
#define EVENTS_MAX      128
#define LOOK_AGAIN_MS   700
#define HOUSEKEEPING_MS 200
/* Longer than any fault lasts, and the reconnection after it. */
#define PATIENCE_MS 15000
/* A write whose answer was lost is in no queue any more. */
#define SETTLED_MS 12000

struct run {
    const struct plan *plan;
    struct world world;
    struct referee referee;
    struct stage stage;
    struct actor *actors;
    unsigned actor_count;
    int poller;
    int64_t housekeeping_ms;
};

static void add_actor(struct run *run, struct actor_options options)
{
    options.plan = run->plan;
    options.referee = &run->referee;
    options.poller = run->poller;
    options.port = &run->world.ports[options.place];
    options.number = 1 + (int)run->actor_count;
    actor_init(&run->actors[run->actor_count++], &options);
}

static void add_actors(struct run *run)
{
    const struct plan *plan = run->plan;
    unsigned count = plan->direct_clients + plan->instances * (plan->clients + 2);
    run->actors = alloc_zeroed(count * sizeof *run->actors);
    for (unsigned i = 0; i < plan->direct_clients; i++) {
        add_actor(run, (struct actor_options){
                           .place = PLACE_UPSTREAM, .depth = DIRECT_DEPTH, .writes = plan->direct_writes });
    }
    for (unsigned place = 1; place <= plan->instances; place++) {
        add_actor(run, (struct actor_options){ .place = (int)place, .depth = 1, .barrier = true });
        add_actor(run, (struct actor_options){ .place = (int)place, .depth = 1, .listener = true });
        for (unsigned i = 0; i < plan->clients; i++) {
            add_actor(run, (struct actor_options){
                               .place = (int)place, .depth = plan->depth, .writes = plan->writes });
        }
    }
}

/* How long after it was answered a write may go unseen by an instance that hears nothing of it: a silent link
 * is noticed within a heartbeat or the timeout, and answers from what was valid then end in time. */
static int64_t bound_ms(const struct plan *plan)
{
    if (strcmp(plan->tracking, "ttl") == 0) return plan->max_ttl_ms + 50 * PACE;
    int64_t bound = 2 * (int64_t)plan->heartbeat_ms + plan->timeout_ms + 500 * PACE;
    return strcmp(plan->on_failure, "serve-stale") == 0 ? bound + 1000 * (int64_t)plan->stale_s : bound;
}

static void open_run(struct run *run, const struct plan *plan)
{
    bool tier = plan->subject == SUBJECT_TIER;
    *run = (struct run){ .plan = plan };
    world_init(&run->world, plan);
    referee_init(
        &run->referee,
        &(struct referee_options){
            .families = plan->keys,
            .databases = plan->databases,
            .has_fields = plan->fields != 0,
            /* HLEN, EXISTS and TYPE of Redis 8 and Valkey 9. */
            .counts_due = !plan_has_own_upstream(plan),
            .through = tier && strcmp(plan->tracking, "off") == 0,
            .by_time = tier && strcmp(plan->tracking, "ttl") == 0,
            /* Between a cache that beats no heart and its clients time proves nothing. */
            .bound_ms = tier ? bound_ms(plan) : 0,
            /* Redis looks for each command, we look for each batch. */
            .early_ms = plan_has_own_upstream(plan) ? 30 * PACE : 1,
            .slack_ms = 30 * PACE,
            /* A copy counts from when it was asked for, which may be as long ago as a reply may take. */
            .haste_ms = plan->timeout_ms + 500 * PACE,
        });
    stage_init(&run->stage, plan, &run->world, &run->referee);
    run->poller = epoll_create1(EPOLL_CLOEXEC);
    REQUIRE(run->poller >= 0);
    add_actors(run);
}

/* False: an instance did not end well. */
static bool close_run(struct run *run)
{
    for (unsigned i = 0; i < run->actor_count; i++) actor_clear(&run->actors[i]);
    alloc_free(run->actors);
    close(run->poller);
    bool fine = world_clear(&run->world);
    referee_clear(&run->referee);
    return fine;
}

static void keep_house(struct run *run)
{
    int64_t now_ms = pace_now_ms();
    if (now_ms < run->housekeeping_ms) return;
    run->housekeeping_ms = now_ms + HOUSEKEEPING_MS;
    keyspace_settle(&run->referee.keyspace, referee_now(&run->referee), SETTLED_MS * PACE);
    if (world_lost_instance(&run->world)) {
        referee_complain(&run->referee, NULL, NULL, "an instance has ended", slice_of("", 0));
    }
    for (unsigned i = 0; i < run->actor_count; i++) {
        const struct actor *actor = &run->actors[i];
        if (!actor_is_stuck(actor, PATIENCE_MS * PACE)) continue;
        referee_complain(&run->referee,
                         actor->count > 0 ? actor->requests[actor->first].parts[0].history : NULL,
                         actor->count > 0 ? &actor->requests[actor->first] : NULL,
                         "a request that is not answered", slice_of("", 0));
    }
}

static void turn(struct run *run, bool quiet)
{
    struct epoll_event events[EVENTS_MAX];
    int count = epoll_wait(run->poller, events, EVENTS_MAX, 1);
    for (int i = 0; i < count; i++) actor_ready(events[i].data.ptr, events[i].events);
    for (unsigned i = 0; i < run->actor_count && !run->referee.failed; i++) {
        actor_step(&run->actors[i], quiet);
    }
    keep_house(run);
}

static bool is_idle(const struct run *run)
{
    for (unsigned i = 0; i < run->actor_count; i++) {
        if (!run->actors[i].options.barrier && !actor_is_idle(&run->actors[i])) return false;
    }
    return true;
}

static void play(struct run *run)
{
    int64_t end_ms = pace_now_ms() + run->plan->duration_ms;
    while (!run->referee.failed && pace_now_ms() < end_ms) {
        if (run->plan->reads > 0 && run->referee.reads >= run->plan->reads) break;
        turn(run, false);
        if (run->plan->faults != 0) stage_step(&run->stage);
    }
    stage_close(&run->stage);
}

/* All is well again: let what is in flight end, then read everything everywhere, with nobody writing. */
static void look_again(struct run *run)
{
    while (!run->referee.failed && !is_idle(run)) turn(run, true);
    for (unsigned i = 0; i < run->actor_count; i++) run->actors[i].options.writes = 0;
    int64_t end_ms = pace_now_ms() + LOOK_AGAIN_MS * PACE;
    while (!run->referee.failed && pace_now_ms() < end_ms) turn(run, false);
    while (!run->referee.failed && !is_idle(run)) turn(run, true);
}

/* Of the instances as they are: what those have answered that were ended is not known. */
static uint64_t count_typed_hits(const struct run *run)
{
    uint64_t count = 0;
    bool tier = run->plan->subject == SUBJECT_TIER && !run->referee.failed;
    for (unsigned i = 1; i <= run->plan->instances && tier; i++) {
        count += world_count(&run->world, (int)i, "nearcache_typed_hits");
    }
    return count;
}

/* What the places say of the key now, a moment later. */
static void print_places(const struct run *run, struct buffer *out)
{
    static const char *const commands[] = { "TYPE", "PTTL", "OBJECT ENCODING", "NEARCACHE WHY" };
    const struct referee *referee = &run->referee;
    for (int place = 0; place <= (int)run->plan->instances && referee->failed_name[0] != '\0'; place++) {
        buffer_printf(out, "now %d:", place);
        for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
            char line[64], reply[256] = "";
            snprintf(line, sizeof line, "%s %s", commands[i], referee->failed_name);
            world_ask(&run->world, place, referee->failed_db, line, reply, sizeof reply);
            buffer_printf(out, " %s %.*s", commands[i], (int)strcspn(reply, "\r\n"), reply);
        }
        buffer_append(out, "\n", 1);
    }
}

void run_play(const struct plan *plan, struct outcome *outcome)
{
    struct run *run = ALLOC_NEW(struct run);
    int64_t started_ms = pace_now_ms();
    open_run(run, plan);
    play(run);
    uint64_t typed_hits = count_typed_hits(run);
    look_again(run);
    *outcome = (struct outcome){ .failed = run->referee.failed,
                                 .reads = run->referee.reads,
                                 .writes = run->referee.writes,
                                 .refused = run->referee.refused,
                                 .lost = run->referee.lost,
                                 .torn = run->referee.torn,
                                 .typed_hits = typed_hits,
                                 .faults = run->stage.count,
                                 .elapsed_ms = pace_now_ms() - started_ms };
    struct slice complaint = buffer_slice(&run->referee.complaint);
    buffer_append(&outcome->report, complaint.data, complaint.len);
    if (outcome->failed) print_places(run, &outcome->report);
    if (outcome->failed) stage_print_past(&run->stage, &outcome->report);
    stage_print(&run->stage, &outcome->fault_list);
    if (!close_run(run)) {
        outcome->failed = true;
        buffer_printf(&outcome->report, "an instance did not end with exit code 0, see its log\n");
    }
    alloc_free(run);
}

void outcome_clear(struct outcome *outcome)
{
    buffer_clear(&outcome->report);
    buffer_clear(&outcome->fault_list);
}
