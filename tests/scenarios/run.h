/*
 * run.h - play a plan: start the world, let the actors loose, bring the faults, hold every reply against what
 * may be, and look at everything once more at the end.
 */
#ifndef TESTS_SCENARIOS_RUN_H
#define TESTS_SCENARIOS_RUN_H

#include "tests/scenarios/plan.h"

struct outcome {
    bool failed;
    uint64_t reads; /* checked */
    uint64_t writes, refused, lost, torn, faults;
    uint64_t typed_hits; /* while there were faults and writes */
    int64_t elapsed_ms;
    struct buffer report;     /* of a failure: the complaint and the history of the key */
    struct buffer fault_list; /* how often each came */
};

void run_play(const struct plan *plan, struct outcome *outcome);
void outcome_clear(struct outcome *outcome);

#endif
