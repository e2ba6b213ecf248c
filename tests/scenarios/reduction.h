/*
 * reduction.h - a failing plan made small while it still fails.
 *
 * Runs are not repeatable to the byte, so a smaller plan is played a few times before it is given up: fewer
 * kinds of faults, fewer kinds of commands, one instance, fewer clients, keys and requests in flight.
 */
#ifndef TESTS_SCENARIOS_REDUCTION_H
#define TESTS_SCENARIOS_REDUCTION_H

#include "tests/scenarios/run.h"

/* `plan` and `outcome`, which is that of a failure, become those of the smallest plan found within about
 * `budget_ms`. */
void reduce(struct plan *plan, struct outcome *outcome, int64_t budget_ms);

#endif
