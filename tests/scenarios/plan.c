#include "tests/scenarios/plan.h"

#include <inttypes.h>
#include <string.h>

#include "tests/scenarios/faults/fault.h"
#include "tests/scenarios/operations/operation.h"

#define CLIENTS    16
#define WRITES     40
#define MAX_TTL_MS 200
/* Without deadlines of fields. */
#define USUAL_UPSTREAM "redis-server"
/* Of one loop, what they send at once is run in several batches. */
#define MANY_CLIENTS 96
/* Transactions find none free. */
#define FEW_CONNECTIONS 3

struct plan plan_default(uint64_t seed)
{
    return (struct plan){ .seed = seed,
                          .subject = SUBJECT_TIER,
                          .instances = 2,
                          .clients = CLIENTS,
                          .direct_clients = 4,
                          .keys = 200,
                          .depth = 32,
                          .writes = WRITES,
                          .direct_writes = 250,
                          .databases = 2,
                          .operations = OPERATIONS_ALL,
                          .faults = FAULTS_ALL,
                          .duration_ms = 20000,
                          .threads = 2,
                          .pool = 1000,
                          .upstream_program = USUAL_UPSTREAM,
                          .upstream_threads = 1,
                          .heartbeat_ms = 500,
                          .timeout_ms = 1000,
                          .tracking = "auto",
                          .on_failure = "error",
                          .stale_s = 1,
                          .max_ttl_ms = MAX_TTL_MS,
                          .fill_after = 2 };
}

void plan_calm(struct plan *plan)
{
    plan->writes = 5;
    plan->direct_writes = 30;
}

void plan_vary(struct plan *plan)
{
    static const char *const trackings[] = { "auto", "default", "bcast", "ttl", "off" };
    static const char *const failures[] = { "error", "serve-stale", "local" };
    plan->tracking = trackings[plan->seed % 5];
    plan->on_failure = failures[plan->seed % 3];
    plan->fill_after = plan->seed % 2 == 0 ? 1 : 2;
    if (plan->seed % 4 >= 2 && plan->writes == WRITES) plan_calm(plan);
    /* Long enough for copies to be read often. */
    if (plan->seed % 2 == 0 && plan->max_ttl_ms == MAX_TTL_MS) plan->max_ttl_ms = 5 * MAX_TTL_MS;
    if (plan->seed % 7 == 1) plan->pool = FEW_CONNECTIONS;
    if (plan->seed % 4 == 0 && plan->clients == CLIENTS) plan->clients = MANY_CLIENTS;
    if (plan->seed % 8 == 3 && strcmp(plan->upstream_program, USUAL_UPSTREAM) == 0) {
        plan->upstream_program = PLAN_OWN;
        plan->fields = 1 + plan->seed / 8 % 2;
    }
}

bool plan_has_own_upstream(const struct plan *plan)
{
    return strcmp(plan->upstream_program, PLAN_OWN) == 0;
}

void plan_print(const struct plan *plan, struct buffer *out)
{
    static const char *const subjects[] = { "tier", "wire", "forgetful" };
    buffer_printf(out,
                  "--seed %" PRIu64
                  " --subject %s --instances %u --clients %u --direct %u --keys %u --depth %u "
                  "--writes %u --direct-writes %u --databases %u --threads %u --heartbeat %u --timeout %u "
                  "--tracking %s "
                  "--on-failure %s --stale %u --max-ttl %u --seconds %.1f",
                  plan->seed, subjects[plan->subject], plan->instances, plan->clients, plan->direct_clients,
                  plan->keys, plan->depth, plan->writes, plan->direct_writes, plan->databases, plan->threads,
                  plan->heartbeat_ms, plan->timeout_ms, plan->tracking, plan->on_failure, plan->stale_s,
                  plan->max_ttl_ms, (double)plan->duration_ms / 1000);
    buffer_printf(out, " --pool %u --upstream-program %s --upstream-threads %u", plan->pool,
                  plan->upstream_program, plan->upstream_threads);
    buffer_printf(out, " --fill-after %u", plan->fill_after);
    if (plan->fields != 0) buffer_printf(out, " --fields %u", plan->fields);
    if (plan->chained != 0) buffer_printf(out, " --chained %u", plan->chained);
    if (plan->mistakes != 0) buffer_printf(out, " --mistakes %u", plan->mistakes);
    buffer_printf(out, " --operations ");
    operation_print_names(&plan->operations, out);
    buffer_printf(out, " --faults ");
    fault_print_names(plan->faults, out);
}
