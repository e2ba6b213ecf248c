#include "tests/scenarios/reduction.h"

#include <stdio.h>

#include "tests/scenarios/faults/fault.h"
#include "tests/scenarios/operations/operation.h"
#include "tests/support/pace.h"

#define TRIES          2
#define LEAST_RUN_MS   700
#define LONGEST_RUN_MS 20000

struct reduction {
    struct plan *plan;
    struct outcome *outcome;
    int64_t end_ms;
};

/* Play `plan`; when it fails it is the new one. */
static bool accept(struct reduction *reduction, struct plan plan, const char *what)
{
    for (int i = 0; i < TRIES && pace_now_ms() < reduction->end_ms; i++) {
        struct outcome outcome;
        plan.seed += (uint64_t)i;
        run_play(&plan, &outcome);
        if (outcome.failed) {
            fprintf(stderr, "it fails %s, after %.1f s\n", what, (double)outcome.elapsed_ms / 1000);
            outcome_clear(reduction->outcome);
            *reduction->outcome = outcome;
            *reduction->plan = plan;
            return true;
        }
        outcome_clear(&outcome);
    }
    return false;
}

static bool remove_faults(struct plan *plan, size_t start, size_t size)
{
    uint64_t bits = ((UINT64_C(1) << size) - 1) << start;
    bool had = (plan->faults & bits) != 0;
    plan->faults &= ~bits;
    return had;
}

static bool remove_operations(struct plan *plan, size_t start, size_t size)
{
    bool had = false;
    for (size_t i = start; i < start + size && i < operation_count(); i++) {
        had = operation_set_remove(&plan->operations, i) || had;
    }
    return had;
}

/* Without half of what is in the set, then a quarter, ... then single ones. */
static void thin_out(struct reduction *reduction, bool (*remove)(struct plan *, size_t, size_t), size_t first,
                     size_t count, const char *what)
{
    for (size_t size = count; size >= 1; size = size == 1 ? 0 : (size + 1) / 2) {
        for (size_t start = 0; start < count; start += size) {
            struct plan plan = *reduction->plan;
            size_t left = count - start;
            if (remove(&plan, first + start, left < size ? left : size)) accept(reduction, plan, what);
        }
    }
}

static void halve(struct reduction *reduction, size_t field, unsigned least, const char *what)
{
    for (;;) {
        struct plan plan = *reduction->plan;
        unsigned *number = (unsigned *)(void *)((char *)&plan + field);
        if (*number <= least) return;
        *number = *number / 2 < least ? least : *number / 2;
        if (!accept(reduction, plan, what)) return;
    }
}

void reduce(struct plan *plan, struct outcome *outcome, int64_t budget_ms)
{
    struct reduction reduction = { plan, outcome, pace_now_ms() + budget_ms };
    /* Long enough to fail again, not so long that nothing is tried. */
    plan->duration_ms = 2 * outcome->elapsed_ms;
    if (plan->duration_ms < LEAST_RUN_MS) plan->duration_ms = LEAST_RUN_MS;
    if (plan->duration_ms > LONGEST_RUN_MS) plan->duration_ms = LONGEST_RUN_MS;
    plan->faults &= (UINT64_C(1) << fault_count()) - 1;
    thin_out(&reduction, remove_faults, 0, fault_count(), "with fewer faults");
    halve(&reduction, offsetof(struct plan, instances), 1, "with one instance");
    halve(&reduction, offsetof(struct plan, databases), 1, "with one database");
    halve(&reduction, offsetof(struct plan, direct_clients), 1, "with fewer direct clients");
    halve(&reduction, offsetof(struct plan, clients), 1, "with fewer clients");
    halve(&reduction, offsetof(struct plan, keys), 6, "with fewer keys");
    halve(&reduction, offsetof(struct plan, depth), 1, "with fewer requests in flight");
    size_t reads = operation_read_count();
    thin_out(&reduction, remove_operations, reads, operation_count() - reads, "with fewer kinds of writes");
    thin_out(&reduction, remove_operations, 0, reads, "with fewer kinds of reads");
}
