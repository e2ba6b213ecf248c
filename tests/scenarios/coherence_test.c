/*
 * The checker tested, then the tier by the checker.
 *
 * A bad network in front of a Redis is coherent, and nothing may be found; a cache that forgets invalidations
 * is not, and each of its mistakes must be found.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#include "tests/scenarios/faults/fault.h"
#include "tests/scenarios/operations/operation.h"
#include "tests/scenarios/reduction.h"
#include "tests/scenarios/world/forgetful_cache.h"
#include "tests/support/pace.h"
#include "tests/support/process/instance.h"

static uint64_t draw_seed(void)
{
    const char *given = getenv("COHERENCE_SEED");
    return given != NULL ? strtoull(given, NULL, 10) : (uint64_t)time(NULL) % 1000000;
}

static void expect_coherent(const struct plan *plan, uint64_t least_reads)
{
    struct outcome outcome;
    struct buffer options = { 0 };
    run_play(plan, &outcome);
    plan_print(plan, &options);
    cr_log_info("coherence %.*s: %llu reads, %llu faults", (int)options.len, options.data,
                (unsigned long long)outcome.reads, (unsigned long long)outcome.faults);
    cr_assert(!outcome.failed, "coherence %.*s\n%.*s", (int)options.len, options.data,
              (int)outcome.report.len, outcome.report.data);
    cr_assert_gt(outcome.reads, least_reads);
    buffer_clear(&options);
    outcome_clear(&outcome);
}

Test(coherence_checker, finds_nothing_wrong_with_a_bad_network, .timeout = 120)
{
    struct plan plan = plan_default(draw_seed());
    plan.subject = SUBJECT_WIRE;
    plan.duration_ms = 4000;
    expect_coherent(&plan, 10000);
}

#define OF_STRINGS "get,mget,exists,set,set-px,getset,setrange,incr,get-counter"
#define OF_HASHES  "hash-hget,hash-hmget,hash-hgetall,hash-hlen,hash-hstrlen,hash-hset,whole-multi,del"
#define OF_SETS    "sismember,smismember,smembers,scard,sadd,whole-multi,spop-all"
#define OF_LISTS   "lindex,lrange,llen,lpos,lpush,lset,whole-restore,ltrim-all"
#define OF_ZSETS   "zscore,zrank,zrange,zcount,zadd,whole-eval,zpopmin-all"
#define OF_FIELDS  "fields-hget,fields-hmget,fields-hgetall,fields-hlen,hsetex,hpexpire,hpersist,fields-hset"
#define OF_STREAMS "xrange,xrevrange,xlen,xadd,whole-rename,del"

static struct plan plan_with_mistakes(unsigned mistakes, const char *operations)
{
    struct plan plan = plan_default(draw_seed());
    plan.subject = SUBJECT_FORGETFUL;
    plan.mistakes = mistakes;
    plan.clients = 6;
    plan.depth = 8;
    plan.faults = 0;
    plan.duration_ms = 20000 * PACE;
    cr_assert(operation_parse_names(operations, &plan.operations));
    return plan;
}

static void expect_found(unsigned mistakes, const char *operations)
{
    struct plan plan = plan_with_mistakes(mistakes, operations);
    struct outcome outcome;
    run_play(&plan, &outcome);
    cr_assert(outcome.failed, "mistakes %u are not found in %llu reads of %s", mistakes,
              (unsigned long long)outcome.reads, operations);
    outcome_clear(&outcome);
}

Test(coherence_checker, finds_a_cache_that_hears_of_no_foreign_write, .timeout = 240)
{
    expect_found(FORGETS_OTHERS, OF_STRINGS);
}

Test(coherence_checker, finds_a_cache_that_does_not_drop_what_is_written_through_it, .timeout = 240)
{
    expect_found(FORGETS_OWN, OF_STRINGS);
}

Test(coherence_checker, finds_what_is_forgotten_of_collections_of_any_type, .timeout = 400)
{
    static const char *const operations[] = { OF_HASHES, OF_SETS, OF_LISTS, OF_ZSETS, OF_STREAMS };
    for (size_t i = 0; i < sizeof operations / sizeof *operations; i++) {
        expect_found(FORGETS_OTHERS, operations[i]);
        expect_found(FORGETS_OWN, operations[i]);
    }
}

/* Nobody but itself writes, so all that it can miss is that a field's time is over. */
Test(coherence_checker, finds_fields_that_are_shown_past_their_deadline, .timeout = 240)
{
    struct plan plan = plan_with_mistakes(FORGETS_OTHERS, OF_FIELDS);
    struct outcome outcome;
    plan.upstream_program = PLAN_OWN;
    plan.fields = 1;
    plan.instances = 1;
    plan.direct_writes = 0;
    run_play(&plan, &outcome);
    cr_assert(outcome.failed, "fields that are over are not found in %llu reads",
              (unsigned long long)outcome.reads);
    outcome_clear(&outcome);
}

Test(coherence_checker, finds_nothing_wrong_with_a_cache_without_mistakes, .timeout = 240)
{
    struct plan plan = plan_with_mistakes(0, OF_STRINGS "," OF_HASHES "," OF_ZSETS);
    plan.duration_ms = 1500;
    expect_coherent(&plan, 2000);
}

static unsigned size_of(const struct plan *plan)
{
    return plan->instances + plan->clients + plan->direct_clients + plan->keys + plan->depth;
}

Test(coherence_checker, makes_what_it_has_found_small, .timeout = 240)
{
    struct plan plan = plan_with_mistakes(FORGETS_OTHERS, OF_STRINGS);
    struct outcome outcome;
    unsigned before = size_of(&plan);
    run_play(&plan, &outcome);
    cr_assert(outcome.failed);
    reduce(&plan, &outcome, 6000);
    cr_assert(outcome.failed);
    cr_assert_lt(size_of(&plan), before);
    outcome_clear(&outcome);
}

/* What the sanitizers slow down they also make likelier to go wrong, and CI has no time for more. */
#define PLAYED_MS(ms) (PACE_SANITIZED ? (ms) / 2 : (ms))

Test(coherence, two_instances_stay_coherent_whatever_goes_wrong, .timeout = 300)
{
    struct plan plan = plan_default(draw_seed());
    plan.duration_ms = PLAYED_MS(30000);
    expect_coherent(&plan, 20000);
}

Test(coherence, an_instance_that_is_told_of_what_it_has_read_stays_coherent, .timeout = 300)
{
    struct plan plan = plan_default(draw_seed());
    plan_calm(&plan);
    plan.tracking = "default";
    plan.instances = 1;
    plan.threads = 1;
    plan.duration_ms = PLAYED_MS(12000);
    expect_coherent(&plan, 10000);
}

/* Links that are too slow for the heartbeat: coherence by time, hardly by invalidation. */
Test(coherence, a_short_heartbeat_bounds_what_a_silent_link_hides, .timeout = 300)
{
    struct plan plan = plan_default(draw_seed());
    plan.heartbeat_ms = 50 * PACE;
    plan.timeout_ms = 200 * PACE;
    cr_assert(fault_parse_names("delay,stall,black-hole,stop,reset", &plan.faults));
    plan.duration_ms = PLAYED_MS(10000);
    expect_coherent(&plan, 10000);
}

static void expect_coherent_with(const char *tracking, const char *on_failure)
{
    struct plan plan = plan_default(draw_seed());
    plan.tracking = tracking;
    plan.on_failure = on_failure;
    plan_calm(&plan);
    plan.duration_ms = PLAYED_MS(8000);
    expect_coherent(&plan, 5000);
}

Test(coherence, an_instance_that_nobody_tells_is_behind_by_near_cache_max_ttl_at_most, .timeout = 300)
{
    expect_coherent_with("ttl", "error");
}

Test(coherence, an_instance_that_keeps_nothing_shows_what_the_upstream_does, .timeout = 300)
{
    expect_coherent_with("off", "serve-stale");
}

Test(coherence, what_was_valid_when_the_link_was_lost_is_shown_for_a_second_at_most, .timeout = 300)
{
    expect_coherent_with("bcast", "serve-stale");
}

Test(coherence, nothing_is_left_of_what_was_done_alone_when_the_link_returns, .timeout = 300)
{
    expect_coherent_with("auto", "local");
}

/* One more instance between those and the upstream, tracked by them. */
Test(coherence, a_chain_of_instances_is_coherent, .timeout = 300)
{
    struct plan plan = plan_default(draw_seed());
    plan.chained = 1;
    plan.duration_ms = PLAYED_MS(12000);
    expect_coherent(&plan, 10000);
}

/* Deadlines of fields, which Redis 7.0 lacks: those of Nuthatch are in front of one that has them, and one in
 * two seeds has another between. */
static struct plan plan_of_fields(const char *upstream_program)
{
    struct plan plan = plan_default(draw_seed());
    plan.upstream_program = upstream_program;
    plan.fields = 1 + plan.seed % 2;
    plan.tracking = plan.seed % 3 == 0 ? "bcast" : "default";
    if (plan.seed / 2 % 2 == 0) plan_calm(&plan);
    plan.duration_ms = PLAYED_MS(8000);
    return plan;
}

Test(coherence, no_field_outlives_its_deadline_behind_a_server_of_our_own, .timeout = 300)
{
    struct plan plan = plan_of_fields(PLAN_OWN);
    plan.chained = plan.seed / 4 % 2;
    expect_coherent(&plan, 10000);
}

Test(coherence, no_field_outlives_its_deadline_behind_a_valkey, .timeout = 300)
{
    const char *program = instance_program(INSTANCE_VALKEY);
    if (program == NULL) cr_skip_test("VALKEY_SERVER names no server");
    struct plan plan = plan_of_fields(program);
    expect_coherent(&plan, 10000);
}

/* A8: with threads that read and write for it an upstream may answer a PING before it tells the news. */
Test(coherence, an_upstream_with_io_threads_shows_nothing_old, .timeout = 300)
{
    struct plan plan = plan_default(draw_seed());
    const char *program = getenv("NUTHATCH_THREADED_UPSTREAM");
    if (program == NULL || *program == '\0') cr_skip_test("NUTHATCH_THREADED_UPSTREAM names no server");
    plan.upstream_program = program;
    plan.upstream_threads = 4;
    plan.duration_ms = PLAYED_MS(12000);
    cr_assert(
        fault_parse_names("delay,lane-delay,lane-crumbs,side-delay,lane-reset,side-reset", &plan.faults));
    expect_coherent(&plan, 10000);
}

/* A4, A15: transactions and pops find no connection free, wait for one, or are refused as a whole. */
Test(coherence, a_pool_that_is_used_up_refuses_transactions_as_a_whole, .timeout = 300)
{
    struct plan plan = plan_default(draw_seed());
    plan.pool = 3;
    plan.duration_ms = PLAYED_MS(8000);
    expect_coherent(&plan, 10000);
}
