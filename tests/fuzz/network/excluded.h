/*
 * excluded.h - the commands that no speech holds, each with its reason.
 *
 * A page of rules in the form that divergences.h reads: what stands here says `skip`.
 */
#ifndef TESTS_FUZZ_NETWORK_EXCLUDED_H
#define TESTS_FUZZ_NETWORK_EXCLUDED_H

#include "tests/differential/compare/divergences.h"

void excluded_init(struct divergences *excluded);

#endif
